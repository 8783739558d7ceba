"""Partial updates: attributes replaced, or changed by Algolia's built-in operations. Pure."""

from __future__ import annotations

from typing import Any

from pelton_companions.messages import BadBody, JsonObject


def updated(record: JsonObject, changes: JsonObject) -> JsonObject | None:
    """The record after a partial update; None when a conditional operation says to leave it.

    Raises:
        BadBody: an operation is unknown or does not fit its value.
    """
    result = dict(record)
    for name, change in changes.items():
        if not isinstance(change, dict) or "_operation" not in change:
            result[name] = change
            continue
        value = _operated(change["_operation"], record.get(name), change.get("value"))
        if value is None:
            return None
        result[name] = value
    return result


def _operated(operation: Any, old: Any, value: Any) -> Any:
    if operation in {"Increment", "Decrement", "IncrementFrom", "IncrementSet"}:
        return _counted(operation, old, value)
    members = old if isinstance(old, list) else []
    match operation:
        case "Add":
            return [*members, value]
        case "AddUnique":
            return members if value in members else [*members, value]
        case "Remove":
            return [each for each in members if each != value]
        case _:
            raise BadBody(f"unknown operation {operation!r}")


def _counted(operation: str, old: Any, value: Any) -> int | float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadBody(f"{operation} needs a number")
    now = old if isinstance(old, int | float) else 0
    match operation:
        case "Increment":
            return now + value
        case "Decrement":
            return now - value
        case "IncrementFrom":
            return now + 1 if now == value else None
        case _:
            return value if value > now else None
