"""A second, slow evaluator of conditions, written from the rules alone: it shares no code with the first."""

from __future__ import annotations

from base64 import b64decode
from decimal import Decimal
from typing import Any

from pelton.expressions.syntax import And, Between, Call, Comparison, In, Not, Or, Path, Value

Found = tuple[str, Any] | None  #: type and Python value; None: missing


def plain(value: dict[str, Any]) -> tuple[str, Any]:
    """A wire value as its type and something that compares as DynamoDB does."""
    ((kind, content),) = value.items()
    if kind == "S":
        return kind, content.encode()
    if kind == "N":
        return kind, Decimal(content)
    if kind == "B":
        return kind, b64decode(content)
    if kind in ("SS", "NS", "BS"):
        return kind, frozenset(plain({kind[0]: member})[1] for member in content)
    if kind == "L":
        return kind, [plain(element) for element in content]
    if kind == "M":
        return kind, {name: plain(member) for name, member in content.items()}
    return kind, content


def find(operand: Any, item: dict[str, Any], values: dict[str, Any]) -> Found:
    if isinstance(operand, Value):
        return plain(values[operand.name])
    if isinstance(operand, Call):
        assert operand.function == "size"
        found = find(operand.arguments[0], item, values)
        if found is None or found[0] in ("N", "BOOL", "NULL"):
            return None
        return "N", Decimal(len(found[1].decode()) if found[0] == "S" else len(found[1]))
    assert isinstance(operand, Path)
    here: Any = {"M": item}
    for element in operand.elements:
        content = here.get("M" if isinstance(element, str) else "L")
        if isinstance(content, dict):
            here = content.get(element)
        else:
            here = content[element] if content is not None and int(element) < len(content) else None
        if here is None:
            return None
    return plain(here)


def compared(operator: str, left: Found, right: Found) -> bool:
    if operator in ("=", "<>"):
        is_equal = left is not None and left == right
        return is_equal if operator == "=" else not is_equal
    if left is None or right is None or left[0] != right[0] or left[0] not in "SNB":
        return False
    a, b = left[1], right[1]
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator])


def called(function: str, found: list[Found]) -> bool:
    first = found[0]
    if function == "attribute_exists":
        return first is not None
    if function == "attribute_not_exists":
        return first is None
    second = found[1]
    if first is None or second is None:
        return False
    if function == "attribute_type":
        return bool(first[0] == second[1].decode())
    if function == "begins_with":
        return first[0] == second[0] and first[0] in ("S", "B") and bool(first[1].startswith(second[1]))
    if first[0] in ("S", "B"):
        return first[0] == second[0] and second[1] in first[1]
    if first[0] == "L":
        return second in first[1]
    return first[0] == second[0] + "S" and second[1] in first[1]


def holds(node: Any, item: dict[str, Any], values: dict[str, Any]) -> bool:
    """Whether an item meets a condition."""
    if isinstance(node, Not):
        return not holds(node.condition, item, values)
    if isinstance(node, (And, Or)):
        results = [holds(part, item, values) for part in node.conditions]
        return all(results) if isinstance(node, And) else any(results)
    if isinstance(node, Comparison):
        return compared(node.operator, find(node.left, item, values), find(node.right, item, values))
    if isinstance(node, Between):
        value, low, high = (find(part, item, values) for part in (node.operand, node.low, node.high))
        return compared(">=", value, low) and compared("<=", value, high)
    if isinstance(node, In):
        value = find(node.operand, item, values)
        return any(compared("=", value, find(option, item, values)) for option in node.options)
    return called(node.function, [find(argument, item, values) for argument in node.arguments])
