"""What a function's answer means for the messages of its batch. Cases of the Lambda guide."""

from __future__ import annotations

import pytest

from pelton.storage.messages import Message
from pelton.triggers.queue_answers import read_queue_answer
from pelton.triggers.queue_records import TakenMessage
from tests.triggers.simulated_function import Meaning, Said

BATCH = tuple(
    TakenMessage(Message(message_id=name, body="", attributes=None, system={}, sent_ms=0, visible_ms=0), b"{}")
    for name in ("a", "b", "c")
)


def failed(payload: bytes, *, reports: bool = True, error: str | None = None) -> list[str]:
    answer = Said(meaning=Meaning.SUCCEEDED, payload=payload, function_error=error)
    verdict = read_queue_answer(answer, BATCH, reports_item_failures=reports)
    assert len(verdict.done) + len(verdict.failed) == len(BATCH)
    assert (verdict.reason is None) is not bool(verdict.failed)
    return [taken.message.message_id for taken in verdict.failed]


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"{}", b'""', b'{"batchItemFailures":[]}', b'{"batchItemFailures":null}', b'{"other":1}'],
)
def test_these_answers_are_a_complete_success(payload: bytes) -> None:
    assert failed(payload) == []


@pytest.mark.parametrize(
    "payload",
    [
        b"not JSON",
        b'"text"',
        b"[1]",
        b'{"batchItemFailures":"a"}',
        b'{"batchItemFailures":[{"itemIdentifier":""}]}',
        b'{"batchItemFailures":[{"itemIdentifier":null}]}',
        b'{"batchItemFailures":[{"badKeyName":"a"}]}',
        b'{"batchItemFailures":["a"]}',
        b'{"batchItemFailures":[{"itemIdentifier":"stranger"}]}',
    ],
)
def test_these_answers_are_a_complete_failure(payload: bytes) -> None:
    assert failed(payload) == ["a", "b", "c"]


def test_the_named_ones_fail_wherever_they_stand() -> None:
    assert failed(b'{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}') == ["a", "c"]


def test_an_error_fails_all_of_the_batch() -> None:
    assert failed(b'{"errorType":"E","errorMessage":"no"}', error="Unhandled") == ["a", "b", "c"]


def test_without_the_response_type_nothing_is_read() -> None:
    assert failed(b'{"batchItemFailures":[{"itemIdentifier":"a"}]}', reports=False) == []
