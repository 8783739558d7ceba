"""Values as the service prints them in its texts: Java's ``toString``.

Lists ``[a, b]``, maps ``{k=v}``, structures ``Name(field=value, …)`` with every field of the shape.
Nothing is shortened but what no honest request has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Shapes = Mapping[str, Mapping[str, Any]]

#: Characters of a value that a text shows, at most: a limit of ours.
PRINTED_MAX = 256 * 1024


def lower_first(name: str) -> str:
    """A member's name as the service prints it: ``TableName`` is ``tableName``."""
    return name[:1].lower() + name[1:]


def printed(value: Any, shape_name: str, shapes: Shapes) -> str:
    """The value of that shape; it has passed the check of JSON types, or is None."""
    parts, room = [], PRINTED_MAX
    for part in _parts(value, shape_name, shapes):
        parts.append(part)
        room -= len(part)
        if room < 0:
            return "".join(parts)[:PRINTED_MAX] + "..."
    return "".join(parts)


def _parts(value: Any, shape_name: str, shapes: Shapes) -> Iterator[str]:
    if value is None:
        yield "null"
        return
    shape = shapes[shape_name]
    kind = shape["type"]
    if kind == "structure":
        members = {lower_first(name): (value.get(name), member["shape"]) for name, member in shape["members"].items()}
        yield from _listed(f"{shape_name}(", ((f"{name}=", *member) for name, member in members.items()), ")", shapes)
    elif kind == "map":
        yield from _listed("{", ((f"{name}=", given, shape["value"]) for name, given in value.items()), "}", shapes)
    elif kind == "list":
        yield from _listed("[", (("", given, shape["member"]) for given in value), "]", shapes)
    elif kind == "boolean":
        yield "true" if value else "false"
    else:
        yield str(value)


def _listed(begin: str, entries: Iterable[tuple[str, Any, str]], end: str, shapes: Shapes) -> Iterator[str]:
    """Entries with commas between them: what stands before a value, the value and its shape."""
    yield begin
    for place, (before, value, shape_name) in enumerate(entries):
        yield f", {before}" if place else before
        yield from _parts(value, shape_name, shapes)
    yield end
