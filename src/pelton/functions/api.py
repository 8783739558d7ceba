"""The Lambda API's operations on functions. Source: Lambda API reference; reference 6.6 and 6.8.

``prepare`` gets the members of a request by their names in the service model, whatever part of the HTTP
request they came in; a reply's members are named likewise. A new function is Active at once: there is
nothing to wait for.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping

from pelton.functions.addressing import Address, address_of, function_at
from pelton.functions.archive import ARCHIVE_BYTES_MAX
from pelton.functions.asynchronous.api import event_invoke_operations
from pelton.functions.asynchronous.engine import AsyncInvocations
from pelton.functions.configuration import declared, requested, shown
from pelton.functions.definition import LATEST, Function
from pelton.functions.errors import InvalidParameterValue, RequestTooLarge
from pelton.functions.invoking import invoke_operations
from pelton.functions.registry import Registry
from pelton.functions.service import Functions
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.engine import Storage
from pelton.storage.functions import StoredFunction

_Decision = Callable[[], Awaitable[JsonObject]]


def operations(functions: Functions, storage: Storage, events: AsyncInvocations) -> Mapping[str, Operation]:
    """Invoke, and making, showing, changing and removing functions."""
    registry = Registry(functions, storage, events.attached, events.destinations)
    api = _FunctionsApi(functions, registry, since_ms=functions.clock.now_ms())
    prepared = {
        "CreateFunction": api.create,
        "GetFunction": api.get,
        "GetFunctionConfiguration": api.get_configuration,
        "ListFunctions": api.list,
        "UpdateFunctionCode": api.update_code,
        "UpdateFunctionConfiguration": api.update_configuration,
        "DeleteFunction": api.delete,
    }
    made = {name: Operation(name=name, access=Access.CALL, prepare=prepare) for name, prepare in prepared.items()}
    return {
        **made,
        **invoke_operations(functions, events),
        **event_invoke_operations(functions, storage, events.attached, events.destinations),
    }


def restore(functions: Functions, storage: Storage, events: AsyncInvocations) -> list[Function]:
    """Define what was made through the API before; call it before the project's functions are defined, which win."""
    return Registry(functions, storage, events.attached, events.destinations).restore()


class _FunctionsApi:
    """What the operations share."""

    def __init__(self, functions: Functions, registry: Registry, *, since_ms: int) -> None:
        self._functions = functions
        self._registry = registry
        self._since_ms = since_ms  #: said to be when the project's functions were changed last

    def create(self, body: JsonObject, context: RequestContext) -> _Decision:
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
            return _shown(await self._registry.create(draft, archive))

        return decide

    def get(self, body: JsonObject, context: RequestContext) -> _Decision:
        """GetFunction: the location is the code's folder on this machine."""
        function, address = function_at(self._functions, body, context)

        async def decide() -> JsonObject:
            settings = self._settings(function)
            code = {"RepositoryType": "file", "Location": function.code_root.resolve().as_uri()}
            tags = {"Tags": settings["Tags"]} if settings.get("Tags") else {}
            return {"Configuration": _configuration(settings, address), "Code": code, **tags}

        return decide

    def get_configuration(self, body: JsonObject, context: RequestContext) -> _Decision:
        """GetFunctionConfiguration."""
        function, address = function_at(self._functions, body, context)

        async def decide() -> JsonObject:
            return _configuration(self._settings(function), address)

        return decide

    def list(self, body: JsonObject, context: RequestContext) -> _Decision:
        """ListFunctions: a page of the caller's account and region, by name."""
        after, limit = body.get("Marker") or "", int(body.get("MaxItems") or 50)
        qualifier = LATEST if body.get("FunctionVersion") == "ALL" else None
        home = (context.account, context.region)

        async def decide() -> JsonObject:
            own = [each for each in self._functions.list() if (each.account, each.region) == home and each.name > after]
            page = [_configuration(self._settings(each), Address(*home, each.name, qualifier)) for each in own[:limit]]
            return {"Functions": page, **({"NextMarker": own[limit - 1].name} if len(own) > limit else {})}

        return decide

    def update_code(self, body: JsonObject, context: RequestContext) -> _Decision:
        """UpdateFunctionCode, from a zip archive."""
        function, _ = function_at(self._functions, body, context)
        requested({member: body.get(member) for member in ("Publish", "PublishTo")})
        archive = _archive(body)

        async def decide() -> JsonObject:
            if body.get("DryRun"):
                return _configuration(self._settings(function), address_of(body, context))
            return _shown(await self._registry.recode(function, archive, context.now_ms, body.get("RevisionId")))

        return decide

    def update_configuration(self, body: JsonObject, context: RequestContext) -> _Decision:
        """UpdateFunctionConfiguration: the members that are given."""
        function, _ = function_at(self._functions, body, context)
        requested(body)

        async def decide() -> JsonObject:
            return _shown(await self._registry.configure(function, body, context.now_ms))

        return decide

    def delete(self, body: JsonObject, context: RequestContext) -> _Decision:
        """DeleteFunction; its mappings stay, and say that their function is gone."""
        function, address = function_at(self._functions, body, context)
        if address.qualifier is not None:
            raise InvalidParameterValue("$LATEST version cannot be deleted without deleting the function.")

        async def decide() -> JsonObject:
            await self._registry.delete(function)
            return {"StatusCode": 204}

        return decide

    def _settings(self, function: Function) -> JsonObject:
        return self._registry.settings(function) or declared(function, since_ms=self._since_ms)


def _configuration(settings: JsonObject, address: Address) -> JsonObject:
    return shown(
        settings, account=address.account, region=address.region, name=address.name, qualifier=address.qualifier
    )


def _shown(stored: StoredFunction) -> JsonObject:
    return shown(stored.configuration, account=stored.account, region=stored.region, name=stored.name)


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
