"""What the campaign holds against the server is worth something only if it sees what is wrong."""

from __future__ import annotations

import pytest

from tests.crash.history import History, Seen, delivery_problems, stream_problems


def written(*writes: dict[str, int | None]) -> History:
    history = History()
    for write in writes:
        history.begin(1, write)
        history.acknowledge(1)
    return history


TWO = written({"a": 1}, {"a": 2, "b": 2}, {"b": None})
RECORDS = [
    Seen(10, "INSERT", "a", None, 1),
    Seen(11, "MODIFY", "a", 1, 2),
    Seen(12, "INSERT", "b", None, 2),
    Seen(13, "REMOVE", "b", 2, None),
]


def test_what_was_acknowledged_and_is_there_is_no_problem() -> None:
    assert TWO.settle({"a": 2}) == []
    assert stream_problems(TWO, RECORDS) == []
    assert delivery_problems("f", RECORDS, [[(10, "a"), (11, "a"), (12, "b")], [(11, "a"), (13, "b")]]) == []


@pytest.mark.parametrize("table", [{}, {"a": 1}, {"a": 2, "b": 2}, {"a": 2, "c": 1}])
def test_a_lost_changed_or_made_up_item_is_a_problem(table: dict[str, int]) -> None:
    assert len(TWO.settle(table)) == 1


@pytest.mark.parametrize(("table", "problems"), [({}, 0), ({"x": 1, "y": 1}, 0), ({"x": 1}, 2)])
def test_a_write_under_way_is_there_whole_or_not_at_all(table: dict[str, int], problems: int) -> None:
    history = History()
    history.begin(1, {"x": 1, "y": 1})

    assert len(history.settle(table)) == problems


@pytest.mark.parametrize(
    "records",
    [
        RECORDS[:3],
        RECORDS[1:],
        [*RECORDS, RECORDS[3]],
        [RECORDS[1], RECORDS[0], *RECORDS[2:]],
        [RECORDS[0]._replace(after=7), *RECORDS[1:]],
    ],
)
def test_a_record_lost_doubled_turned_or_changed_is_a_problem(records: list[Seen]) -> None:
    assert stream_problems(TWO, records) != []


@pytest.mark.parametrize(
    "rounds",
    [
        [[(10, "a"), (11, "a"), (12, "b")]],  # One was never seen.
        [[(11, "a"), (12, "b"), (13, "b")], [(10, "a")]],  # An older one came after a newer one.
        [[(10, "a"), (11, "a"), (10, "a"), (12, "b"), (13, "b")]],  # Again, without a new life between.
    ],
)
def test_a_record_that_a_function_missed_or_saw_out_of_order_is_a_problem(rounds: list[list[tuple[int, str]]]) -> None:
    assert delivery_problems("f", RECORDS, rounds) != []
