"""The Lambda API's operations on functions. Source: Lambda API reference; reference 6.6 and 6.8.

``prepare`` gets the members of a request by their names in the service model, whatever part of the HTTP
request they came in; a reply's members are named likewise. A new function is Active at once: there is
nothing to wait for.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from pelton.functions.addressing import Address, address_of, function_at
from pelton.functions.aliases import alias_operations, aliases_of_version, restore_aliases
from pelton.functions.archive import ARCHIVE_BYTES_MAX
from pelton.functions.asynchronous.api import event_invoke_operations
from pelton.functions.asynchronous.engine import AsyncInvocations
from pelton.functions.configuration import requested
from pelton.functions.definition import LATEST, Function
from pelton.functions.errors import FunctionConflict, InvalidParameterValue, RequestTooLarge
from pelton.functions.invoking import invoke_operations
from pelton.functions.paging import page_of
from pelton.functions.permissions import policy_operations
from pelton.functions.registry import Registry
from pelton.functions.reserving import concurrency_operations, restore_concurrency
from pelton.functions.room import Decision, Room, calls
from pelton.functions.service import Functions
from pelton.functions.tagging import tag_operations
from pelton.functions.unused_features import unused_feature_operations
from pelton.functions.urls import url_operations
from pelton.functions.versions import version_operations
from pelton.operations import JsonObject, Operation, RequestContext
from pelton.storage.engine import Storage
from pelton.storage.functions import StoredFunction


def operations(
    functions: Functions, storage: Storage, events: AsyncInvocations, endpoint_url: str = "http://localhost:8000"
) -> Mapping[str, Operation]:
    """All of Lambda's operations but those on event source mappings; the URL is the AWS port's."""
    registry = Registry(functions, storage, events.attached, events.destinations)
    room = Room(
        functions=functions,
        attached=events.attached,
        registry=registry,
        endpoint_url=endpoint_url,
        since_ms=functions.clock.now_ms(),
    )
    api = _FunctionsApi(room)
    prepared = {
        "CreateFunction": api.create,
        "GetFunction": api.get,
        "GetFunctionConfiguration": api.get_configuration,
        "ListFunctions": api.list,
        "UpdateFunctionCode": api.update_code,
        "UpdateFunctionConfiguration": api.update_configuration,
        "DeleteFunction": api.delete,
    }
    return {
        **calls(prepared),
        **invoke_operations(functions, events),
        **event_invoke_operations(functions, storage, events.attached, events.destinations),
        **version_operations(room),
        **alias_operations(room),
        **concurrency_operations(room),
        **policy_operations(room),
        **tag_operations(room),
        **url_operations(room),
        **unused_feature_operations(room),
    }


def restore(functions: Functions, storage: Storage, events: AsyncInvocations) -> list[Function]:
    """Define what was made through the API before; call it before the project's functions are defined, which win."""
    restored = Registry(functions, storage, events.attached, events.destinations).restore()
    restore_aliases(functions, events.attached)
    restore_concurrency(functions, events.attached)
    return restored


