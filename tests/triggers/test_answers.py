"""What a function's answer means for its batch: every form of section 4.6, and the state of 4.8."""

from __future__ import annotations

import orjson
import pytest

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.answers import AnswerRules, Failed, Stopped, Succeeded, error_text, read_answer
from pelton.triggers.pieces import Piece, piece_of
from pelton.triggers.protocols import SourceRecord
from tests.triggers.simulated_function import Meaning, Said

REPORTS = AnswerRules(reports_item_failures=True, has_window=False, number_text=lambda number: f"{number:021d}")
WINDOW = AnswerRules(reports_item_failures=False, has_window=True, number_text=lambda number: f"{number:021d}")
BOTH = AnswerRules(reports_item_failures=True, has_window=True, number_text=lambda number: f"{number:021d}")
IGNORES = AnswerRules(reports_item_failures=False, has_window=False, number_text=lambda number: f"{number:021d}")


def batch() -> Piece:
    return piece_of(tuple(SourceRecord(SequenceNumber(number), 0, b"{}", b"k") for number in (7, 8, 90, 100)))


def returned(value: object) -> Said:
    return Said(meaning=Meaning.SUCCEEDED, payload=orjson.dumps(value))


def failures(*identifiers: object) -> Said:
    return returned({"batchItemFailures": [{"itemIdentifier": each} for each in identifiers]})


def number(value: int) -> str:
    return f"{value:021d}"


@pytest.mark.parametrize("value", [None, "", [], {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_answer_that_names_nothing_means_success(value: object) -> None:
    assert read_answer(returned(value), batch(), REPORTS) == Succeeded()


def test_no_answer_at_all_means_success() -> None:
    assert read_answer(Said(meaning=Meaning.SUCCEEDED, payload=b""), batch(), REPORTS) == Succeeded()


def test_the_lowest_named_record_is_where_it_stops_by_number_not_by_text() -> None:
    rules = AnswerRules(reports_item_failures=True, has_window=False, number_text=str)

    verdict = read_answer(failures("100", "90", "8"), batch(), rules)

    assert isinstance(verdict, Stopped)
    assert verdict.first_failed == 8
    assert verdict.note.function_error is None


def test_naming_the_first_record_is_no_progress_and_fails_the_batch() -> None:
    verdict = read_answer(failures(number(90), number(7)), batch(), REPORTS)

    assert isinstance(verdict, Failed)
    assert verdict.note.function_error is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, "no itemIdentifier"),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, "no itemIdentifier"),
        ({"batchItemFailures": [{}]}, "no itemIdentifier"),
        ({"batchItemFailures": [{"foo": number(8)}]}, "no itemIdentifier"),
        ({"batchItemFailures": [number(8)]}, "no itemIdentifier"),
        ({"batchItemFailures": [None]}, "no itemIdentifier"),
        ({"batchItemFailures": [{"itemIdentifier": 8}]}, "no itemIdentifier"),
        ({"batchItemFailures": [{"itemIdentifier": number(9)}]}, "is not a sequence number of this batch"),
        ({"batchItemFailures": [{"itemIdentifier": "8"}]}, "is not a sequence number of this batch"),
        # One bad identifier spoils the good ones beside it.
        ({"batchItemFailures": [{"itemIdentifier": number(8)}, {"itemIdentifier": "x"}]}, "is not a sequence number"),
        ({"batchItemFailures": {"itemIdentifier": number(8)}}, "is not a list"),
        ({"batchItemFailures": "all"}, "is not a list"),
        ({"batchItemFailures": False}, "is not a list"),
        ([{"itemIdentifier": number(8)}], "is not an object"),
        ("text", "is not an object"),
        (0, "is not an object"),
        (False, "is not an object"),
    ],
)
def test_an_answer_that_is_not_understood_fails_the_whole_batch(value: object, reason: str) -> None:
    verdict = read_answer(returned(value), batch(), REPORTS)

    assert isinstance(verdict, Failed)
    assert reason in verdict.note.reason
    assert verdict.note.function_error is None


def test_what_is_not_json_fails_the_batch_where_failures_are_reported() -> None:
    verdict = read_answer(Said(meaning=Meaning.FAILED, payload=b"{"), batch(), REPORTS)

    assert isinstance(verdict, Failed)
    assert "not JSON" in verdict.note.reason


@pytest.mark.parametrize("payload", [b"{", b"null", b'{"batchItemFailures":[{"itemIdentifier":"x"}]}', b"[1]"])
def test_without_reporting_the_value_is_ignored(payload: bytes) -> None:
    assert read_answer(Said(meaning=Meaning.SUCCEEDED, payload=payload), batch(), IGNORES) == Succeeded()


@pytest.mark.parametrize("rules", [REPORTS, WINDOW, BOTH, IGNORES])
def test_an_exception_fails_the_batch_whatever_is_configured(rules: AnswerRules) -> None:
    payload = b'{"errorType":"KeyError","errorMessage":"id"}'

    verdict = read_answer(Said(meaning=Meaning.FAILED, payload=payload, function_error="Unhandled"), batch(), rules)

    assert isinstance(verdict, Failed)
    assert (verdict.note.reason, verdict.note.function_error) == ("KeyError: id", "Unhandled")


@pytest.mark.parametrize(
    "value",
    [None, {}, [], "x", {"state": None}, {"state": []}, {"state": "x"}, {"State": {}}, {"batchItemFailures": []}],
)
def test_a_missing_state_fails_the_batch_inside_a_window(value: object) -> None:
    verdict = read_answer(returned(value), batch(), WINDOW)

    assert isinstance(verdict, Failed)
    assert "state" in verdict.note.reason


def test_a_state_is_kept_as_returned() -> None:
    assert read_answer(returned({"state": {"a": [1, 2.5, "ü"]}}), batch(), WINDOW) == Succeeded(
        state='{"a":[1,2.5,"ü"]}'.encode()
    )


def test_a_partial_answer_inside_a_window_carries_its_state() -> None:
    answer = returned({"state": {"n": 1}, "batchItemFailures": [{"itemIdentifier": number(90)}]})

    verdict = read_answer(answer, batch(), BOTH)

    assert isinstance(verdict, Stopped)
    assert (verdict.first_failed, verdict.state) == (90, b'{"n":1}')


def test_reported_failures_are_ignored_inside_a_window_that_does_not_report_them() -> None:
    answer = returned({"state": {}, "batchItemFailures": [{"itemIdentifier": number(7)}]})

    assert read_answer(answer, batch(), WINDOW) == Succeeded(state=b"{}")


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b'{"errorType":"E","errorMessage":"m"}', "E: m"),
        (b'{"errorMessage":"m"}', "m"),
        (b'{"errorType":"E","errorMessage":""}', "E"),
        (b"{}", "the function failed"),
        (b"[]", "the function failed"),
        (b"not json", "the function failed"),
        (b"", "the function failed"),
    ],
)
def test_an_error_in_one_line(payload: bytes, text: str) -> None:
    assert error_text(payload) == text
