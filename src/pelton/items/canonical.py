"""What makes an attribute value valid, its one canonical form and its size; all in one walk.

Canonical means: numbers in their one spelling, binaries in their one base64 spelling. Everything
stored is canonical, so most comparisons are comparisons of text. JSON types (a string under ``S``,
a list under ``L``) were checked by the service model; what it cannot say is checked here.
Source: DynamoDB API reference, AttributeValue; developer guide, "Item sizes and formats".
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from pelton.errors import SerializationFailed, ValidationFailed
from pelton.items.numbers import measured_number
from pelton.items.types import AttributeValue, Item

#: Bytes of an item, at most. Source: developer guide, "Quotas".
ITEM_SIZE_MAX = 409_600
#: Bytes of an attribute's name, at most. Source: developer guide, "Quotas".
NAME_SIZE_MAX = 65_535
#: Levels of an attribute value, itself included, at most.
NESTING_MAX = 32

_INVALID = "One or more parameter values were invalid: "
_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
_SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)


class NestedTooDeep(ValidationFailed):
    """An attribute value has more than 32 levels."""

    def __init__(self) -> None:
        super().__init__(
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        )


class ImpossibleContent(ValidationFailed):
    """An empty set, one with duplicates, or NULL false: single writes word these three with an envelope."""


def canonical_item(item: Item) -> Item:
    """The item with every value in canonical form; the very same object when it already is.

    Raises:
        ValidationFailed: a value breaks a rule, in the service's words.
        NestedTooDeep: a value has more than 32 levels.
    """
    return measured_item(item)[0]


def canonical_value(value: AttributeValue) -> AttributeValue:
    """The value in canonical form; raises as ``canonical_item`` does."""
    return measured_value(value)[0]


def item_size(item: Item) -> int:
    """Bytes of a valid item as DynamoDB counts them: UTF-8 names and values."""
    return measured_item(item)[1]


def value_size(value: AttributeValue) -> int:
    """Bytes of a valid value as DynamoDB counts them."""
    return measured_value(value)[1]


def measured_item(item: Item) -> tuple[Item, int]:
    """The canonical item and its size, in one walk; raises as ``canonical_item`` does."""
    size = 0
    replaced: Item | None = None
    for name, value in item.items():
        text = value.get("S")
        if text is not None and len(value) == 1:
            size += len(text) if text.isascii() else _utf8_size(text)
        else:
            canonical, value_bytes = measured_value(value)
            size += value_bytes
            if canonical is not value:
                replaced = replaced or {}
                replaced[name] = canonical
        size += len(name) if name.isascii() else _utf8_size(name)
    if "" in item:
        raise ValidationFailed(_INVALID + "Attribute name must not be empty")
    if size > NAME_SIZE_MAX:
        _check_names(item)
    return (item if replaced is None else {**item, **replaced}), size


def measured_value(value: AttributeValue, level: int = 1) -> tuple[AttributeValue, int]:
    """The canonical value and its size; ``level`` counts from 1 for the value of an attribute."""
    if len(value) != 1:
        raise _shape_fault(value, level)
    for kind, content in value.items():
        measure = _MEASURES.get(kind)
        if measure is None:
            break
        canonical, size = measure(content, level)
        return (value if canonical is content else {kind: canonical}), size
    raise ValidationFailed(_EMPTY)


def check_nesting(item: Item) -> None:
    """Refuse an item with a value of more than 32 levels, e.g. after an update has put one into another.

    Raises:
        NestedTooDeep: it has one.
    """
    for value in item.values():
        if levels(value) > NESTING_MAX:
            raise NestedTooDeep


def levels(value: AttributeValue) -> int:
    """Levels of a value, itself included: 1 for a scalar and for an empty list."""
    if "L" in value:
        return 1 + max(map(levels, value["L"]), default=0)
    if "M" in value:
        return 1 + max(map(levels, value["M"].values()), default=0)
    return 1


def kind_of(value: AttributeValue) -> str:
    """The type letters of a valid value: S, N, B, BOOL, NULL, SS, NS, BS, L or M."""
    for kind in value:
        return kind
    raise AssertionError("an attribute value without a type")


def _utf8_size(text: str) -> int:
    """Bytes of the text in UTF-8."""
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise SerializationFailed("a string holds a surrogate without its other half") from error


def _check_names(item: Item) -> None:
    """No name is too long; the service's own text is not known."""
    if any(_utf8_size(name) > NAME_SIZE_MAX for name in item):
        raise ValidationFailed(_INVALID + f"Attribute name is longer than {NAME_SIZE_MAX} bytes")


