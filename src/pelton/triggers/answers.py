"""What an invocation's answer means for its batch.

Without ReportBatchItemFailures and outside windows the returned value is ignored. Source: Lambda guide,
"Configuring partial batch response with DynamoDB and Lambda"; cases as recorded from the service.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import orjson

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.pieces import FailureNote, Piece
from pelton.triggers.protocols import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """All records are done."""

    state: bytes | None = None  #: the window's new state, JSON; None outside windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Records before ``first_failed``, one or more, are done; it and all after it are sent again, reported or not."""

    first_failed: SequenceNumber
    note: FailureNote
    state: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Nothing is done."""

    note: FailureNote


Verdict = Succeeded | Stopped | Failed

_EMPTY: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRules:
    """What is read from an answer."""

    reports_item_failures: bool
    has_window: bool
    number_text: Callable[[SequenceNumber], str]


class _Unreadable(Exception):
    """The answer has not the shape its mapping asks for."""


def read_answer(answer: Answer, piece: Piece, rules: AnswerRules) -> Verdict:
    """What the answer to this piece means. Never raises: an answer that makes no sense is a failure."""
    if answer.function_error is not None:
        return Failed(note=_note(answer, error_text(answer.payload), answer.function_error))
    if not rules.reports_item_failures and not rules.has_window:
        return Succeeded()
    try:
        returned = _parsed(answer.payload)
        state = _state(returned) if rules.has_window else None
        failed = _first_failed(returned, piece, rules) if rules.reports_item_failures else None
    except _Unreadable as error:
        return Failed(note=_note(answer, str(error), None))
    if failed is None:
        return Succeeded(state=state)
    reported = f"the function reported record {rules.number_text(failed)} as failed"
    note = replace(_note(answer, reported, None), is_first_named=True)
    if failed == piece.first:
        return Failed(note=note)  # No progress: it counts like any other failure.
    return Stopped(first_failed=failed, note=note, state=state)


def done_records(verdict: Verdict, piece: Piece) -> int:
    """How many of the piece's records are done by that answer."""
    if isinstance(verdict, Succeeded):
        return len(piece.records)
    if isinstance(verdict, Stopped):
        return sum(record.number < verdict.first_failed for record in piece.records)
    return 0


def error_text(payload: bytes) -> str:
    """A function's error in one line: type and message as far as the payload has them."""
    try:
        error = orjson.loads(payload)
    except orjson.JSONDecodeError:
        error = None
    if not isinstance(error, dict):
        return "the function failed"
    kind, message = error.get("errorType"), error.get("errorMessage")
    return ": ".join(str(part) for part in (kind, message) if part) or "the function failed"


def _note(answer: Answer, reason: str, function_error: str | None) -> FailureNote:
    return FailureNote(
        reason=reason,
        function_error=function_error,
        request_id=answer.request_id,
        executed_version=answer.executed_version,
    )


def _parsed(payload: bytes) -> object:
    try:
        return orjson.loads(payload) if payload else None
    except orjson.JSONDecodeError as error:
        raise _Unreadable("the function returned what is not JSON") from error


def _state(returned: object) -> bytes:
    state = returned.get("state") if isinstance(returned, dict) else None
    if not isinstance(state, dict):
        raise _Unreadable("the function returned no state object, which a tumbling window needs")
    return orjson.dumps(state)


def _first_failed(returned: object, piece: Piece, rules: AnswerRules) -> SequenceNumber | None:
    """The lowest number reported as failed, None when none is."""
    if returned in _EMPTY:
        return None
    if not isinstance(returned, dict):
        raise _Unreadable("the function's answer is not an object with batchItemFailures")
    failures = returned.get("batchItemFailures")
    if failures is None or failures == []:
        return None
    if not isinstance(failures, list):
        raise _Unreadable("batchItemFailures in the function's answer is not a list")
    numbers = {rules.number_text(record.number): record.number for record in piece.records}
    return min(_failed_number(failure, numbers) for failure in failures)


def _failed_number(failure: object, numbers: dict[str, SequenceNumber]) -> SequenceNumber:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise _Unreadable("an entry of batchItemFailures has no itemIdentifier")
    if identifier not in numbers:
        raise _Unreadable(f"itemIdentifier {identifier[:60]} is not a sequence number of this batch")
    return numbers[identifier]
