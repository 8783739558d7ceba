"""What destinations and dead-letter queues are told of an event that is over. Pure.

Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from pelton.functions.asynchronous.deciding import Ended
from pelton.functions.invocation import Outcome
from pelton.operations import JsonObject
from pelton.storage.async_events import AsyncEvent

#: Characters of the error that a dead-letter message carries.
_ERROR_LENGTH_MAX = 1024


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message for a dead-letter queue: the event as it came, and why it is there."""

    body: str
    attributes: Mapping[str, JsonObject]


def verdict(ended: Ended, outcome: Outcome | None) -> JsonObject:
    """How it ended, as it is kept until the destinations have taken it; ``outcome`` is that of the last run."""
    body: JsonObject = {"condition": ended.condition.value, "attempts": ended.attempts}
    if outcome is not None:
        body["trace"] = outcome.trace
        body["response"] = {
            "version": outcome.executed_version,
            "error": outcome.function_error,
            "message": outcome.error_message,
            "payload": outcome.payload.decode("utf-8", "replace"),
        }
    return body


def destination_record(event: AsyncEvent, verdict: JsonObject, now_ms: int) -> bytes:
    """The record that a destination gets, as JSON text."""
    moment = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
    record: JsonObject = {
        "version": "1.0",
        "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{now_ms % 1000:03d}Z",
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": f"{event.function}:{event.qualifier or '$LATEST'}",
            "condition": verdict["condition"],
            "approximateInvokeCount": verdict["attempts"],
        },
        "requestPayload": orjson.Fragment(event.payload),
    }
    response = verdict.get("response")
    if response is not None:
        context = {"statusCode": 200, "executedVersion": response["version"]}
        if response["error"] is not None:
            context["functionError"] = response["error"]
        record["responseContext"] = context
        record["responsePayload"] = _payload(response["payload"])
    return orjson.dumps(record)


def dead_letter(event: AsyncEvent, verdict: JsonObject) -> DeadLetter:
    """The message for the function's dead-letter queue."""
    message = (verdict.get("response") or {}).get("message") or verdict["condition"]
    return DeadLetter(
        event.payload.decode(),
        {
            "RequestID": {"DataType": "String", "StringValue": event.request_id},
            "ErrorCode": {"DataType": "Number", "StringValue": "200"},
            "ErrorMessage": {"DataType": "String", "StringValue": message[:_ERROR_LENGTH_MAX]},
        },
    )


def _payload(text: str) -> object:
    """A response as JSON; what is none (bytes that a handler returned) as text."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
