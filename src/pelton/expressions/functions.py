"""The functions that are conditions: attribute_exists, attribute_not_exists, attribute_type, begins_with, contains.

Source: DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pelton.expressions.faults import ExpressionKind, fault_in
from pelton.expressions.operands import BoundOperand, bound_operand, check_count, check_distinct, needs_path, wrong_type
from pelton.expressions.parameters import Parameters
from pelton.expressions.syntax import Call
from pelton.items.types import AttributeValue, Item
from pelton.items.values import equal, kind_of

#: Every type's letters, in the order in which the service prints them.
TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")

#: How the service names the type of an operand that may have any.
_ANY_TYPE = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
#: Types that contain nothing.
_CONTAINING_NOTHING = frozenset(("N", "BOOL", "NULL", "M"))
#: Types of which two values can be equal and differ as JSON.
_COMPOUND = frozenset(("SS", "NS", "BS", "L", "M"))
#: Set types by the type of their members.
_SET_OF: Final[Mapping[str, str]] = MappingProxyType({"SS": "S", "NS": "N", "BS": "B"})

Test = Callable[[Item], bool]


def bound_function(call: Call, parameters: Parameters, kind: ExpressionKind) -> Test:
    """The test of a function.

    Raises:
        ExpressionFault: wrong number or types of arguments.
    """
    arguments = [bound_operand(argument, parameters, kind) for argument in call.arguments]
    check_count(call, kind)
    return _BINDERS[call.function](call.function, arguments, kind)


def begins_with(value: AttributeValue, prefix: AttributeValue) -> bool:
    """Whether a string begins with a string, or a binary with a binary."""
    if "S" in value and "S" in prefix:
        return bool(value["S"].startswith(prefix["S"]))
    if "B" in value and "B" in prefix:
        return b64decode(value["B"]).startswith(b64decode(prefix["B"]))
    return False


def contains(value: AttributeValue, sought: AttributeValue) -> bool:
    """Whether a string or binary has that part, a set that member, or a list an element equal to it."""
    kind = kind_of(value)
    if kind == "S":
        return "S" in sought and sought["S"] in value["S"]
    if kind == "B":
        return "B" in sought and b64decode(sought["B"]) in b64decode(value["B"])
    if kind == "L":
        # Of scalars the canonical JSON is equal when the values are.
        is_scalar = _COMPOUND.isdisjoint(sought)
        return sought in value["L"] if is_scalar else any(equal(element, sought) for element in value["L"])
    member = _SET_OF.get(kind)
    return member is not None and sought.get(member) in value[kind]


def _attribute_exists(function: str, arguments: Sequence[BoundOperand], kind: ExpressionKind) -> Test:
    operand = arguments[0]
    if operand.path is None:
        raise needs_path(function, kind)
    find = operand.find
    if function == "attribute_exists":
        return lambda item: find(item) is not None
    return lambda item: find(item) is None


def _attribute_type(function: str, arguments: Sequence[BoundOperand], kind: ExpressionKind) -> Test:
    operand, type_operand = arguments
    if operand.path is None:
        raise needs_path(function, kind)
    if type_operand.value is None or type_operand.type != "S":
        raise wrong_type(function, type_operand.type or _ANY_TYPE, kind)
    letters = type_operand.value["S"]
    if letters not in TYPES:
        valid = ",".join(TYPES)
        raise fault_in(kind, f"Invalid attribute type name found; type: {letters}, valid types: {{{valid}}}")
    find = operand.find
    return lambda item: letters in (find(item) or ())


def _begins_with(function: str, arguments: Sequence[BoundOperand], kind: ExpressionKind) -> Test:
    check_distinct(function, tuple(arguments), kind)
    for operand in arguments:
        if operand.type is not None and operand.type not in ("S", "B"):
            raise wrong_type(function, operand.type, kind)
    return _of_two(begins_with, arguments)


def _contains(function: str, arguments: Sequence[BoundOperand], kind: ExpressionKind) -> Test:
    check_distinct(function, tuple(arguments), kind)
    holder = arguments[0]
    if holder.type in _CONTAINING_NOTHING:
        raise wrong_type(function, holder.type, kind)
    return _of_two(contains, arguments)


def _of_two(is_so: Callable[[AttributeValue, AttributeValue], bool], arguments: Sequence[BoundOperand]) -> Test:
    """Whether it is so of two values that are both there."""
    find_first, find_second = (operand.find for operand in arguments)

    def test(item: Item) -> bool:
        first, second = find_first(item), find_second(item)
        return first is not None and second is not None and is_so(first, second)

    return test


_BINDERS: Final[Mapping[str, Callable[[str, Sequence[BoundOperand], ExpressionKind], Test]]] = MappingProxyType(
    {
        "attribute_exists": _attribute_exists,
        "attribute_not_exists": _attribute_exists,
        "attribute_type": _attribute_type,
        "begins_with": _begins_with,
        "contains": _contains,
    }
)
