"""The Invoke operation, and its older sister InvokeAsync. Source: Lambda API reference."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping

import orjson

from pelton.functions.addressing import Address, function_at
from pelton.functions.asynchronous.engine import AsyncInvocations
from pelton.functions.errors import (
    InvalidRequestContent,
    RequestTooLarge,
    ServiceUnavailable,
    TooManyRequests,
)
from pelton.functions.invocation import Draining, Invocation, Outcome, Throttled
from pelton.functions.response_stream import CONTENT_TYPE, event_stream
from pelton.functions.service import Functions
from pelton.functions.trace import child_of
from pelton.operations import Access, JsonObject, Operation, RequestContext

#: Largest event of a synchronous invocation, bytes.
PAYLOAD_BYTES_MAX = 6291456
#: Largest event of an asynchronous one, bytes.
EVENT_BYTES_MAX = 1048576
_TOO_LARGE = "Request must be smaller than {limit} bytes for the InvokeFunction operation"
_TOO_LARGE_EVENT = "{given} byte payload is too large for the Event invocation type (limit {limit} bytes)"
_CLIENT_CONTEXT_MAX = 3583

_Decision = Callable[[], Awaitable[JsonObject]]


def invoke_operations(functions: Functions, events: AsyncInvocations) -> Mapping[str, Operation]:
    """Invoke, InvokeWithResponseStream, and InvokeAsync, which is older and means the same as ``Event``."""

    def invoke(body: JsonObject, context: RequestContext) -> _Decision:
        _, address = function_at(functions, body, context)
        kind = body.get("InvocationType") or "RequestResponse"
        if kind == "Event":
            event = _event(body.get("Payload") or b"", EVENT_BYTES_MAX, _TOO_LARGE_EVENT)
            return lambda: _accept(events, address, event, context.trace)
        invocation = invocation_of(address, body, context)
        return lambda: _invoke(functions, invocation, is_dry=kind == "DryRun")

    def stream(body: JsonObject, context: RequestContext) -> _Decision:
        _, address = function_at(functions, body, context)
        invocation = invocation_of(address, body, context)
        return lambda: _stream(functions, invocation, is_dry=body.get("InvocationType") == "DryRun")

    def invocation_of(address: Address, body: JsonObject, context: RequestContext) -> Invocation:
        return Invocation(
            function_name=address.arn,
            payload=_event(body.get("Payload") or b"", PAYLOAD_BYTES_MAX, _TOO_LARGE),
            trace=child_of(functions.random, context.trace),
            client_context=_client_context(body.get("ClientContext")),
            wants_log_tail=body.get("LogType") == "Tail",
            origin={"type": "invoke", "cause": context.trace},
        )

    def invoke_async(body: JsonObject, context: RequestContext) -> _Decision:
        _, address = function_at(functions, body, context)
        event = _event(body.get("InvokeArgs") or b"", EVENT_BYTES_MAX, _TOO_LARGE_EVENT)

        async def accept() -> JsonObject:
            await _accept(events, address, event, context.trace)
            return {"Status": 202}

        return accept

    return {
        "Invoke": Operation(name="Invoke", access=Access.CALL, prepare=invoke),
        "InvokeWithResponseStream": Operation(name="InvokeWithResponseStream", access=Access.CALL, prepare=stream),
        "InvokeAsync": Operation(name="InvokeAsync", access=Access.CALL, prepare=invoke_async),
    }


async def _accept(events: AsyncInvocations, address: Address, payload: bytes, trace: str | None) -> JsonObject:
    """Keep the event; it is durable when the caller hears 202."""
    await events.accept(address.function_arn, address.qualifier or "", payload, trace)
    return {"StatusCode": 202, "Payload": b""}


async def _invoke(functions: Functions, invocation: Invocation, *, is_dry: bool) -> JsonObject:
    if is_dry:
        return {"StatusCode": 204, "Payload": b""}
    return _reply(await _outcome(functions, invocation), wants_log_tail=invocation.wants_log_tail)


async def _stream(functions: Functions, invocation: Invocation, *, is_dry: bool) -> JsonObject:
    if is_dry:
        return {"StatusCode": 204, "EventStream": b""}
    outcome = await _outcome(functions, invocation)
    return {
        "StatusCode": 200,
        "ExecutedVersion": outcome.executed_version,
        "ResponseStreamContentType": CONTENT_TYPE,
        "EventStream": event_stream(outcome, wants_log_tail=invocation.wants_log_tail),
    }


async def _outcome(functions: Functions, invocation: Invocation) -> Outcome:
    try:
        return await functions.invoke(invocation)
    except Throttled as error:
        raise TooManyRequests("Rate Exceeded.", error.reason.value) from error
    except Draining as error:
        raise ServiceUnavailable(str(error)) from error


def _reply(outcome: Outcome, *, wants_log_tail: bool) -> JsonObject:
    reply: JsonObject = {
        "StatusCode": 200,
        "ExecutedVersion": outcome.executed_version,
        "Payload": outcome.payload,
    }
    if outcome.function_error is not None:
        reply["FunctionError"] = outcome.function_error
    if wants_log_tail:
        reply["LogResult"] = base64.b64encode(outcome.log_tail).decode()
    return reply


def _event(payload: bytes, bytes_max: int, too_large: str) -> bytes:
    """The event's JSON text; an empty body means ``{}``."""
    if len(payload) > bytes_max:
        raise RequestTooLarge(too_large.format(given=len(payload), limit=bytes_max))
    if not payload.strip():
        return b"{}"
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        text = "Could not parse request body into json: Could not parse payload into json"
        raise InvalidRequestContent(f"{text}: {error}") from error
    return payload


def _client_context(header: str | None) -> bytes | None:
    if not header:
        return None
    if len(header) > _CLIENT_CONTEXT_MAX:
        raise InvalidRequestContent(
            f"Client context must be no more than {_CLIENT_CONTEXT_MAX} bytes when base64-encoded."
        )
    try:
        text = base64.b64decode(header, validate=True)
        orjson.loads(text)
    except (binascii.Error, orjson.JSONDecodeError) as error:
        raise InvalidRequestContent("Client context must be a valid Base64-encoded JSON object.") from error
    return text