def _measure_string(text: str, _: int) -> tuple[str, int]:
    return text, len(text) if text.isascii() else _utf8_size(text)


def _measure_number(text: str, _: int) -> tuple[str, int]:
    return measured_number(text)


def _measure_binary(text: str, _: int) -> tuple[str, int]:
    try:
        raw = b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise SerializationFailed("only base-64-encoded strings are convertible to bytes") from error
    canonical = b64encode(raw).decode()
    return (text if canonical == text else canonical), len(raw)


def _measure_boolean(content: bool, _: int) -> tuple[bool, int]:
    return content, 1


def _measure_null(content: bool, _: int) -> tuple[bool, int]:
    if content is not True:
        raise ImpossibleContent(_INVALID + "Null attribute value types must have the value of true")
    return content, 1


def _measure_strings(texts: list[str], _: int) -> tuple[list[str], int]:
    if not texts:
        raise ImpossibleContent(_INVALID + "An string set  may not be empty")
    if _has_duplicates(texts):
        raise ImpossibleContent(_INVALID + f"Input collection [{', '.join(texts)}] contains duplicates.")
    return texts, sum(map(_utf8_size, texts))


def _measure_numbers(texts: list[str], _: int) -> tuple[list[str], int]:
    if not texts:
        raise ImpossibleContent(_INVALID + "An number set  may not be empty")
    measured = list(map(measured_number, texts))
    canonical = [text for text, _ in measured]
    if _has_duplicates(canonical):
        raise ImpossibleContent("Input collection contains duplicates")
    return (texts if canonical == texts else canonical), sum(size for _, size in measured)


def _measure_binaries(texts: list[str], level: int) -> tuple[list[str], int]:
    if not texts:
        raise ImpossibleContent(_INVALID + "Binary sets should not be empty")
    measured = [_measure_binary(text, level) for text in texts]
    canonical = [text for text, _ in measured]
    if _has_duplicates(canonical):
        raise ImpossibleContent(_INVALID + f"Input collection [{', '.join(texts)}]of type BS contains duplicates.")
    return (texts if canonical == texts else canonical), sum(size for _, size in measured)


def _measure_list(values: list[AttributeValue], level: int) -> tuple[list[AttributeValue], int]:
    size = 3
    changed = False
    canonical: list[AttributeValue] = []
    if level == NESTING_MAX and values:
        raise NestedTooDeep
    for value in values:
        element, element_size = measured_value(value, level + 1)
        changed = changed or element is not value
        canonical.append(element)
        size += 1 + element_size
    return (canonical if changed else values), size


def _measure_map(members: Item, level: int) -> tuple[Item, int]:
    size = 3
    replaced: Item = {}
    if level == NESTING_MAX and members:
        raise NestedTooDeep
    for name, value in members.items():
        member, member_size = measured_value(value, level + 1)
        if member is not value:
            replaced[name] = member
        size += 1 + member_size + (len(name) if name.isascii() else _utf8_size(name))
    if size > NAME_SIZE_MAX:
        _check_names(members)
    return ({**members, **replaced} if replaced else members), size


#: How a value of each type is checked, made canonical and measured; in the service's order of checks.
_MEASURES: Final[Mapping[str, Callable[[Any, int], tuple[Any, int]]]] = MappingProxyType(
    {
        "N": _measure_number,
        "NULL": _measure_null,
        "NS": _measure_numbers,
        "SS": _measure_strings,
        "BS": _measure_binaries,
        "M": _measure_map,
        "L": _measure_list,
        "S": _measure_string,
        "BOOL": _measure_boolean,
        "B": _measure_binary,
    }
)


def _has_duplicates(texts: Collection[str]) -> bool:
    return len(set(texts)) != len(texts)


def _shape_fault(value: AttributeValue, level: int) -> ValidationFailed:
    """What is wrong with a value that has not exactly one member: a fault inside comes first."""
    known = [kind for kind in _MEASURES if kind in value]
    for kind in known:
        _MEASURES[kind](value[kind], level)
    return ValidationFailed(_SEVERAL if len(known) > 1 else _EMPTY)
