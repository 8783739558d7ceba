"""Values as the service prints them in its texts: Java's ``toString``.

Lists ``[a, b]``, maps ``{k=v}``, structures ``Name(field=value, …)`` with every field of the shape.
Nothing is shortened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shapes = Mapping[str, Mapping[str, Any]]


def lower_first(name: str) -> str:
    """A member's name as the service prints it: ``TableName`` is ``tableName``."""
    return name[:1].lower() + name[1:]


def printed(value: Any, shape_name: str, shapes: Shapes) -> str:
    """The value of that shape; it has passed the check of JSON types, or is None."""
    if value is None:
        return "null"
    shape = shapes[shape_name]
    kind = shape["type"]
    if kind == "structure":
        fields = (
            f"{lower_first(name)}={printed(value.get(name), member['shape'], shapes)}"
            for name, member in shape["members"].items()
        )
        return f"{shape_name}({', '.join(fields)})"
    if kind == "map":
        entries = (f"{name}={printed(given, shape['value'], shapes)}" for name, given in value.items())
        return "{" + ", ".join(entries) + "}"
    if kind == "list":
        return f"[{', '.join(printed(given, shape['member'], shapes) for given in value)}]"
    if kind == "boolean":
        return "true" if value else "false"
    return str(value)
