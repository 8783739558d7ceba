"""ExpressionAttributeNames and -Values of one request: their checks, and which are used.

The steps are functions of their own, for the operations call them in this order:

1. ``check_not_mixed``        legacy and expression members in one request
2. ``check_needed``           names or values without any expression
3. ``parameters``             names: empty, bad keys; then values: empty, bad keys, bad values
4. ``check_sizes``            no expression over 4096 bytes (``parse_...`` checks its own, too)
5. ``parse_...``              Update, Condition, KeyCondition, Filter, Projection
6. ``Parameters.check_all_used``   names first, then values

Source: DynamoDB developer guide, "Expression attribute names" and "values"; recorded texts.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from enum import Enum
from typing import Any

from pelton.errors import ValidationFailed
from pelton.expressions.faults import ExpressionFault, ExpressionKind
from pelton.expressions.parser import check_size
from pelton.expressions.syntax import Parsed
from pelton.items.types import AttributeValue, Item
from pelton.items.values import ImpossibleContent, NestedTooDeep, measured_value

#: Characters of a placeholder, its ``#`` or ``:`` included, at most.
PLACEHOLDER_LENGTH_MAX = 255
#: Bytes of all names and values together, at most.
SUBSTITUTIONS_SIZE_MAX = 2 * 1024 * 1024
#: Names and values of a shape that is kept, at most, and characters of its names.
_SHAPE_ENTRIES_MAX = 32
_SHAPE_LENGTH_MAX = 2048

_NAME_KEY = re.compile(r"#[A-Za-z0-9_]+\Z")
_VALUE_KEY = re.compile(r":[A-Za-z0-9_]+\Z")


class ContentFaults(Enum):
    """How an empty set, a set with duplicates or a NULL that is not true in the values is told."""

    WRAPPED = "wrapped"  #: as a fault of ExpressionAttributeValues, with the value's key
    BARE = "bare"  #: as the value's own fault: what UpdateItem does


class Parameters:
    """Names and values for the placeholders of a request's expressions, and a count of which are used."""

    __slots__ = ("_used", "names", "values")

    def __init__(
        self, names: Mapping[str, str] | None = None, values: Mapping[str, AttributeValue] | None = None
    ) -> None:
        """Names and values as they are: valid, and values canonical. Requests go through ``parameters``."""
        self.names: Mapping[str, str] = names or {}
        self.values: Mapping[str, AttributeValue] = values or {}
        self._used: list[Parsed[Any]] = []

    @property
    def shape(self) -> Hashable | None:
        """What ``shape_of`` says of them."""
        return shape_of(self.names, self.values)

    def use(self, parsed: Parsed[Any]) -> None:
        """An expression of the request uses its placeholders, defined or not."""
        self._used.append(parsed)

    def check_all_used(self) -> None:
        """Every name and every value given is in some expression; call it when all are parsed.

        Raises:
            ExpressionFault: some are not.
        """
        used: frozenset[str] = frozenset().union(*(parsed.placeholders for parsed in self._used))
        _check_used("ExpressionAttributeNames", self.names, used)
        _check_used("ExpressionAttributeValues", self.values, used)


def shape_of(names: Mapping[str, str] | None, values: Mapping[str, AttributeValue] | None) -> Hashable | None:
    """All of a request's names and values but what the values hold: names, and the values' placeholders and types.

    Two requests whose text and shape are the same bind alike, values apart. None when it is too large to keep.
    """
    names, values = names or {}, values or {}
    if len(names) + len(values) > _SHAPE_ENTRIES_MAX or sum(map(len, names.values())) > _SHAPE_LENGTH_MAX:
        return None
    return tuple(names.items()), tuple([(key, *value) for key, value in values.items()])


def check_not_mixed(legacy: Mapping[str, object], expressions: Mapping[str, object]) -> None:
    """A request has legacy members or expressions, never both.

    Args:
        legacy: the operation's legacy members by name, None where absent, in the order to tell them.
        expressions: its expressions likewise.

    Raises:
        ExpressionFault: it has both.
    """
    given = [name for name, member in legacy.items() if member is not None]
    others = [name for name, member in expressions.items() if member is not None]
    if given and others:
        raise ExpressionFault(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(given)}}} Expression parameters: {{{', '.join(others)}}}"
        )


