"""The five operations on event invoke configurations. Source: Lambda API reference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from pelton.functions.addressing import Address, function_at
from pelton.functions.asynchronous.destinations import EventDestinations
from pelton.functions.asynchronous.settings import configured, destination
from pelton.functions.attached import Attached, Attachment
from pelton.functions.definition import LATEST
from pelton.functions.errors import FunctionNotFound, InvalidParameterValue
from pelton.functions.names import parse_function_name
from pelton.functions.paging import page_of
from pelton.functions.service import Functions
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.engine import Storage

_Decision = Callable[[], Awaitable[JsonObject]]


def event_invoke_operations(
    functions: Functions, storage: Storage, attached: Attached, destinations: EventDestinations
) -> Mapping[str, Operation]:
    """Put, Update, Get, Delete and ListFunctionEventInvokeConfig(s)."""
    api = _EventInvokeApi(functions, storage, attached, destinations)
    prepared = {
        "PutFunctionEventInvokeConfig": api.put,
        "UpdateFunctionEventInvokeConfig": api.update,
        "GetFunctionEventInvokeConfig": api.get,
        "DeleteFunctionEventInvokeConfig": api.delete,
        "ListFunctionEventInvokeConfigs": api.list,
    }
    return {name: Operation(name=name, access=Access.CALL, prepare=prepare) for name, prepare in prepared.items()}


class _EventInvokeApi:
    """What the operations share."""

    def __init__(
        self, functions: Functions, storage: Storage, attached: Attached, destinations: EventDestinations
    ) -> None:
        self._functions = functions
        self._storage = storage
        self._attached = attached
        self._destinations = destinations

    def put(self, body: JsonObject, context: RequestContext) -> _Decision:
        """PutFunctionEventInvokeConfig: in place of what was."""
        return self._change(body, context, is_update=False)

    def update(self, body: JsonObject, context: RequestContext) -> _Decision:
        """UpdateFunctionEventInvokeConfig: the members that are given."""
        return self._change(body, context, is_update=True)

    def _change(self, body: JsonObject, context: RequestContext, *, is_update: bool) -> _Decision:
        _, address = function_at(self._functions, body, context)
        configured(body)
        self._check_destinations(body, address)

        def decide(stored: JsonObject | None) -> JsonObject:
            if is_update and stored is None:
                raise _not_configured(address)
            return {**configured(body, stored if is_update else None), "LastModified": context.now_ms / 1000}

        async def change() -> JsonObject:
            for arn in filter(None, (destination(body, outcome) for outcome in ("OnSuccess", "OnFailure"))):
                await self._destinations.check_elsewhere(arn)
            changed = await self._attached.change(*_place(address), decide)
            assert changed is not None, "decided above"
            return _shown(changed, address)

        return change

    def get(self, body: JsonObject, context: RequestContext) -> _Decision:
        """GetFunctionEventInvokeConfig."""
        _, address = function_at(self._functions, body, context)

        async def decide() -> JsonObject:
            stored = self._attached.get(*_place(address))
            if stored is None:
                raise _not_configured(address)
            return _shown(stored, address)

        return decide

    def delete(self, body: JsonObject, context: RequestContext) -> _Decision:
        """DeleteFunctionEventInvokeConfig."""
        _, address = function_at(self._functions, body, context)

        def decide(stored: JsonObject | None) -> None:
            if stored is None:
                raise _not_configured(address)

        async def delete() -> JsonObject:
            await self._attached.change(*_place(address), decide)
            return {}

        return delete

    def list(self, body: JsonObject, context: RequestContext) -> _Decision:
        """ListFunctionEventInvokeConfigs: of a function's qualifiers."""
        _, address = function_at(self._functions, body, context)

        async def decide() -> JsonObject:
            stored = self._attached.all(address.function_arn, Attachment.EVENT_INVOKE)
            rows = [_shown(each, address.at(qualifier)) for qualifier, each in stored.items()]
            page, marker = page_of(rows, body)
            return {"FunctionEventInvokeConfigs": page, **marker}

        return decide

    def _check_destinations(self, body: JsonObject, address: Address) -> None:
        for outcome in ("OnSuccess", "OnFailure"):
            arn = destination(body, outcome)
            if arn is None:
                continue
            if ":s3:" in arn and outcome == "OnSuccess":
                raise InvalidParameterValue(f"The destination ARN {arn} is invalid: buckets take failures alone.")
            if ":lambda:" not in arn:
                with self._storage.snapshot() as snapshot:
                    self._destinations.check(snapshot, arn)
            elif parse_function_name(arn) is None or self._functions.get(arn) is None:
                raise InvalidParameterValue(f"The destination ARN {arn} is invalid.")
            elif arn in (address.function_arn, address.arn, f"{address.function_arn}:{address.qualifier or LATEST}"):
                raise InvalidParameterValue("You can't specify the function as a destination for itself.")


def _place(address: Address) -> tuple[str, Attachment, str]:
    return address.function_arn, Attachment.EVENT_INVOKE, address.qualifier or LATEST


def _shown(stored: JsonObject, address: Address) -> JsonObject:
    members = {name: value for name, value in stored.items() if name != "MadeBy"}
    destinations: JsonObject = {"DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}}
    return {"FunctionArn": f"{address.function_arn}:{address.qualifier or LATEST}", **destinations, **members}


def _not_configured(address: Address) -> FunctionNotFound:
    arn = f"{address.function_arn}:{address.qualifier or LATEST}"
    return FunctionNotFound(f"The function {arn} doesn't have an EventInvokeConfig")
