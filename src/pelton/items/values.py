"""Attribute values: equality and order; what ``canonical.py`` makes of them is offered here too.

Equal: same type, sets and maps without order, numbers by value at any depth. Ordered: only S, N and
B, each with its own type: strings by UTF-8 bytes, numbers by value, binaries by unsigned bytes.
Values are canonical (``canonical_item``), so texts of numbers and binaries compare as they are.
Source: DynamoDB developer guide, "Comparison operator and function reference".
"""

from __future__ import annotations

from base64 import b64decode
from decimal import Decimal
from typing import Any

from pelton.items.canonical import (
    ITEM_SIZE_MAX,
    NESTING_MAX,
    ImpossibleContent,
    NestedTooDeep,
    canonical_item,
    canonical_value,
    check_nesting,
    item_size,
    kind_of,
    levels,
    measured_item,
    measured_value,
    value_size,
)
from pelton.items.types import AttributeValue, Item

__all__ = [
    "ITEM_SIZE_MAX",
    "NESTING_MAX",
    "ORDERED",
    "SETS",
    "ImpossibleContent",
    "NestedTooDeep",
    "canonical_item",
    "canonical_value",
    "check_nesting",
    "compare",
    "equal",
    "item_size",
    "items_equal",
    "kind_of",
    "levels",
    "measured_item",
    "measured_value",
    "order_key",
    "value_size",
]

#: Types whose values have an order.
ORDERED = frozenset(("S", "N", "B"))
#: Types whose members have no order.
SETS = frozenset(("SS", "NS", "BS"))


def equal(left: AttributeValue, right: AttributeValue) -> bool:
    """Whether two canonical values are the same value, at any depth."""
    if left == right:
        return True
    for kind, content in left.items():
        other = right.get(kind)
        if other is None or kind in ORDERED:
            return False
        return _contents_equal(kind, content, other)
    return False


def items_equal(left: Item, right: Item) -> bool:
    """Whether two canonical items (or the members of two maps) hold equal values under the same names."""
    if left == right:
        return True
    return left.keys() == right.keys() and all(equal(value, right[name]) for name, value in left.items())


def compare(left: AttributeValue, right: AttributeValue) -> int:
    """Negative, zero or positive as left is before, equal to or after right.

    Args:
        left: a canonical S, N or B.
        right: one of the same type.
    """
    for kind, content in left.items():
        assert kind in ORDERED and kind in right, "only two S, two N or two B have an order"
        first, second = order_key(kind, content), order_key(kind, right[kind])
        return int(first > second) - int(first < second)
    raise AssertionError("an attribute value without a type")


def order_key(kind: str, content: str) -> Any:
    """Something that compares as the content of an S, N or B does, with others of its type."""
    if kind == "S":
        # The order of code points is the order of UTF-8 bytes.
        return content
    if kind == "N":
        return Decimal(content)
    return b64decode(content)


def _contents_equal(kind: str, left: Any, right: Any) -> bool:
    """Equality of two contents of one type that differ as JSON."""
    if kind in SETS:
        return len(left) == len(right) and set(left) == set(right)
    if kind == "M":
        return items_equal(left, right)
    if kind == "L":
        return len(left) == len(right) and all(map(equal, left, right))
    return False
