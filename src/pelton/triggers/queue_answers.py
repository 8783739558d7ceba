"""What an invocation's answer means for the messages of its batch: which are done, and which come again. Pure.

Without ReportBatchItemFailures the returned value is ignored. Source: Lambda guide, "Handling errors for an SQS event
source in Lambda", "Success and failure conditions".
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from pelton.triggers.answers import error_text
from pelton.triggers.protocols import Answer
from pelton.triggers.queue_records import TakenMessage

_EMPTY: tuple[object, ...] = (None, "", [], {})


class QueueVerdict(NamedTuple):
    """Messages that are done and deleted, those that come again, and why they do."""

    done: tuple[TakenMessage, ...]
    failed: tuple[TakenMessage, ...]
    reason: str | None  #: None: all are done


def read_queue_answer(
    answer: Answer, messages: tuple[TakenMessage, ...], *, reports_item_failures: bool
) -> QueueVerdict:
    """What the answer to a batch means. Never raises: an answer that makes no sense is a failure of all."""
    if answer.function_error is not None:
        return QueueVerdict((), messages, error_text(answer.payload))
    if not reports_item_failures:
        return QueueVerdict(messages, (), None)
    try:
        reported = _reported(answer.payload)
    except _Unreadable as error:
        return QueueVerdict((), messages, str(error))
    if strangers := reported - {taken.message.message_id for taken in messages}:
        text = f"itemIdentifier {min(strangers)[:60]} is not the id of a message of this batch"
        return QueueVerdict((), messages, text)
    done = tuple(taken for taken in messages if taken.message.message_id not in reported)
    failed = tuple(taken for taken in messages if taken.message.message_id in reported)
    return QueueVerdict(done, failed, f"the function reported {len(failed)} as failed" if failed else None)


class _Unreadable(Exception):
    """The answer has not the shape its mapping asks for."""


def _reported(payload: bytes) -> set[str]:
    """The ids of messages that the answer names as failed."""
    try:
        returned = orjson.loads(payload) if payload else None
    except orjson.JSONDecodeError as error:
        raise _Unreadable("the function returned what is not JSON") from error
    if returned in _EMPTY:
        return set()
    if not isinstance(returned, dict):
        raise _Unreadable("the function's answer is not an object with batchItemFailures")
    failures = returned.get("batchItemFailures")
    if failures in (None, []):
        return set()
    if not isinstance(failures, list):
        raise _Unreadable("batchItemFailures in the function's answer is not a list")
    return {_identifier(failure) for failure in failures}


def _identifier(failure: object) -> str:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise _Unreadable("an entry of batchItemFailures has no itemIdentifier")
    return identifier
