"""Reads a value as the type its place asks for, with the leniency of the Serverless Framework.

``"10"`` is a number, ``"true"`` a boolean, a scalar a list of one. Everything here refuses the project, by name,
when the value cannot be read so; nobody calls it for a value that does not matter.
"""

from __future__ import annotations

from pelton.projects.documents import Block, Row, Unresolved, Value, kind_of, row, scalar_text
from pelton.projects.project import ProjectRefused, Where


def text_of(value: Value, where: Where, what: str) -> str:
    """The value as text; null is refused."""
    if isinstance(value, Unresolved):
        raise value.refusal()
    if isinstance(value, Block | Row) or value is None:
        raise ProjectRefused(where, f"{what} is {kind_of(value)}", "write text")
    return scalar_text(value)


def whole_number_of(value: Value, where: Where, what: str, allowed: range) -> int:
    """The value as a whole number within ``allowed``."""
    text = text_of(value, where, what)
    bounds = f"write a whole number from {allowed.start} to {allowed.stop - 1}"
    try:
        number = int(text)
    except ValueError:
        raise ProjectRefused(where, f"{what} is {text!r}", bounds) from None
    if number not in allowed:
        raise ProjectRefused(where, f"{what} is {number}", bounds)
    return number


def truth_of(value: Value, where: Where, what: str) -> bool:
    """The value as true or false."""
    text = text_of(value, where, what).lower()
    if text not in ("true", "false"):
        raise ProjectRefused(where, f"{what} is {text!r}", "write true or false")
    return text == "true"


def block_of(value: Value, where: Where, what: str) -> Block:
    """The value as a mapping; null is an empty one."""
    if isinstance(value, Unresolved):
        raise value.refusal()
    if value is None:
        return Block(where)
    if not isinstance(value, Block):
        raise ProjectRefused(where, f"{what} is {kind_of(value)}", "write a mapping")
    return value


def row_of(value: Value, where: Where, what: str) -> Row:
    """The value as a list; null is an empty one and a scalar a list of one."""
    if isinstance(value, Unresolved):
        raise value.refusal()
    if value is None:
        return Row(where)
    if isinstance(value, Block):
        raise ProjectRefused(where, f"{what} is a mapping", "write a list")
    return value if isinstance(value, Row) else row(where, [value])


def texts_of(value: Value, where: Where, what: str) -> tuple[str, ...]:
    """The value as a list of texts; text with commas is cut there."""
    items = row_of(value, where, what)
    texts = [text_of(item, place, what) for item, place in zip(items, items.places, strict=True)]
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
