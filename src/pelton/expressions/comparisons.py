"""Comparison operators, BETWEEN and IN: their static checks and what they test.

Ordering is for two S, two N or two B; equality for all types, deep. Where one operand is a constant,
as in nearly every request, its order is worked out once, not for each item.
Source: DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
"""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Mapping, Sized
from types import MappingProxyType
from typing import Any, Final

from pelton.expressions.faults import ExpressionKind, fault_in
from pelton.expressions.operands import BoundOperand, bound_operand, check_distinct, wrong_type
from pelton.expressions.parameters import Parameters
from pelton.expressions.paths import Getter
from pelton.expressions.syntax import Between, Comparison, In
from pelton.items.types import AttributeValue, Item
from pelton.items.values import ORDERED, compare, equal, kind_of, order_key

#: Operands of IN, at most.
IN_OPERANDS_MAX = 100

_ORDERINGS: Final[Mapping[str, Callable[[Any, Any], bool]]] = MappingProxyType(
    {"<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge}
)


def bound_comparison(node: Comparison, parameters: Parameters, kind: ExpressionKind) -> Callable[[Item], bool]:
    """The test of a comparison.

    Raises:
        ExpressionFault: the operands are the same path, or one has a type without order.
    """
    left = bound_operand(node.left, parameters, kind)
    right = bound_operand(node.right, parameters, kind)
    check_distinct(node.operator, (left, right), kind)
    if node.operator == "=":
        return equality(left.find, right)
    if node.operator == "<>":
        is_equal = equality(left.find, right)
        return lambda item: not is_equal(item)
    _check_ordered(node.operator, (left, right), kind)
    return ordering(_ORDERINGS[node.operator], left.find, right)


def bound_between(node: Between, parameters: Parameters, kind: ExpressionKind) -> Callable[[Item], bool]:
    """The test of a BETWEEN, bounds included.

    Raises:
        ExpressionFault: as for a comparison; or both bounds are values, of two types or the wrong way round.
    """
    operand = bound_operand(node.operand, parameters, kind)
    low = bound_operand(node.low, parameters, kind)
    high = bound_operand(node.high, parameters, kind)
    check_distinct("BETWEEN", (operand, low, high), kind)
    _check_ordered("BETWEEN", (operand, low, high), kind)
    if low.value is not None and high.value is not None:
        _check_bounds(low.value, high.value, kind)
    from_low = ordering(operators.ge, operand.find, low)
    to_high = ordering(operators.le, operand.find, high)
    return lambda item: from_low(item) and to_high(item)


def bound_in(node: In, parameters: Parameters, kind: ExpressionKind) -> Callable[[Item], bool]:
    """The test of an IN: equal to one of the options, which may have mixed types.

    Raises:
        ExpressionFault: more than 100 options, or the operand is one of them.
    """
    operand = bound_operand(node.operand, parameters, kind)
    options = tuple(bound_operand(option, parameters, kind) for option in node.options)
    check_in_operands(options, kind)
    check_distinct("IN", (operand, *options), kind)
    tests = tuple(equality(operand.find, option) for option in options)
    return lambda item: any(test(item) for test in tests)


def check_in_operands(options: Sized, kind: ExpressionKind) -> None:
    """Refuse more than 100 options.

    Raises:
        ExpressionFault: there are more.
    """
    if len(options) > IN_OPERANDS_MAX:
        text = f"The IN operator is provided with too many operands; number of operands: {len(options)}"
        raise fault_in(kind, text)


def equality(find: Getter, right: BoundOperand) -> Callable[[Item], bool]:
    """Whether the value found is there and equal to the right operand."""
    constant, find_right = right.value, right.find

    def is_constant(item: Item) -> bool:
        value = find(item)
        return value is not None and equal(value, constant)  # type: ignore[arg-type]  # Chosen when not None.

    def is_found(item: Item) -> bool:
        value, other = find(item), find_right(item)
        return value is not None and other is not None and equal(value, other)

    return is_found if constant is None else is_constant


def ordering(relation: Callable[[Any, Any], bool], find: Getter, right: BoundOperand) -> Callable[[Item], bool]:
    """Whether the value found has the right operand's type and stands in the relation to it."""
    if right.value is not None:
        return _ordering_to(relation, find, right.value)
    find_right = right.find

    def stands(item: Item) -> bool:
        value, other = find(item), find_right(item)
        if value is None or other is None:
            return False
        kind = kind_of(value)
        return kind in ORDERED and kind in other and relation(compare(value, other), 0)

    return stands


def _ordering_to(
    relation: Callable[[Any, Any], bool], find: Getter, constant: AttributeValue
) -> Callable[[Item], bool]:
    kind = kind_of(constant)
    bound = order_key(kind, constant[kind])

    def stands(item: Item) -> bool:
        value = find(item)
        content = None if value is None else value.get(kind)
        return content is not None and relation(order_key(kind, content), bound)

    return stands


def _check_ordered(operator: str, operands: tuple[BoundOperand, ...], kind: ExpressionKind) -> None:
    for operand in operands:
        if operand.type is not None and operand.type not in ORDERED:
            raise wrong_type(operator, operand.type, kind)


def _check_bounds(low: AttributeValue, high: AttributeValue, kind: ExpressionKind) -> None:
    """Two values as bounds of BETWEEN."""
    bounds = f"lower bound operand: {_printed(low)}, upper bound operand: {_printed(high)}"
    if kind_of(low) != kind_of(high):
        text = "The BETWEEN operator requires same data type for lower and upper bounds"
        raise fault_in(kind, f"{text}; {bounds}")
    if compare(low, high) > 0:
        text = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
        raise fault_in(kind, f"{text}; {bounds}")


def _printed(value: AttributeValue) -> str:
    """A scalar as the service prints it."""
    kind = kind_of(value)
    return f"AttributeValue: {{{kind}:{value[kind]}}}"
