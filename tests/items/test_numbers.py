"""Numbers: spelling, range, arithmetic, size, and bytes that sort as numbers."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.errors import ValidationFailed
from pelton.items.numbers import (
    NOT_NUMERIC,
    OVERFLOW,
    TOO_MANY_DIGITS,
    UNDERFLOW,
    add,
    canonical_number,
    encode_number,
    measured_number,
    number_size,
    subtract,
)

EXACT = Context(prec=600)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Any valid number, in scientific spelling."""
    digits = draw(st.text("0123456789", min_size=1, max_size=38))
    first = draw(st.integers(-130, 125))
    significant = digits.strip("0")
    lead = len(digits) - len(digits.lstrip("0"))
    exponent = first - (len(digits) - 1 - lead)
    return draw(st.sampled_from(["", "-", "+"])) + digits + (f"e{exponent}" if significant else "")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.0", "0"),
        ("0E5", "0"),
        ("0e99999999999999999999", "0"),
        ("1E10", "10000000000"),
        ("1.50", "1.5"),
        ("00012", "12"),
        ("+7", "7"),
        ("5.", "5"),
        (".5", "0.5"),
        ("-.5e1", "-5"),
        ("1E-130", "0." + "0" * 129 + "1"),
        ("9" * 38 + "E88", "9" * 38 + "0" * 88),
        # Zeros at both ends are no significant digits.
        ("0" * 50 + "1" + "0" * 50, "1" + "0" * 50),
    ],
)
def test_a_number_has_one_spelling(text: str, canonical: str) -> None:
    assert canonical_number(text) == canonical


@pytest.mark.parametrize(
    "text", [" 5", "5 ", "1_000", "1,5", "0x10", "NaN", "Infinity", ".", "1e", "+e2", "--1", "٣", "²", "1\n"]
)
def test_what_is_no_number_is_named(text: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        canonical_number(text)

    assert caught.value.message == f"{NOT_NUMERIC}: {text}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", NOT_NUMERIC),
        ("1" * 39, TOO_MANY_DIGITS),
        ("1E126", OVERFLOW),
        ("-1E126", OVERFLOW),
        ("1e" + "9" * 5000, OVERFLOW),
        ("1e-" + "9" * 5000, UNDERFLOW),
        ("9.9E-131", UNDERFLOW),
        # Range is checked before digits.
        ("1" * 39 + "E200", OVERFLOW),
    ],
)
def test_a_number_out_of_bounds_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        canonical_number(text)

    assert caught.value.message == message


@given(numbers())
def test_the_canonical_spelling_is_the_same_number_and_is_stable(text: str) -> None:
    canonical = canonical_number(text)

    assert Decimal(canonical) == Decimal(text)
    assert canonical_number(canonical) == canonical


@given(numbers())
def test_one_walk_gives_spelling_and_size(text: str) -> None:
    canonical = canonical_number(text)

    assert measured_number(text) == (canonical, number_size(canonical))


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        canonical = canonical_number(text)
    except ValidationFailed:
        return
    assert Decimal(canonical) == Decimal(text)


@given(numbers(), numbers())
def test_encoded_numbers_sort_as_numbers(left: str, right: str) -> None:
    first, second = encode_number(left), encode_number(right)

    assert (first < second) == (Decimal(left) < Decimal(right))
    assert (first == second) == (Decimal(left) == Decimal(right))
    assert first == second or not first.startswith(second)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_encoded_integers_sort_as_numbers(left: int, right: int) -> None:
    assert (encode_number(str(left)) < encode_number(str(right))) == (left < right)


@given(numbers(), numbers())
def test_sums_are_exact_or_refused(left: str, right: str) -> None:
    for operation, expected in (
        (add, EXACT.add(Decimal(left), Decimal(right))),
        (subtract, EXACT.subtract(Decimal(left), Decimal(right))),
    ):
        try:
            result = operation(canonical_number(left), canonical_number(right))
        except ValidationFailed:
            is_out_of_range = abs(expected) >= Decimal("1E126") or 0 < abs(expected) < Decimal("1E-130")
            assert len(expected.as_tuple().digits) > 38 or is_out_of_range
        else:
            assert Decimal(result) == expected
            assert canonical_number(result) == result


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 1),
        ("1", 2),
        ("12", 2),
        ("123", 3),
        ("1234", 3),
        ("1.5", 3),
        ("12.5", 3),
        ("0.001", 2),
        ("100", 2),
        ("1000", 2),
        ("-1", 3),
        ("1" + "0" * 125, 2),
        ("9" * 38, 20),
    ],
)
def test_a_number_has_the_size_the_service_counts(text: str, size: int) -> None:
    assert number_size(text) == size


def test_the_encoding_on_disk_never_changes() -> None:
    encoded = [encode_number(text).hex() for text in ("0", "1", "-1", "12.5", "100")]

    assert encoded == ["8000", "c10200", "3efdff", "c10d3300", "c20200"]
