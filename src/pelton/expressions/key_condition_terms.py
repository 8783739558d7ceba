"""The terms of a key condition: one attribute, one operator, constant operands.

Source: DynamoDB developer guide, "Key condition expressions for the Query operation"; recorded texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from pelton.expressions.faults import ExpressionFault, ExpressionKind, fault_in
from pelton.expressions.operands import bound_value
from pelton.expressions.parameters import Parameters
from pelton.expressions.paths import resolved
from pelton.expressions.syntax import (
    And,
    Between,
    Call,
    Comparison,
    ConditionNode,
    In,
    Not,
    Operand,
    Or,
    Path,
    Value,
)
from pelton.items.types import AttributeValue

_KIND = ExpressionKind.KEY_CONDITION
#: What a comparison says when its sides change places.
_MIRRORED: Final[Mapping[str, str]] = MappingProxyType({"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="})


class KeyTerm(NamedTuple):
    """What is asked of one key attribute."""

    operator: str  #: one of ``keys.SORT_OPERATORS``; or, of legacy KeyConditions, one that is no range
    operands: tuple[AttributeValue, ...]


def key_terms(root: ConditionNode, parameters: Parameters) -> Iterator[tuple[str, KeyTerm]]:
    """The terms, each with its attribute's name, in the order of the text.

    Raises:
        ExpressionFault: the condition is none that keys can have.
    """
    if not isinstance(root, And):
        yield _key_term(root, parameters)
        return
    for condition in root.conditions:
        if isinstance(condition, And):
            raise ExpressionFault("KeyConditionExpressions cannot contain nested operations")
        yield _key_term(condition, parameters)


def _key_term(node: ConditionNode, parameters: Parameters) -> tuple[str, KeyTerm]:
    operator = _operator(node)
    if isinstance(node, Comparison):
        operands: tuple[Operand, ...] = (node.left, node.right)
        if isinstance(node.left, Value) and isinstance(node.right, Path):
            operands, operator = (node.right, node.left), _MIRRORED[operator]
    elif isinstance(node, Between):
        operands = (node.operand, node.low, node.high)
    else:
        assert isinstance(node, Call), "all other operators are refused"
        operands = node.arguments
    name = _attribute(operator, operands, parameters)
    values = (operand for operand in operands if isinstance(operand, Value))
    return name, KeyTerm(operator, tuple(bound_value(value.name, parameters, _KIND) for value in values))


def _operator(node: ConditionNode) -> str:
    """The operator or function of a term.

    Raises:
        ExpressionFault: it is none that keys can have.
    """
    operator = "BETWEEN"
    if isinstance(node, Comparison):
        operator = node.operator
    elif isinstance(node, Call):
        operator = node.function
    elif isinstance(node, (Or, Not, In, And)):
        operator = type(node).__name__.upper()
    if operator not in _MIRRORED and operator not in ("BETWEEN", "begins_with"):
        raise ExpressionFault(f"Invalid operator used in KeyConditionExpression: {operator}")
    return operator


def _attribute(operator: str, operands: tuple[Operand, ...], parameters: Parameters) -> str:
    """The one attribute that the operands name, first."""
    paths = [operand for operand in operands if isinstance(operand, Path)]
    if len(paths) + sum(isinstance(operand, Value) for operand in operands) < len(operands):
        raise ExpressionFault("KeyConditionExpressions cannot contain nested operations")
    if not paths:
        raise _invalid("No key attribute specified")
    if len(paths) > 1:
        raise _invalid("Multiple attribute names used in one condition")
    path = resolved(paths[0], parameters, _KIND)
    if len(path) > 1:
        raise fault_in(_KIND, "KeyConditionExpressions cannot have conditions on nested attributes")
    if operands[0] is not paths[0]:
        raise _invalid(f"{operator} operator must have the key attribute as its first operand")
    return str(path[0])


def _invalid(text: str) -> ExpressionFault:
    # The service leaves its usual prefix out here, as with an operator that keys do not have.
    return ExpressionFault(f"Invalid condition in KeyConditionExpression: {text}")
