"""Numbers: 38 significant decimal digits, exact, never through binary floats.

A number stays text from the socket to the disk, in one *canonical* spelling: plain decimal without
exponent, plus sign or superfluous zeros. So two canonical numbers are equal when their texts are.

``encode_number`` writes bytes that sort as the numbers do. With value = 0.P1 P2 … × 100^E, where
the P are base-100 digits, P1 and the last P not zero and -64 <= E <= 63:

    zero      0x80 0x00
    positive  0x80 + (E + 64), then P + 1 for each P, then 0x00
    negative  0x7F - (E + 64), then 0xFE - P for each P, then 0xFF

No encoding is a prefix of another. The grammar is on disk: it never changes.
Source: DynamoDB developer guide, "Data types" and "Item sizes".
"""

from __future__ import annotations

import re

from pelton.errors import ValidationFailed

#: Significant digits of a number, at most.
DIGITS_MAX = 38
#: Largest power of ten of a number's first digit.
EXPONENT_MAX = 125
#: Smallest power of ten of a number's first digit.
EXPONENT_MIN = -130

NOT_NUMERIC = "The parameter cannot be converted to a numeric value"
TOO_MANY_DIGITS = "Attempting to store more than 38 significant digits in a Number"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"

_SYNTAX = re.compile(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?\Z")
#: An exponent of more digits than this is out of range whatever stands before it.
_EXPONENT_DIGITS_MAX = 9
_FAR = 1_000_000_000

#: Sign (True when negative), significant digits without zeros at either end ("" for zero), and the
#: power of ten of the last of them.
Parts = tuple[bool, str, int]


def canonical_number(text: str) -> str:
    """The canonical spelling of a number.

    Raises:
        ValidationFailed: no number, out of range, or more than 38 significant digits.
    """
    if text.isdigit() and text.isascii() and len(text) <= DIGITS_MAX and (text[0] != "0" or text == "0"):
        return text
    return _render(*_checked(*_parts(text)))


def measured_number(text: str) -> tuple[str, int]:
    """The canonical spelling and ``number_size`` of it, in one; raises as ``canonical_number`` does."""
    if text.isdigit() and text.isascii() and len(text) <= DIGITS_MAX and (text[0] != "0" or text == "0"):
        # A last digit other than 0 means no pairs to drop.
        return text, (3 + len(text)) // 2 if text[-1] != "0" else number_size(text)
    parts = _checked(*_parts(text))
    canonical = _render(*parts)
    return (text if canonical == text else canonical), _size(*parts)


def add(augend: str, addend: str) -> str:
    """The exact sum of two numbers.

    Raises:
        ValidationFailed: the sum needs more than 38 digits (nothing is rounded) or is out of range.
    """
    return _sum(augend, addend, 1)


def subtract(minuend: str, subtrahend: str) -> str:
    """The exact difference of two numbers.

    Raises:
        ValidationFailed: the difference needs more than 38 digits (nothing is rounded) or is out of range.
    """
    return _sum(minuend, subtrahend, -1)


def number_size(text: str) -> int:
    """Bytes of a canonical number as DynamoDB counts them: 1 to 21.

    One, one per base-100 digit between the outermost that are not zero, one when negative.
    Source: developer guide, "Item sizes and formats"; agrees with recorded SizeBytes of stream records.
    """
    if text.isdigit():
        digits = text.rstrip("0")
        dropped = len(text) - len(digits)
        return 1 + (len(text) + 1) // 2 - dropped // 2 if digits else 1
    return _size(*_parts(text))


def encode_number(text: str) -> bytes:
    """Bytes that sort as numbers do, 2 to 22; grammar at the top of this module."""
    is_negative, digits, exponent = _parts(text)
    if not digits:
        return b"\x80\x00"
    if exponent % 2:
        digits += "0"
        exponent -= 1
    if len(digits) % 2:
        digits = "0" + digits
    header = 192 + (exponent + len(digits)) // 2
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    if is_negative:
        return bytes([255 - header, *(0xFE - pair for pair in pairs), 0xFF])
    return bytes([header, *(pair + 1 for pair in pairs), 0x00])


def _parts(text: str) -> Parts:
    """Sign, digits and exponent of any accepted spelling."""
    match = _SYNTAX.match(text)
    if match is None:
        raise ValidationFailed(f"{NOT_NUMERIC}: {text}" if text else NOT_NUMERIC)
    sign, whole, fraction, bare_fraction, exponent_text = match.groups()
    fraction = fraction or bare_fraction or ""
    digits = ((whole or "") + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return False, "", 0
    exponent = _exponent(exponent_text) - len(fraction) + len(digits) - len(significant)
    return sign == "-", significant, exponent


def _exponent(text: str | None) -> int:
    """The written exponent; far out of range is near enough for one with too many digits."""
    if text is None:
        return 0
    digits = text.lstrip("+-0")  # Python refuses to read some thousands of digits, zeros too.
    is_negative = text[0] == "-"
    if len(digits) > _EXPONENT_DIGITS_MAX:
        return -_FAR if is_negative else _FAR
    return int(digits or "0") * (-1 if is_negative else 1)


def _checked(is_negative: bool, digits: str, exponent: int) -> Parts:
    """The same parts, when they are in range."""
    first = exponent + len(digits) - 1
    if digits and first > EXPONENT_MAX:
        raise ValidationFailed(OVERFLOW)
    if digits and first < EXPONENT_MIN:
        raise ValidationFailed(UNDERFLOW)
    if len(digits) > DIGITS_MAX:
        raise ValidationFailed(TOO_MANY_DIGITS)
    return is_negative, digits, exponent


def _render(is_negative: bool, digits: str, exponent: int) -> str:
    """Plain decimal."""
    if not digits:
        return "0"
    point = len(digits) + exponent
    if exponent >= 0:
        text = digits + "0" * exponent
    elif point > 0:
        text = digits[:point] + "." + digits[point:]
    else:
        text = "0." + "0" * -point + digits
    return "-" + text if is_negative else text


def _size(is_negative: bool, digits: str, exponent: int) -> int:
    """Bytes as DynamoDB counts them."""
    if not digits:
        return 1
    return 2 + (exponent + len(digits) - 1) // 2 - exponent // 2 + is_negative


def _sum(left: str, right: str, sign: int) -> str:
    """left + sign × right, through integers at the smaller exponent."""
    if len(left) < DIGITS_MAX and len(right) < DIGITS_MAX and left.isdigit() and right.isdigit():
        return str(int(left) + sign * int(right))
    left_negative, left_digits, left_exponent = _checked(*_parts(left))
    right_negative, right_digits, right_exponent = _checked(*_parts(right))
    exponent = min(left_exponent, right_exponent)
    total = int(left_digits or "0") * 10 ** (left_exponent - exponent) * (-1 if left_negative else 1)
    total += sign * int(right_digits or "0") * 10 ** (right_exponent - exponent) * (-1 if right_negative else 1)
    digits = str(abs(total))
    significant = digits.rstrip("0")
    return _render(*_checked(total < 0, significant, exponent + len(digits) - len(significant)))
