"""A second, plain evaluator of filter patterns, written from the reference's rules alone: slow, and independent.

Where ``pelton.triggers.filters`` compiles and walks, this one asks in the most literal way there is.
"""

from __future__ import annotations

import ipaddress
import re

from pelton.operations import JsonObject


def passes(pattern: JsonObject, record: object) -> bool:
    """Whether the record has what the pattern asks for; keys are ANDed."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(passes(branch, record) for branch in wanted):
                return False
        elif isinstance(wanted, dict):
            inner = [each for each in flat(below(record, key)) if isinstance(each, dict)]
            if not any(passes(wanted, each) for each in inner or [{}]):
                return False
        elif not array_passes(wanted, [each for each in flat(below(record, key)) if not isinstance(each, dict)]):
            return False
    return True


def below(record: object, key: str) -> list[object]:
    """What lies under a key, which may be a path with dots, in any split."""
    found: list[object] = []
    if not isinstance(record, dict):
        return found
    for name, value in record.items():
        if name == key:
            found.append(value)
        elif key.startswith(name + "."):
            for each in flat([value]):
                found += below(each, key[len(name) + 1 :])
    return found


def flat(values: list[object]) -> list[object]:
    """Arrays replaced by their elements, all the way down."""
    result: list[object] = []
    for value in values:
        result += flat(value) if isinstance(value, list) else [value]
    return result


def array_passes(elements: list[object], leaves: list[object]) -> bool:
    """Whether any element accepts any leaf; without leaves only ``exists: false`` does."""
    if not leaves:
        return any(element == {"exists": False} for element in elements)
    return any(accepts(element, leaf) for element in elements for leaf in leaves)


def accepts(element: object, leaf: object) -> bool:
    """One element, one leaf."""
    if not isinstance(element, dict):
        return kind(element) == kind(leaf) and element == leaf
    ((operator, operand),) = element.items()
    if operator == "exists":
        return bool(operand)
    if operator == "anything-but":
        if isinstance(operand, dict):
            ((inner, parts),) = operand.items()
            return not any(accepts({inner: part}, leaf) for part in (parts if isinstance(parts, list) else [parts]))
        return not any(accepts(value, leaf) for value in (operand if isinstance(operand, list) else [operand]))
    if operator == "numeric":
        return kind(leaf) == "number" and numbers_hold(operand, leaf)
    return isinstance(leaf, str) and text_passes(operator, operand, leaf)


def kind(value: object) -> str:
    """JSON's type of a scalar."""
    if value is None or isinstance(value, bool):
        return repr(value)
    return "number" if isinstance(value, int | float) else "string"


def numbers_hold(operand: list[object], leaf: object) -> bool:
    """Every comparison of the list, by its own operator."""
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(eval(f"leaf {'==' if op == '=' else op} bound", {"leaf": leaf, "bound": bound}) for op, bound in pairs)


def text_passes(operator: str, operand: object, leaf: str) -> bool:
    """The operators that look at strings."""
    if isinstance(operand, dict):
        operand, leaf = operand["equals-ignore-case"].lower(), leaf.lower()
    assert isinstance(operand, str)
    if operator == "prefix":
        return leaf[: len(operand)] == operand
    if operator == "suffix":
        return operand == "" or leaf[-len(operand) :] == operand
    if operator == "equals-ignore-case":
        return leaf.lower() == operand.lower()
    if operator == "wildcard":
        return wildcard_passes(operand, leaf)
    assert operator == "cidr"
    try:
        return ipaddress.ip_address(leaf) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


def wildcard_passes(pattern: str, leaf: str) -> bool:
    """A backslash takes the next character as it is."""
    return backtrack(re.findall(r"\\.|.", pattern, re.DOTALL), leaf)


def backtrack(tokens: list[str], leaf: str) -> bool:
    """The textbook's way: a star takes nothing, or one character and stays."""
    if not tokens:
        return not leaf
    if tokens[0] == "*":
        return backtrack(tokens[1:], leaf) or (bool(leaf) and backtrack(tokens, leaf[1:]))
    return bool(leaf) and leaf[0] == tokens[0][-1] and backtrack(tokens[1:], leaf[1:])
