"""Conditions of a template: ``Fn::Equals``, ``And``, ``Or``, ``Not`` and references to each other.

Source: CloudFormation user guide, Condition functions.
"""

from __future__ import annotations

from collections.abc import Callable

from pelton.projects.documents import Block, Row, Unresolved, Value, scalar_text
from pelton.projects.notes import did_you_mean
from pelton.projects.project import Where

_Evaluate = Callable[[Value, Where], Value]


def is_true(
    name: str, conditions: Block, evaluate: _Evaluate, where: Where, asking: tuple[str, ...] = ()
) -> bool | Unresolved:
    """Whether the named condition holds; ``asking`` are the conditions that led here."""
    if name not in conditions:
        return Unresolved(where, f"there is no condition {name}", did_you_mean(name, conditions))
    if name in asking:
        return Unresolved(where, f"the condition {name} refers to itself", "write it without the circle")
    return _holds(conditions[name], conditions, evaluate, conditions.at(name), (*asking, name))


def _holds(
    value: Value, conditions: Block, evaluate: _Evaluate, where: Where, asking: tuple[str, ...]
) -> bool | Unresolved:
    name, argument = next(iter(value.items())) if isinstance(value, Block) and len(value) == 1 else ("", None)
    if name == "Condition" and isinstance(argument, str):
        return is_true(argument, conditions, evaluate, where, asking)
    if name == "Fn::Equals" and isinstance(argument, Row) and len(argument) == 2:
        return _equal(evaluate(argument[0], where), evaluate(argument[1], where))
    if name in ("Fn::And", "Fn::Or", "Fn::Not") and isinstance(argument, Row):
        held = [_holds(part, conditions, evaluate, where, asking) for part in argument]
        unresolved = next((part for part in held if isinstance(part, Unresolved)), None)
        if unresolved is not None:
            return unresolved
        return not held[0] if name == "Fn::Not" else all(held) if name == "Fn::And" else any(held)
    return Unresolved(where, "a condition has another shape", "use Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition")


def _equal(left: Value, right: Value) -> bool | Unresolved:
    for side in (left, right):
        if isinstance(side, Unresolved):
            return side
    if isinstance(left, Block | Row | Unresolved) or isinstance(right, Block | Row | Unresolved):
        return left == right
    return scalar_text(left) == scalar_text(right)
