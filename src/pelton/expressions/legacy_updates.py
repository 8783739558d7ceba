"""AttributeUpdates, the update of the API before expressions, as the plan an UpdateExpression would be.

Source: DynamoDB developer guide, "AttributeUpdates (legacy)"; recorded texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pelton.errors import ValidationFailed
from pelton.expressions.paths import getter
from pelton.expressions.syntax import Elements
from pelton.expressions.update import Update, UpdatePlan
from pelton.expressions.update_actions import Outcome, Values, added, deleted
from pelton.items.types import AttributeValue, Item
from pelton.items.values import SETS, canonical_value, kind_of

_INVALID: Final = "One or more parameter values were invalid: "
#: Types ADD takes; of a list the elements are appended.
_ADDABLE: Final = frozenset((*SETS, "N", "L"))


class TypeMismatch(ValidationFailed):
    """The stored value has another type than the one to add or to delete."""

    def __init__(self) -> None:
        super().__init__("Type mismatch for attribute to update")


def attribute_updates(updates: Mapping[str, Mapping[str, Any]]) -> Update:
    """The update that an AttributeUpdates says.

    Args:
        updates: Action (PUT, which None stands for, ADD or DELETE) and Value by attribute.

    Raises:
        ValidationFailed: an action has no value that it needs, or one of a type that it does not take.
    """
    values: Item = {}
    actions: list[tuple[Elements, Outcome]] = []
    creates = False
    for name, update in updates.items():
        action, value = update.get("Action") or "PUT", update.get("Value")
        if value is not None:
            values[name] = canonical_value(value)
        actions.append(((name,), _outcome(name, action, values.get(name))))
        creates = creates or action != "DELETE"
    return Update(UpdatePlan(tuple(actions), creates=creates or not actions), values)


def _outcome(name: str, action: str, value: AttributeValue | None) -> Outcome:
    if value is None:
        if action != "DELETE":
            raise ValidationFailed(f"{_INVALID}Only DELETE action is allowed when no attribute value is specified")
        return _nothing
    kind = kind_of(value)
    find = getter((name,))
    if action == "DELETE":
        if kind not in SETS:
            raise ValidationFailed(f"{_INVALID}DELETE action with value is not supported for the type {kind}")
        return deleted(find, name, kind, TypeMismatch)
    if action == "ADD":
        if kind not in _ADDABLE:
            raise ValidationFailed(f"{_INVALID}ADD action is not supported for the type {kind}")
        return added(find, name, kind, TypeMismatch)

    def put(_: Item, values: Values) -> AttributeValue:
        return values[name]

    return put


def _nothing(_: Item, __: Values) -> None:
    """What DELETE leaves of a whole attribute."""
