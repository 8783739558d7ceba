"""The elements of a filter pattern's arrays: tests of one leaf value.

    element := string | number | true | false | null | operator object with exactly one operator

Every test compares by JSON type: ``300`` does not match ``"300"``. Reasons for refusing a pattern are those of
EventBridge's matcher. Source: Lambda guide, "Control which events Lambda sends"; EventBridge guide,
"Comparison operators".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import orjson

from pelton.operations import JsonObject


class PatternRefused(ValueError):
    """The pattern is not one; the text says which part and why."""


@dataclass(frozen=True, slots=True)
class LeafTest:
    """One element: what it says, what it accepts, and whether a missing leaf satisfies it."""

    text: str  #: the element as JSON, for explanations
    accepts: Callable[[object], bool]
    accepts_missing: bool = False


def leaf_test(element: object) -> LeafTest:
    """The test an element stands for.

    Raises:
        PatternRefused: an unknown operator, or an operand it cannot have.
    """
    text = orjson.dumps(element).decode()
    if not isinstance(element, dict):
        if isinstance(element, list):
            raise PatternRefused(f"{text} is an array inside an array")
        return LeafTest(text, _equals(element))
    if len(element) != 1:
        raise PatternRefused(f"{text} must have exactly one operator")
    operator, operand = next(iter(element.items()))
    if operator == "exists":
        return _exists(text, operand)
    make = _OPERATORS.get(operator)
    if make is None:
        raise PatternRefused(f"Unrecognized match type {operator}")
    return LeafTest(text, make(operand))


def is_operator_object(element: JsonObject) -> bool:
    """Whether the object is an operator rather than a pattern."""
    return len(element) == 1 and next(iter(element)) in {"exists", *_OPERATORS}


def _never(_value: object) -> bool:
    return False


def _always(_value: object) -> bool:
    return True


def _exists(text: str, operand: object) -> LeafTest:
    """Leaves only: a map is no leaf, so ``exists: false`` accepts it like a missing one."""
    if not isinstance(operand, bool):
        raise PatternRefused("Value of exists must be true or false.")
    return LeafTest(text, _always) if operand else LeafTest(text, _never, accepts_missing=True)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equals(expected: object) -> Callable[[object], bool]:
    """Equality by JSON type: numbers compare as numbers (300.0 is 300), and true is no number."""
    if _is_number(expected):
        return lambda value: value == expected and not isinstance(value, bool)
    if isinstance(expected, str):
        return lambda value: value == expected
    return lambda value: value is expected


def _string(operator: str, operand: object) -> str:
    if operand is None:
        raise PatternRefused(f"Null {operator} not allowed")
    if not isinstance(operand, str):
        raise PatternRefused(f"{operator} match pattern must be a string")
    return operand


def _prefix(operand: object) -> Callable[[object], bool]:
    ignores_case, part = _part("prefix", operand)
    if ignores_case:
        return lambda value: isinstance(value, str) and value.casefold().startswith(part)
    return lambda value: isinstance(value, str) and value.startswith(part)


def _suffix(operand: object) -> Callable[[object], bool]:
    ignores_case, part = _part("suffix", operand)
    if ignores_case:
        return lambda value: isinstance(value, str) and value.casefold().endswith(part)
    return lambda value: isinstance(value, str) and value.endswith(part)


def _part(operator: str, operand: object) -> tuple[bool, str]:
    """Whether case is ignored (``{"prefix": {"equals-ignore-case": "ab"}}``), and the text sought."""
    if isinstance(operand, dict) and list(operand) == ["equals-ignore-case"]:
        return True, _string("equals-ignore-case", operand["equals-ignore-case"]).casefold()
    return False, _string(operator, operand)


def _equals_ignore_case(operand: object) -> Callable[[object], bool]:
    text = _string("equals-ignore-case", operand).casefold()
    return lambda value: isinstance(value, str) and value.casefold() == text


def _wildcard(operand: object) -> Callable[[object], bool]:
    """``*`` stands for any characters, none included; ``\\*`` and ``\\\\`` for themselves."""
    text = _string("wildcard", operand)
    expression = ""
    position = 0
    while position < len(text):
        character = text[position]
        following = text[position + 1 : position + 2]
        if character == "\\":
            if following not in ("*", "\\"):
                raise PatternRefused(f"Invalid escape character at pos {position}")
            expression += re.escape(following)
            position += 1
        elif character == "*":
            if following == "*":
                raise PatternRefused(f"Consecutive wildcard characters at pos {position}")
            expression += ".*"
        else:
            expression += re.escape(character)
        position += 1
    compiled = re.compile(expression, re.DOTALL)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _cidr(operand: object) -> Callable[[object], bool]:
    try:
        network = ip_network(_string("cidr", operand), strict=False)
    except ValueError as error:
        raise PatternRefused(f"Malformed CIDR: {error}") from error
    return lambda value: isinstance(value, str) and _is_inside(value, network)


def _is_inside(address: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(address) in network
    except ValueError:
        return False


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


def _numeric(operand: object) -> Callable[[object], bool]:
    """``[op, number]``, or a range: a lower bound, then an upper one. JSON numbers only, never an item's ``N``."""
    if not isinstance(operand, list):
        raise PatternRefused("Value of numeric must be an array.")
    if len(operand) not in (2, 4):
        raise PatternRefused("numeric takes one comparison, or a lower and an upper bound")
    bounds = [_bound(operand[index], operand[index + 1]) for index in range(0, len(operand), 2)]
    if len(bounds) == 2:
        _check_range(bounds)
    tests = [(_COMPARISONS[operator], bound) for operator, bound in bounds]
    return lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and all(test(value, b) for test, b in tests)
    )


