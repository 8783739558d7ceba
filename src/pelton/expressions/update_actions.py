"""The actions ADD and DELETE: what they make of the value that is there.

Source: DynamoDB developer guide, "Update expressions"; API reference, AttributeValueUpdate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from pelton.errors import ValidationFailed
from pelton.expressions.faults import ExpressionFault, ExpressionKind, fault_in
from pelton.expressions.paths import Getter
from pelton.items.numbers import add
from pelton.items.types import AttributeValue, Item
from pelton.items.values import SETS

#: A request's values by placeholder, canonical.
Values = Mapping[str, AttributeValue]
#: Works out what is at an action's path after the update, from the item before; None when nothing is.
Outcome = Callable[[Item, Values], AttributeValue | None]

#: The names error texts of ADD and DELETE have for types.
_TYPE_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "S": "STRING",
        "N": "NUMBER",
        "B": "BINARY",
        "NULL": "NULL",
        "BOOL": "BOOLEAN",
        "L": "LIST",
        "M": "MAP",
        "SS": "STRING_SET",
        "NS": "NUMBER_SET",
        "BS": "BINARY_SET",
    }
)


def check_operand(action: str, kind: str) -> None:
    """ADD takes a number or a set, DELETE a set.

    Raises:
        ExpressionFault: ``kind``, the operand's type, is another.
    """
    if kind not in SETS and not (kind == "N" and action == "ADD"):
        raise _wrong_operand(action, kind)


def added(find: Getter, name: str, kind: str, mismatch: Callable[[], ValidationFailed]) -> Outcome:
    """ADD: a number is added, a set's members or a list's elements join; what is missing begins empty.

    Args:
        find: the value there before.
        name: placeholder of the operand.
        kind: type of the operand: N, a set, or (in AttributeUpdates alone) L.
        mismatch: what to raise when the value there has another type.
    """

    def outcome(item: Item, values: Values) -> AttributeValue:
        value = values[name]
        stored = find(item)
        if stored is None:
            return value
        there = stored.get(kind)
        if there is None:
            raise mismatch()
        operand = value[kind]
        if kind == "N":
            return {"N": add(there, operand)}
        if kind == "L":
            return {"L": there + operand}
        members = set(there)
        return {kind: there + [member for member in operand if member not in members]}

    return outcome


def deleted(find: Getter, name: str, kind: str, mismatch: Callable[[], ValidationFailed]) -> Outcome:
    """DELETE: a set's members leave; a set without members leaves the item.

    Args:
        find: the value there before.
        name: placeholder of the operand.
        kind: type of the operand, a set.
        mismatch: what to raise when the value there has another type.
    """

    def outcome(item: Item, values: Values) -> AttributeValue | None:
        stored = find(item)
        if stored is None:
            return None
        there = stored.get(kind)
        if there is None:
            raise mismatch()
        leaving = frozenset(values[name][kind])
        members = [member for member in there if member not in leaving]
        return {kind: members} if members else None

    return outcome


def _wrong_operand(action: str, kind: str) -> ExpressionFault:
    return fault_in(
        ExpressionKind.UPDATE,
        f"Incorrect operand type for operator or function; operator: {action}, "
        f"operand type: {_TYPE_NAMES[kind]}, typeSet: ALLOWED_FOR_{action}_OPERAND",
    )
