"""Numbers that cost more than they are worth: each ends in its text, none in a fault of ours."""

import pytest

from pelton.errors import ValidationFailed
from pelton.items.numbers import canonical_number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1E1000000000", "overflow"),
        ("1E-1000000000", "underflow"),
        ("1E" + "9" * 100_000, "overflow"),
        ("1E-" + "9" * 100_000, "underflow"),
        ("9" * 100_000, "overflow"),
        ("0." + "0" * 100_000 + "1", "underflow"),
        ("1" + "e" * 100_000, "cannot be converted"),
    ],
)
def test_a_number_beyond_all_measure_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationFailed, match=message):
        canonical_number(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0" * 100_000 + "7", "7"),
        ("1E" + "0" * 100_000 + "1", "10"),  # Python reads no more than 4,300 digits, zeros too.
        ("1E-" + "0" * 100_000 + "1", "0.1"),
        ("1E+" + "0" * 100_000, "1"),
        ("0E" + "9" * 100_000, "0"),
    ],
)
def test_superfluous_zeros_are_superfluous_however_many(text: str, value: str) -> None:
    assert canonical_number(text) == value
