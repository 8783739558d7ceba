"""Results to JSON, as the Python runtime of Lambda writes them."""

import datetime
import json
from collections import namedtuple
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.functions.worker.faults import Fault
from pelton.functions.worker.marshal import parse_event, render_result

Point = namedtuple("Point", "x y")  # What handlers return.

RENDERED = [
    (None, "null"),
    ((1, 2), "[1, 2]"),
    # A named tuple is an object, at any depth.
    ([Point(1, (2,))], '[{"x": 1, "y": [2]}]'),
    # A Decimal is a number with all its digits.
    ({"n": Decimal("1.10"), "big": Decimal("12345678901234567890.5")}, '{"n": 1.10, "big": 12345678901234567890.5}'),
    (Decimal("NaN"), "NaN"),
    (float("nan"), "NaN"),
    # Keys that are no strings become strings.
    ({1: Decimal(1), None: 3, 1.5: 4, False: 5}, '{"1": 1, "null": 3, "1.5": 4, "false": 5}'),
    ({"ä": Decimal(1)}, '{"ä": 1}'),
    (b"\x00raw", "\x00raw"),
]


@pytest.mark.parametrize(("result", "text"), RENDERED)
def test_a_result_is_written_as_the_runtime_does(result: object, text: str) -> None:
    assert render_result(result, is_ascii=False).decode() == text


@pytest.mark.parametrize("result", [{1}, datetime.datetime(2026, 1, 1), [b"x"], {(1, 2): 3}, object(), "\ud800"])
def test_what_json_cannot_hold_is_a_fault(result: object) -> None:
    with pytest.raises(Fault, match="Unable to marshal response: ") as caught:
        render_result(result, is_ascii=False)

    assert caught.value.error_type == "Runtime.MarshalError"


def test_a_ring_is_a_fault() -> None:
    ring: list[object] = []
    ring.append(ring)

    with pytest.raises(Fault, match="Circular reference detected"):
        render_result(ring, is_ascii=False)


def test_older_runtimes_escape_what_is_not_ascii() -> None:
    assert render_result({"ä": "€"}, is_ascii=True) == b'{"\\u00e4": "\\u20ac"}'


def test_an_event_that_is_not_json_is_a_fault() -> None:
    with pytest.raises(Fault, match="Unable to unmarshal input: ") as caught:
        parse_event(b"{")

    assert caught.value.error_type == "Runtime.UnmarshalError"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_json_comes_back_as_it_went(value: object) -> None:
    assert parse_event(render_result(value, is_ascii=True)) == value


@given(JSON)
def test_a_decimal_beside_it_changes_nothing_else(value: object) -> None:
    text = render_result([value, Decimal(1)], is_ascii=True)

    assert json.loads(text) == [value, 1]