def _bound(operator: object, number: object) -> tuple[str, float]:
    if not isinstance(operator, str) or operator not in _COMPARISONS:
        raise PatternRefused(f"Unrecognized numeric range operator: {operator}")
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise PatternRefused(f"Value of {operator} must be numeric")
    return operator, number


def _check_range(bounds: list[tuple[str, float]]) -> None:
    (lower, low), (upper, high) = bounds
    if not lower.startswith(">"):
        raise PatternRefused(f"Bad numeric range operator: {lower}")
    if not upper.startswith("<"):
        raise PatternRefused(f"Bad numeric range operator: {upper}")
    if low >= high:
        raise PatternRefused("Bottom must be less than top")


def _anything_but(operand: object) -> Callable[[object], bool]:
    """Any leaf but these; null is a value, and what is no string has no prefix to refuse."""
    if isinstance(operand, dict):
        refused = _refused_parts(operand)
    elif isinstance(operand, list):
        if not operand:
            raise PatternRefused("Empty arrays are not allowed")
        refused = [_equals(_listed(value)) for value in operand]
    elif isinstance(operand, str) or _is_number(operand):
        refused = [_equals(operand)]
    else:
        raise PatternRefused("Value of anything-but must be an array or single string/number value.")
    return lambda value: not any(test(value) for test in refused)


def _listed(value: object) -> object:
    if isinstance(value, str) or _is_number(value):
        return value
    kind = "null" if value is None else "boolean" if isinstance(value, bool) else "start"
    raise PatternRefused(f"Inside anything but list, {kind} is not supported.")


def _refused_parts(operand: JsonObject) -> list[Callable[[object], bool]]:
    if len(operand) != 1:
        raise PatternRefused("anything-but takes exactly one operator")
    operator, parts = next(iter(operand.items()))
    make = _NEGATABLE.get(operator)
    if make is None:
        raise PatternRefused(f"Unsupported anything-but pattern: {operator}")
    listed = parts if isinstance(parts, list) else [parts]
    if not listed:
        raise PatternRefused("Empty arrays are not allowed")
    return [make(part) for part in listed]


_NEGATABLE: dict[str, Callable[[object], Callable[[object], bool]]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
}
_OPERATORS: dict[str, Callable[[object], Callable[[object], bool]]] = {
    **_NEGATABLE,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}
