"""Sequence numbers on the wire: decimal text of one width, so that sorting text and sorting numbers agree.

The model allows 21 to 40 digits. Ours have 21, never begin with a zero, and are valid for ever:
a position in the data folder's log, moved up by a constant.
"""

from __future__ import annotations

from pelton.storage.catalog import SequenceNumber

#: Added to a position of the log; positions stay below 10**20, so the text keeps its width.
WIRE_BASE = 400_000_000_000_000_000_000


def wire_number(number: SequenceNumber) -> str:
    """The text of a sequence number: 21 digits without a leading zero."""
    return str(WIRE_BASE + number)


def parse_number(text: str) -> SequenceNumber:
    """The position of a sequence number's text. Texts below the first number give positions below 1.

    Raises:
        ValueError: not decimal digits.
    """
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"not a sequence number: {text!r}")
    return SequenceNumber(int(text) - WIRE_BASE)
