"""Conditions of the API before expressions: Expected, QueryFilter, ScanFilter and KeyConditions.

Each is checked by its own rules, then becomes the tree that an expression would be parsed to, and is
bound as one: there is one evaluator. Attributes are top-level names; nothing in them is a placeholder.
Source: DynamoDB developer guide, "Legacy conditional parameters"; recorded order and texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from pelton.errors import ValidationFailed
from pelton.expressions.comparisons import check_in_operands
from pelton.expressions.condition import Condition, bound_condition, paths_of
from pelton.expressions.faults import ExpressionKind, fault_in
from pelton.expressions.key_condition import KeyConditions, check_not_empty
from pelton.expressions.key_condition_terms import KeyTerm
from pelton.expressions.parameters import Parameters
from pelton.expressions.parser import OPERATORS_MAX
from pelton.expressions.syntax import And, Between, Call, Comparison, ConditionNode, In, Not, Or, Path, Value
from pelton.items.canonical import canonical_value
from pelton.items.types import AttributeValue
from pelton.items.values import compare, kind_of

#: One entry of Expected or of a filter, as the request has it.
Entry = Mapping[str, Any]
#: The operator and the operands of an entry.
Asked = tuple[str, tuple[AttributeValue, ...]]

_INVALID: Final = "One or more parameter values were invalid: "
_COMPARISONS: Final[Mapping[str, str]] = MappingProxyType(
    {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
)
#: Operators as ranges of keys have them; the others are none.
_RANGES: Final[Mapping[str, str]] = MappingProxyType(
    {"EQ": "=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "BETWEEN": "BETWEEN", "BEGINS_WITH": "begins_with"}
)
#: Operators without operands, and with another number than one: least and most.
_COUNTS: Final[Mapping[str, tuple[int, float]]] = MappingProxyType(
    {"NULL": (0, 0), "NOT_NULL": (0, 0), "BETWEEN": (2, 2), "IN": (1, float("inf"))}
)
_ANY_TYPE: Final = frozenset(("EQ", "NE"))
_SCALARS: Final = frozenset(("S", "N", "B"))
#: Key conditions a query can have.
_KEY_CONDITIONS_MAX: Final = 2


def expected_condition(expected: Mapping[str, Entry], operator: str | None) -> Condition:
    """The condition that an Expected says.

    Args:
        expected: entries by attribute, at least one.
        operator: ConditionalOperator: AND, which None stands for, or OR.

    Raises:
        ValidationFailed: the first rule an entry breaks, entry by entry.
    """
    _check_counts(expected, ExpressionKind.CONDITION)
    asked = {name: _expected(name, entry) for name, entry in expected.items()}
    return _condition(asked, operator, ExpressionKind.CONDITION)


def filter_condition(entries: Mapping[str, Entry], operator: str | None) -> Condition:
    """The condition that a QueryFilter or ScanFilter says; arguments and faults as for ``expected_condition``."""
    _check_counts(entries, ExpressionKind.FILTER)
    return _condition(_all_asked(entries), operator, ExpressionKind.FILTER)


def key_conditions(entries: Mapping[str, Entry]) -> KeyConditions:
    """What KeyConditions says of key attributes; bound to a schema as a KeyConditionExpression is.

    Raises:
        ValidationFailed: a condition breaks a rule, or they are not one or two.
    """
    asked = _all_asked(entries)
    if not 1 <= len(asked) <= _KEY_CONDITIONS_MAX:
        raise ValidationFailed("Conditions can be of length 1 or 2 only")
    terms = {name: KeyTerm(_RANGES.get(operator, operator), operands) for name, (operator, operands) in asked.items()}
    for name, term in terms.items():
        check_not_empty(name, term)
    return KeyConditions(terms)


def _check_counts(entries: Mapping[str, Entry], kind: ExpressionKind) -> None:
    """As many conditions as an expression can have; more are refused before they are looked at."""
    if len(entries) > OPERATORS_MAX:
        raise fault_in(kind, f"The expression contains too many operators; operator count: {len(entries)}")
    for entry in entries.values():
        if entry.get("ComparisonOperator") == "IN" and entry.get("AttributeValueList"):
            check_in_operands(entry["AttributeValueList"], kind)


def _all_asked(entries: Mapping[str, Entry]) -> dict[str, Asked]:
    return {
        name: _checked(entry["ComparisonOperator"], entry.get("AttributeValueList") or ())
        for name, entry in entries.items()
    }


def _expected(name: str, entry: Entry) -> Asked:
    value, values = entry.get("Value"), entry.get("AttributeValueList")
    operator, exists = entry.get("ComparisonOperator"), entry.get("Exists")
    if value is not None and values is not None:
        raise _invalid(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
    if operator is None:
        return _existing(name, value, values, exists)
    if exists is not None:
        raise _invalid(f"Exists and ComparisonOperator cannot be used together for Attribute: {name}")
    if value is None and values is None and operator not in ("NULL", "NOT_NULL"):
        raise _invalid(
            f"Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
        )
    return _checked(operator, (value,) if value is not None else values or ())


def _existing(
    name: str, value: AttributeValue | None, values: Sequence[AttributeValue] | None, exists: bool | None
) -> Asked:
    """An entry of the first API: a value to equal, or none to be there."""
    if values is not None:
        raise _invalid(f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
    if exists is False:
        if value is not None:
            raise _invalid(f"Value cannot be used when Exists is false for Attribute: {name}")
        return "NULL", ()
    if value is None:
        shown = "null" if exists is None else "true"
        raise _invalid(f"Value must be provided when Exists is {shown} for Attribute: {name}")
    return "EQ", (canonical_value(value),)


def _checked(operator: str, values: Sequence[AttributeValue]) -> Asked:
    """An operator with its operands, canonical; refuses wrong numbers, types and bounds."""
    operands = tuple(canonical_value(value) for value in values)
    least, most = _COUNTS.get(operator, (1, 1))
    if not least <= len(operands) <= most:
        raise _invalid(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = dict.fromkeys(kind_of(operand) for operand in operands)
    if len(kinds) > 1:
        raise _invalid("AttributeValues inside AttributeValueList must be of same type")
    for kind in kinds:
        if operator not in _ANY_TYPE and (kind not in _SCALARS or (operator == "BEGINS_WITH" and kind == "N")):
            raise _invalid(f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    if operator == "BETWEEN" and compare(*operands) > 0:
        raise ValidationFailed(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )
    return operator, operands


def _condition(asked: Mapping[str, Asked], operator: str | None, kind: ExpressionKind) -> Condition:
    values: dict[str, AttributeValue] = {}
    nodes = tuple(_node(name, *entry, values) for name, entry in asked.items())
    root = nodes[0] if len(nodes) == 1 else Or(nodes) if operator == "OR" else And(nodes)
    return Condition(
        bound_condition(root, Parameters(values=values), kind),
        lambda: tuple(path.elements for path in paths_of(root)),
    )


def _node(
    name: str, operator: str, operands: Sequence[AttributeValue], values: dict[str, AttributeValue]
) -> ConditionNode:
    """The tree of one entry; its operands join ``values`` under placeholders of their own."""
    path = Path((name,), has_names=False)
    constants = []
    for operand in operands:
        constants.append(Value(f":{len(values)}"))
        values[constants[-1].name] = operand
    if operator in _COMPARISONS:
        return Comparison(_COMPARISONS[operator], path, constants[0])
    if operator == "BETWEEN":
        return Between(path, constants[0], constants[1])
    if operator == "IN":
        return In(path, tuple(constants))
    if operator in ("NULL", "NOT_NULL"):
        return Call("attribute_not_exists" if operator == "NULL" else "attribute_exists", (path,))
    call = Call("begins_with" if operator == "BEGINS_WITH" else "contains", (path, constants[0]))
    return Not(call) if operator == "NOT_CONTAINS" else call


def _invalid(text: str) -> ValidationFailed:
    return ValidationFailed(_INVALID + text)
