"""Parsed documents: plain values that remember the line each part was written on.

A mapping is a ``Block`` and a list is a ``Row``; scalars are Python's own. What could not be
resolved is a value too, ``Unresolved``: it is an error only for whoever needs it, so a cloud
value in a part that does not run here never stops the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from pelton.projects.project import ProjectRefused, Where

Scalar: TypeAlias = "str | int | float | bool | None"
Value: TypeAlias = "Scalar | Block | Row | Unresolved"


class Block(dict[str, "Value"]):
    """A mapping, in the order written; keys are text."""

    __slots__ = ("places", "where")

    def __init__(self, where: Where) -> None:
        super().__init__()
        self.where = where
        self.places: dict[str, Where] = {}

    def put(self, key: str, value: Value, where: Where) -> None:
        """Set one entry and the place its key was written."""
        self[key] = value
        self.places[key] = where

    def at(self, key: str) -> Where:
        """Where the key was written; the block's own place for a key that was not."""
        return self.places.get(key, self.where)


class Row(list["Value"]):
    """A list."""

    __slots__ = ("places", "where")

    def __init__(self, where: Where) -> None:
        super().__init__()
        self.where = where
        self.places: list[Where] = []

    def add(self, value: Value, where: Where) -> None:
        """Append one item and its place."""
        self.append(value)
        self.places.append(where)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A value nobody could tell; it refuses the project when something live needs it."""

    where: Where
    what: str
    cure: str

    def refusal(self) -> ProjectRefused:
        """The error for whoever needs this value."""
        return ProjectRefused(self.where, self.what, self.cure)


def block(where: Where, entries: Iterable[tuple[str, Value]] = ()) -> Block:
    """A block whose entries all stand at one place."""
    made = Block(where)
    for key, value in entries:
        made.put(key, value, where)
    return made


def row(where: Where, items: Iterable[Value] = ()) -> Row:
    """A row whose items all stand at one place."""
    made = Row(where)
    for item in items:
        made.add(item, where)
    return made


def mapped(value: Value, change: Callable[[Value, Where], Value], where: Where) -> Value:
    """A copy of the value with every scalar (and ``Unresolved``) replaced by what ``change`` makes of it."""
    if isinstance(value, Block):
        copy = Block(value.where)
        for key, item in value.items():
            copy.put(key, mapped(item, change, value.at(key)), value.at(key))
        return copy
    if isinstance(value, Row):
        items = Row(value.where)
        for item, place in zip(value, value.places, strict=True):
            items.add(mapped(item, change, place), place)
        return items
    return change(value, where)


def first_unresolved(value: Value) -> Unresolved | None:
    """The first part of the value that nobody could tell, or None when it is whole."""
    if isinstance(value, Unresolved):
        return value
    parts: Iterable[Value] = value.values() if isinstance(value, Block) else value if isinstance(value, Row) else ()
    return next((found for part in parts if (found := first_unresolved(part)) is not None), None)


def scalar_text(value: Scalar) -> str:
    """A scalar as the text a variable or an environment holds: ``true``, ``10``, ``1.5``; null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)


def kind_of(value: Value) -> str:
    """What a value is, for messages: ``a mapping``, ``a list``, ``text`` …"""
    if isinstance(value, Block):
        return "a mapping"
    if isinstance(value, Row):
        return "a list"
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    return "text" if isinstance(value, str) else "a number" if isinstance(value, int | float) else "unresolved"