def check_needed(names: object, values: object, expressions: Mapping[str, str | None]) -> None:
    """Names come only with an expression, and values with one that can have some.

    Args:
        names: the request's ExpressionAttributeNames, None when absent.
        values: its ExpressionAttributeValues, None when absent.
        expressions: all expressions the operation knows, by member name, None where absent.

    Raises:
        ExpressionFault: there is none.
    """
    if names is not None and all(text is None for text in expressions.values()):
        raise ExpressionFault("ExpressionAttributeNames can only be specified when using expressions")
    # A projection has no values.
    with_values = {name: text for name, text in expressions.items() if name != "ProjectionExpression"}
    if values is not None and all(text is None for text in with_values.values()):
        verb = "is" if len(with_values) == 1 else "are"
        raise ExpressionFault(
            "ExpressionAttributeValues can only be specified when using expressions: "
            f"{' and '.join(with_values)} {verb} null"
        )


def parameters(
    names: Mapping[str, str] | None, values: Item | None, content_faults: ContentFaults = ContentFaults.WRAPPED
) -> Parameters:
    """The parameters of a request, checked, its values canonical.

    Args:
        names: ExpressionAttributeNames, None when absent.
        values: ExpressionAttributeValues, None when absent.
        content_faults: how faults of sets and NULL are told; BARE for UpdateItem.

    Raises:
        ExpressionFault: empty, or a bad key.
        ValidationFailed: a bad value.
    """
    if names is None and values is None:
        return Parameters()
    if names is not None:
        _check_names(names)
    if values is not None:
        _check_keys("ExpressionAttributeValues", values, _VALUE_KEY)
    return known_parameters(names, values, content_faults)


def known_parameters(names: Mapping[str, str] | None, values: Item | None, content_faults: ContentFaults) -> Parameters:
    """As ``parameters``, where another request of the same shape has passed it: what the values hold is checked alone.

    Raises:
        ExpressionFault: names and values are too large.
        ValidationFailed: a bad value.
    """
    size = sum(map(len, names.values())) if names else 0
    canonical: Item = {}
    for key, value in values.items() if values else ():
        canonical[key], value_bytes = _checked_value(key, value, content_faults)
        size += value_bytes
    if size > SUBSTITUTIONS_SIZE_MAX:
        raise ExpressionFault("Expression attribute names and values have exceeded the maximum allowed size of 2 MB")
    return Parameters(names, canonical)


def check_sizes(expressions: Mapping[ExpressionKind, str | None]) -> None:
    """No expression is longer than 4096 bytes; told before any is parsed.

    Raises:
        ExpressionFault: one is; the first in the given order.
    """
    for kind, text in expressions.items():
        if text is not None:
            check_size(kind, text)


def _check_names(names: Mapping[str, str]) -> None:
    _check_keys("ExpressionAttributeNames", names, _NAME_KEY)
    for key, name in names.items():
        if not name:
            raise ExpressionFault(
                f"ExpressionAttributeNames contains invalid value: Empty attribute name for key {key}"
            )


def _check_keys(member: str, given: Iterable[str], pattern: re.Pattern[str]) -> None:
    if not given:
        raise ExpressionFault(f"{member} must not be empty")
    for key in given:
        if len(key) > PLACEHOLDER_LENGTH_MAX or not pattern.match(key):
            raise ExpressionFault(f'{member} contains invalid key: Syntax error; key: "{key}"')


def _checked_value(key: str, value: AttributeValue, content_faults: ContentFaults) -> tuple[AttributeValue, int]:
    """The canonical value and its size; its fault names the key."""
    try:
        return measured_value(value)
    except NestedTooDeep:
        raise
    except ImpossibleContent as fault:
        if content_faults is ContentFaults.BARE:
            raise
        raise ImpossibleContent(_invalid_value(key, fault)) from fault
    except ValidationFailed as fault:
        raise ValidationFailed(_invalid_value(key, fault)) from fault


def _invalid_value(key: str, fault: ValidationFailed) -> str:
    return f"ExpressionAttributeValues contains invalid value: {fault.message} for key {key}"


def _check_used(member: str, given: Mapping[str, object], used: frozenset[str]) -> None:
    if used.issuperset(given):
        return
    unused = [key for key in given if key not in used]
    if unused:
        raise ExpressionFault(f"Value provided in {member} unused in expressions: keys: {{{', '.join(unused)}}}")
