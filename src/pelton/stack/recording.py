"""The row every invocation leaves: with the log's causes it answers «why did it (not) fire»."""

from __future__ import annotations

import orjson

from pelton.functions.invocation import Invocation, Outcome
from pelton.operations import JsonObject
from pelton.storage.invocations import InvocationRow
from pelton.streams.numbers import parse_number


def invocation_row(invocation: Invocation, outcome: Outcome) -> InvocationRow:
    """What is kept of an invocation, whoever asked for it."""
    origin: JsonObject = invocation.origin or {}
    first, last = origin.get("first"), origin.get("last")
    return InvocationRow(
        function=invocation.function_name,
        code_version=outcome.executed_version,
        started_ms=outcome.started_ms,
        duration_ms=outcome.duration_ms,
        outcome="succeeded" if outcome.succeeded else "failed",
        mapping=origin.get("mapping"),
        mapping_version=origin.get("mapping_version"),
        shard=origin.get("shard"),
        trace=outcome.trace,
        first=None if first is None else parse_number(first),
        last=None if last is None else parse_number(last),
        records=origin.get("records", 0),
        attempt=origin.get("attempt", 1),
        failed=_failed_identifiers(outcome),
        detail=_detail(origin, outcome),
    )


def _failed_identifiers(outcome: Outcome) -> tuple[str, ...]:
    """What a partial batch response names, whether or not the mapping heeds it."""
    if not outcome.succeeded or b"batchItemFailures" not in outcome.payload:
        return ()
    try:
        failures = orjson.loads(outcome.payload)["batchItemFailures"]
        return tuple(str(failure["itemIdentifier"]) for failure in failures)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ()


def _detail(origin: JsonObject, outcome: Outcome) -> JsonObject | None:
    detail: JsonObject = {"request": outcome.request_id}
    if not outcome.succeeded:
        detail |= {"error_type": outcome.error_type, "error_message": outcome.error_message}
    for member in ("event", "cause", "queue"):
        if origin.get(member) is not None:
            detail[member] = origin[member]
    if origin.get("parent") is not None:
        detail["parent"] = origin["parent"]
    return detail
