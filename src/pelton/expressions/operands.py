"""Operands of conditions: a path, a value or ``size``, bound to a request's parameters.

A bound operand knows how to find its value in an item and, where that does not depend on the item,
the value and its type, for the checks that need no item.
Source: DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
"""

from __future__ import annotations

from base64 import b64decode
from types import MappingProxyType
from typing import Final, NamedTuple

from pelton.expressions.faults import ExpressionFault, ExpressionKind, fault_in
from pelton.expressions.parameters import Parameters
from pelton.expressions.paths import Getter, getter, printed, resolved
from pelton.expressions.syntax import Arithmetic, Call, Elements, Operand, Path, Value
from pelton.items.types import AttributeValue, Item
from pelton.items.values import kind_of

#: Arguments each function takes.
ARGUMENT_COUNTS: Final = MappingProxyType(
    {
        "attribute_exists": 1,
        "attribute_not_exists": 1,
        "attribute_type": 2,
        "begins_with": 2,
        "contains": 2,
        "size": 1,
        "if_not_exists": 2,
        "list_append": 2,
    }
)
#: Types whose values have no size.
_SIZELESS = frozenset(("N", "BOOL", "NULL"))


class BoundOperand(NamedTuple):
    """An operand with its parameters."""

    find: Getter
    path: Elements | None = None  #: of a document path
    value: AttributeValue | None = None  #: of a ``:value``
    type: str | None = None  #: when it is known without the item


def bound_value(name: str, parameters: Parameters, kind: ExpressionKind) -> AttributeValue:
    """The value of a placeholder.

    Raises:
        ExpressionFault: it is not defined.
    """
    value = parameters.values.get(name)
    if value is None:
        text = f"An expression attribute value used in expression is not defined; attribute value: {name}"
        raise fault_in(kind, text)
    return value


def bound_operand(operand: Operand, parameters: Parameters, kind: ExpressionKind) -> BoundOperand:
    """The operand with its parameters.

    Raises:
        ExpressionFault: a placeholder is not defined, or ``size`` is used wrongly.
    """
    if isinstance(operand, Path):
        path = resolved(operand, parameters, kind)
        return BoundOperand(getter(path), path=path)
    if isinstance(operand, Value):
        value = bound_value(operand.name, parameters, kind)
        return BoundOperand(lambda _: value, value=value, type=kind_of(value))
    assert not isinstance(operand, Arithmetic), "conditions do not calculate"
    return _bound_size(operand, parameters, kind)


def check_count(call: Call, kind: ExpressionKind) -> None:
    """A function has as many arguments as it takes.

    Raises:
        ExpressionFault: it has more or fewer.
    """
    if len(call.arguments) != ARGUMENT_COUNTS[call.function]:
        text = (
            "Incorrect number of operands for operator or function; "
            f"operator or function: {call.function}, number of operands: {len(call.arguments)}"
        )
        raise fault_in(kind, text)


def wrong_type(operator: str, type_name: str, kind: ExpressionKind) -> ExpressionFault:
    """An operand whose type is known without the item cannot be an operand of the operator or function."""
    text = "Incorrect operand type for operator or function; operator or function"
    return fault_in(kind, f"{text}: {operator}, operand type: {type_name}")


def needs_path(operator: str, kind: ExpressionKind) -> ExpressionFault:
    """An operand that must be a document path is none."""
    return fault_in(kind, f"Operator or function requires a document path; operator or function: {operator}")


def check_distinct(operator: str, operands: tuple[BoundOperand, ...], kind: ExpressionKind) -> None:
    """The first operand's path is not among the other operands.

    Raises:
        ExpressionFault: it is.
    """
    first = operands[0].path
    if first is not None and any(operand.path == first for operand in operands[1:]):
        text = "The first operand must be distinct from the remaining operands for this operator or function"
        raise fault_in(kind, f"{text}; operator: {operator}, first operand: {printed(first)}")


def size_of(value: AttributeValue | None) -> AttributeValue | None:
    """What ``size`` makes of a value: an N, or None for values without a size."""
    if value is None:
        return None
    for kind, content in value.items():
        if kind == "S":
            # As many UTF-16 code units as the service's Java strings have.
            length = len(content) if content.isascii() else len(content.encode("utf-16-le")) // 2
        elif kind == "B":
            length = len(b64decode(content))
        elif kind in _SIZELESS:
            return None
        else:
            length = len(content)
        return {"N": str(length)}
    return None


def _bound_size(call: Call, parameters: Parameters, kind: ExpressionKind) -> BoundOperand:
    """``size(path)``; a value instead of the path is allowed where it has a size."""
    arguments = [bound_operand(argument, parameters, kind) for argument in call.arguments]
    check_count(call, kind)
    argument = arguments[0]
    if argument.type in _SIZELESS:
        raise wrong_type(call.function, argument.type, kind)
    find = argument.find

    def size(item: Item) -> AttributeValue | None:
        return size_of(find(item))

    return BoundOperand(size, type="N")
