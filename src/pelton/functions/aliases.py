"""Aliases: names for versions, by which functions are invoked and mapped. Source: Lambda API reference, CreateAlias."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from pelton.functions.addressing import Address, function_at
from pelton.functions.attached import Attached, Attachment
from pelton.functions.definition import LATEST, Function
from pelton.functions.directory import Alias
from pelton.functions.errors import FunctionConflict, FunctionNotFound, InvalidParameterValue, PreconditionFailed
from pelton.functions.paging import page_of
from pelton.functions.room import Decision, Room, calls
from pelton.functions.service import Functions
from pelton.operations import JsonObject, Operation, RequestContext

_MEMBERS = ("FunctionVersion", "Description", "RoutingConfig")
_Decide = Callable[[JsonObject | None], JsonObject]


def alias_operations(room: Room) -> Mapping[str, Operation]:
    """Create, Get, List, Update and DeleteAlias."""
    api = _AliasesApi(room)
    return calls(
        {
            "CreateAlias": api.create,
            "GetAlias": api.get,
            "ListAliases": api.list,
            "UpdateAlias": api.update,
            "DeleteAlias": api.delete,
        }
    )


def restore_aliases(functions: Functions, attached: Attached) -> None:
    """Define the aliases that were made before."""
    for arn, name, body in attached.everywhere(Attachment.ALIAS):
        functions.directory.put_alias(arn, name, _alias(body))


def aliases_of_version(room: Room, version: Function) -> list[str]:
    """Names of the aliases that lead to a version."""
    aliases = room.attached.all(version.arn, Attachment.ALIAS)
    return [name for name, body in aliases.items() if version.version in (body["FunctionVersion"], *_weights(body))]


class _AliasesApi:
    """What the operations share."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def create(self, body: JsonObject, context: RequestContext) -> Decision:
        """CreateAlias."""
        address = self._address(body, context)
        self._check(address, body)

        def decide(stored: JsonObject | None) -> JsonObject:
            if stored is not None:
                raise FunctionConflict(f"Alias already exists: {_arn(address, body)}")
            return self._revised(body)

        return self._changing(address, body, decide)

    def update(self, body: JsonObject, context: RequestContext) -> Decision:
        """UpdateAlias: the members that are given."""
        address = self._address(body, context)

        def decide(stored: JsonObject | None) -> JsonObject:
            if stored is None:
                raise _not_found(address, body)
            if body.get("RevisionId") not in (None, stored["RevisionId"]):
                raise PreconditionFailed(
                    "The RevisionId provided does not match the latest RevisionId. "
                    "Call the GetFunction or the GetAlias API to retrieve the latest RevisionId"
                )
            changed = {**stored, **{member: body[member] for member in _MEMBERS if body.get(member) is not None}}
            self._check(address, changed)
            return self._revised(changed)

        return self._changing(address, body, decide)

    def get(self, body: JsonObject, context: RequestContext) -> Decision:
        """GetAlias."""
        address = self._address(body, context)

        async def decide() -> JsonObject:
            stored = self._room.attached.get(address.function_arn, Attachment.ALIAS, body["Name"])
            if stored is None:
                raise _not_found(address, body)
            return _shown(address, body["Name"], stored)

        return decide

    def list(self, body: JsonObject, context: RequestContext) -> Decision:
        """ListAliases: all, or those of one version."""
        address = self._address(body, context)
        wanted = body.get("FunctionVersion")

        async def decide() -> JsonObject:
            stored = self._room.attached.all(address.function_arn, Attachment.ALIAS)
            rows = [
                _shown(address, name, each)
                for name, each in stored.items()
                if wanted in (None, each["FunctionVersion"])
            ]
            page, marker = page_of(rows, body)
            return {"Aliases": page, **marker}

        return decide

    def delete(self, body: JsonObject, context: RequestContext) -> Decision:
        """DeleteAlias; one that is not there is no error."""
        address = self._address(body, context)

        async def decide() -> JsonObject:
            await self._room.attached.change(address.function_arn, Attachment.ALIAS, body["Name"], lambda _: None)
            self._room.functions.directory.put_alias(address.function_arn, body["Name"], None)
            return {}

        return decide

    def _address(self, body: JsonObject, context: RequestContext) -> Address:
        function, address = function_at(self._room.functions, body, context)
        assert function.name == address.name, "found by it"
        return address

    def _check(self, address: Address, body: JsonObject) -> None:
        """Refuse versions that are not there, and shares of what cannot be shared."""
        for version in (body["FunctionVersion"], *_weights(body)):
            if self._room.functions.get(f"{address.function_arn}:{version}") is None:
                raise FunctionNotFound(f"Function not found: {address.function_arn}:{version}")
        if _weights(body) and LATEST in (body["FunctionVersion"], *_weights(body)):
            raise InvalidParameterValue("$LATEST is not supported for an alias pointing to more than 1 version")
        if body["FunctionVersion"] in _weights(body):
            raise InvalidParameterValue(
                f"Invalid function version {body['FunctionVersion']}. Function version {body['FunctionVersion']} is "
                "already included in routing configuration."
            )

    def _revised(self, body: JsonObject) -> JsonObject:
        revision = str(uuid.UUID(int=self._room.functions.random.getrandbits(128), version=4))
        members = {member: body[member] for member in _MEMBERS if body.get(member) is not None}
        return {"Description": "", **members, "RevisionId": revision}

    def _changing(self, address: Address, body: JsonObject, decide: _Decide) -> Decision:
        async def change() -> JsonObject:
            stored = await self._room.attached.change(address.function_arn, Attachment.ALIAS, body["Name"], decide)
            assert stored is not None, "decided so"
            self._room.functions.directory.put_alias(address.function_arn, body["Name"], _alias(stored))
            return _shown(address, body["Name"], stored)

        return change


def _alias(body: JsonObject) -> Alias:
    return Alias(body["FunctionVersion"], _weights(body))


def _weights(body: JsonObject) -> dict[str, float]:
    return dict((body.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {})


def _shown(address: Address, name: str, stored: JsonObject) -> JsonObject:
    members = {member: value for member, value in stored.items() if member != "RoutingConfig" or _weights(stored)}
    return {"AliasArn": address.at(name).arn, "Name": name, **members}


def _arn(address: Address, body: JsonObject) -> str:
    return address.at(body["Name"]).arn


def _not_found(address: Address, body: JsonObject) -> FunctionNotFound:
    return FunctionNotFound(f"Cannot find alias arn: {_arn(address, body)}")
