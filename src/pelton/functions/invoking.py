"""The Invoke operation. Source: Lambda API reference, Invoke."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable

import orjson

from pelton.functions.addressing import function_at
from pelton.functions.errors import (
    InvalidParameterValue,
    InvalidRequestContent,
    RequestTooLarge,
    ServiceUnavailable,
    TooManyRequests,
)
from pelton.functions.invocation import Draining, Invocation, Outcome, Throttled
from pelton.functions.service import Functions
from pelton.functions.trace import child_of
from pelton.operations import Access, JsonObject, Operation, RequestContext

#: Largest event of a synchronous invocation, bytes.
PAYLOAD_BYTES_MAX = 6291456
_CLIENT_CONTEXT_MAX = 3583


def invoke_operation(functions: Functions) -> Operation:
    """Invoke: ``RequestResponse`` and ``DryRun``; ``Event`` needs a durable queue and is refused by name."""

    def prepare(body: JsonObject, context: RequestContext) -> Callable[[], Awaitable[JsonObject]]:
        _, address = function_at(functions, body, context)
        kind = body.get("InvocationType") or "RequestResponse"
        if kind == "Event":
            raise InvalidParameterValue("InvocationType Event is not served here yet: use RequestResponse")
        invocation = Invocation(
            function_name=address.arn,
            payload=_event(body.get("Payload") or b""),
            trace=child_of(functions.random, context.trace),
            client_context=_client_context(body.get("ClientContext")),
            wants_log_tail=body.get("LogType") == "Tail",
            origin={"type": "invoke", "cause": context.trace},
        )
        return lambda: _invoke(functions, invocation, is_dry=kind == "DryRun")

    return Operation(name="Invoke", access=Access.CALL, prepare=prepare)


async def _invoke(functions: Functions, invocation: Invocation, *, is_dry: bool) -> JsonObject:
    if is_dry:
        return {"StatusCode": 204, "Payload": b""}
    try:
        outcome = await functions.invoke(invocation)
    except Throttled as error:
        raise TooManyRequests("Rate Exceeded.") from error
    except Draining as error:
        raise ServiceUnavailable(str(error)) from error
    return _reply(outcome, wants_log_tail=invocation.wants_log_tail)


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


def _event(payload: bytes) -> bytes:
    """The event's JSON text; an empty body means ``{}``."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise RequestTooLarge(
            f"Request must be smaller than {PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation"
        )
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