class _FunctionsApi:
    """What the operations share."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._functions = room.functions
        self._registry = room.registry

    def create(self, body: JsonObject, context: RequestContext) -> Decision:
        """CreateFunction, from a zip archive."""
        address = address_of(body, context)
        archive = _archive(body.get("Code") or {})
        draft = StoredFunction(
            account=address.account,
            region=address.region,
            name=address.name,
            configuration=requested(body),
            changed_ms=context.now_ms,
        )

        async def decide() -> JsonObject:
            created = await self._registry.create(draft, archive)
            return await self._published(created, body)

        return decide

    def get(self, body: JsonObject, context: RequestContext) -> Decision:
        """GetFunction: the location is the code's folder on this machine."""
        function, address = function_at(self._functions, body, context)

        async def decide() -> JsonObject:
            reply: JsonObject = {
                "Configuration": self._room.shown(function, address.qualifier),
                "Code": {"RepositoryType": "file", "Location": function.code_root.resolve().as_uri()},
            }
            if tags := self._room.tags(function):
                reply["Tags"] = tags
            reserved = self._functions.concurrency.reserved(function.arn)
            if reserved is not None:
                reply["Concurrency"] = {"ReservedConcurrentExecutions": reserved}
            return reply

        return decide

    def get_configuration(self, body: JsonObject, context: RequestContext) -> Decision:
        """GetFunctionConfiguration."""
        function, address = function_at(self._functions, body, context)

        async def decide() -> JsonObject:
            return self._room.shown(function, address.qualifier)

        return decide

    def list(self, body: JsonObject, context: RequestContext) -> Decision:
        """ListFunctions: a page of the caller's account and region, by name; with their versions when asked for."""
        home = (context.account, context.region)
        with_versions = body.get("FunctionVersion") == "ALL"

        async def decide() -> JsonObject:
            rows = []
            for function in self._functions.list():
                if (function.account, function.region) == home:
                    rows.append((function, LATEST if with_versions else None))
                    if with_versions:
                        rows += [(each, None) for each in self._functions.directory.versions(function.arn)]
            page, marker = page_of(rows, body)
            return {"Functions": [self._room.shown(*row) for row in page], **marker}

        return decide

    def update_code(self, body: JsonObject, context: RequestContext) -> Decision:
        """UpdateFunctionCode, from a zip archive."""
        function = self._latest(body, context)
        requested({"PublishTo": body.get("PublishTo")})
        archive = _archive(body)

        async def decide() -> JsonObject:
            if body.get("DryRun"):
                return self._room.shown(function)
            changed = await self._registry.recode(function, archive, context.now_ms, body.get("RevisionId"))
            return await self._published(changed, body)

        return decide

    def update_configuration(self, body: JsonObject, context: RequestContext) -> Decision:
        """UpdateFunctionConfiguration: the members that are given."""
        function = self._latest(body, context)
        requested(body)

        async def decide() -> JsonObject:
            return self._room.shown(await self._registry.configure(function, body, context.now_ms))

        return decide

    def delete(self, body: JsonObject, context: RequestContext) -> Decision:
        """DeleteFunction, or one version of it; its mappings stay, and say that their function is gone."""
        function, address = function_at(self._functions, body, context)
        if address.qualifier == LATEST:
            raise InvalidParameterValue("$LATEST version cannot be deleted without deleting the function.")
        if address.qualifier is not None:
            self._check_unnamed(function, address)

        async def decide() -> JsonObject:
            if address.qualifier is None:
                await self._registry.delete(function)
            else:
                await self._registry.delete_version(function)
            return {"StatusCode": 204}

        return decide

    def _latest(self, body: JsonObject, context: RequestContext) -> Function:
        """The function that is to be changed: its versions never are."""
        function, address = function_at(self._functions, body, context)
        if address.qualifier not in (None, LATEST):
            raise InvalidParameterValue(
                f"{address.arn}: a published version cannot be changed: name the function alone"
            )
        return function

    def _check_unnamed(self, version: Function, address: Address) -> None:
        """Refuse to delete a version through an alias, or one that an alias names."""
        if version.version != address.qualifier:
            raise InvalidParameterValue(f"{address.arn} is an alias: delete it with DeleteAlias")
        names = aliases_of_version(self._room, version)
        if names:
            raise FunctionConflict(
                f"Unable to delete version because the following aliases reference it: [{', '.join(names)}]"
            )

    async def _published(self, function: Function, body: JsonObject) -> JsonObject:
        if body.get("Publish"):
            function = await self._registry.publish(function, {})
        return self._room.shown(function)


def _archive(code: JsonObject) -> bytes:
    """The bytes of ``ZipFile``, which may come as base64 text."""
    for member in ("S3Bucket", "S3Key", "ImageUri"):
        if code.get(member):
            raise InvalidParameterValue(f"{member} is not served here: give the code as ZipFile")
    content = code.get("ZipFile") or b""
    if isinstance(content, str):
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise InvalidParameterValue("ZipFile is not base64") from error
    if len(content) > ARCHIVE_BYTES_MAX:
        raise RequestTooLarge(
            f"Request must be smaller than {ARCHIVE_BYTES_MAX} bytes for the CreateFunction operation"
        )
    assert isinstance(content, bytes), "decoded above"
    return content
