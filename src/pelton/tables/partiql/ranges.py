"""Which rows a SELECT has to look at, and in which order: ranges of keys instead of the whole table.

A condition that gives every partition attribute by ``=`` or ``IN`` makes one range for each combination of values;
sort attributes narrow them, ``=`` and ``IN`` from left to right, then one comparison. Anything else reads all rows.
Without ORDER BY rows come in the order of their storage keys; with it by partition or by sort key, over all ranges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain, product

from pelton.errors import ValidationFailed
from pelton.expressions.key_condition import KeyConditions, check_not_empty
from pelton.expressions.key_condition_terms import KeyTerm
from pelton.items.keys import HASH_SIZE, KeyRange
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.items.types import AttributeValue
from pelton.items.values import canonical_value
from pelton.storage.change import StoredItem
from pelton.storage.transaction import Snapshot
from pelton.tables.partiql.planning import equality, terms_of
from pelton.tables.partiql.syntax import Between, Call, Comparison, Condition, In, Literal, Reference
from pelton.tables.row_requests import Rows

#: Values that IN can give a partition key.
PARTITION_VALUES_MAX = 50


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A range of keys of one partition, or all keys."""

    lower: bytes
    upper: bytes | None
    prefix: bytes = b""  #: what all keys of the partition begin with


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be read for a condition."""

    stretches: tuple[Stretch, ...]
    is_whole: bool  #: all rows are read
    is_exact: bool = False  #: the stretches hold nothing but what the condition asks for


@dataclass(frozen=True, slots=True)
class Order:
    """How rows follow each other."""

    is_descending: bool = False
    by_sort_key: bool = False  #: over all partitions; else partition after partition
    by_partition_key: bool = False  #: partitions by their values; else by their hashes


def plan_of(schema: KeySchema, where: Condition | None) -> Plan:
    """The ranges for a condition on rows with that key schema.

    Raises:
        ValidationFailed: a value for a key is not of its type, or IN has too many.
    """
    terms = terms_of(where)
    used: list[Condition] = []
    options: list[tuple[KeyTerm, ...]] = []
    for place, attribute in enumerate(schema.attributes):
        is_partition = place < len(schema.partition)
        found = _options(terms, attribute, PARTITION_VALUES_MAX if is_partition else None)
        if found is None and not is_partition:
            found = _comparison(terms, attribute)
        if found is None:
            if is_partition:
                return Plan((Stretch(b"", None),), is_whole=True, is_exact=not terms)
            break
        used.append(found[0])
        options.append(found[1])
        if found[1] and found[1][0].operator != "=":
            break
    names = [attribute.name for attribute in schema.attributes]
    stretches = {_stretch(schema, names, combination) for combination in product(*options)}
    return Plan(tuple(sorted(stretches, key=_lower)), is_whole=False, is_exact=len(used) == len(terms))


def rows_in_order(
    snapshot: Snapshot, rows: Rows, plan: Plan, order: Order, after: bytes | None
) -> Iterator[StoredItem]:
    """The plan's rows, those after that position.

    Raises:
        ValidationFailed: the position lies in none of the plan's ranges.
    """
    if after is not None and not any(_holds(stretch, after) for stretch in plan.stretches):
        raise ValidationFailed("Invalid NextToken")
    if order.by_sort_key:
        return _merged(snapshot, rows, plan.stretches, order, after)
    ordered = sorted(plan.stretches, key=_value if order.by_partition_key else _lower, reverse=order.is_descending)
    if after is not None:
        first = next(place for place, stretch in enumerate(ordered) if _holds(stretch, after))
        ordered = [_rest(ordered[first], after, order.is_descending), *ordered[first + 1 :]]
    return _chained(snapshot, rows, ordered, order)


def _merged(
    snapshot: Snapshot, rows: Rows, stretches: Sequence[Stretch], order: Order, after: bytes | None
) -> Iterator[StoredItem]:
    """Rows of several partitions by their sort keys; of equal ones those of an earlier partition come first."""
    prefixes = sorted({stretch.prefix for stretch in stretches})
    own = next((prefix for prefix in prefixes if after is not None and after.startswith(prefix)), b"")
    sources = []
    for prefix in prefixes:
        parts = sorted(
            (stretch for stretch in stretches if stretch.prefix == prefix), key=_lower, reverse=order.is_descending
        )
        if after is not None:
            # What follows the position here; an equal sort key is due still, or has been shown with the others.
            is_due = prefix < own if order.is_descending else prefix > own
            place = prefix + after[len(own) :]
            parts = [part for part in (_beyond(part, place, order.is_descending, is_due) for part in parts) if part]
        sources.append(_sorted_by_key(prefix, _chained(snapshot, rows, parts, order)))
    ordered = merge(*sources, key=lambda found: found[:2], reverse=order.is_descending)
    return (row for _, _, row in ordered)


def _sorted_by_key(prefix: bytes, found: Iterator[StoredItem]) -> Iterator[tuple[bytes, bytes, StoredItem]]:
    """Rows of a partition with what orders them among all."""
    return ((row.key[len(prefix) :], prefix, row) for row in found)


def _chained(snapshot: Snapshot, rows: Rows, stretches: Sequence[Stretch], order: Order) -> Iterator[StoredItem]:
    return chain.from_iterable(
        rows.within(snapshot, KeyRange(stretch.lower, stretch.upper), is_descending=order.is_descending)
        for stretch in stretches
    )


def _beyond(stretch: Stretch, place: bytes, is_descending: bool, is_due: bool) -> Stretch | None:
    """The part of a stretch that follows a place, with the place itself when that is due; None: nothing."""
    edge = place + b"\x00" if is_descending == is_due else place
    if is_descending:
        upper = edge if stretch.upper is None else min(edge, stretch.upper)
        return Stretch(stretch.lower, upper, stretch.prefix) if stretch.lower < upper else None
    lower = max(edge, stretch.lower)
    return Stretch(lower, stretch.upper, stretch.prefix) if stretch.upper is None or lower < stretch.upper else None


def _rest(stretch: Stretch, after: bytes, is_descending: bool) -> Stretch:
    left = KeyRange(stretch.lower, stretch.upper).beyond(after, is_descending=is_descending)
    return Stretch(left.lower, left.upper, stretch.prefix)


def _holds(stretch: Stretch, position: bytes) -> bool:
    return stretch.lower <= position and (stretch.upper is None or position < stretch.upper)


def _lower(stretch: Stretch) -> bytes:
    return stretch.lower


def _value(stretch: Stretch) -> bytes:
    """Orders stretches by the values of their keys: the hash in front left out."""
    return stretch.lower[HASH_SIZE:]


def _stretch(schema: KeySchema, names: Sequence[str], combination: Sequence[KeyTerm]) -> Stretch:
    condition = KeyConditions(dict(zip(names, combination, strict=False))).bind(schema)
    lower, upper = condition.range()
    return Stretch(lower, upper, condition.partition().lower)


def _options(
    terms: Sequence[Condition], attribute: KeyAttribute, values_max: int | None
) -> tuple[Condition, tuple[KeyTerm, ...]] | None:
    """The first term that gives a key attribute its values, and the values."""
    for term in terms:
        match term:
            case In(Reference((str(name),)), given) if name == attribute.name:
                values = [option.value for option in given if isinstance(option, Literal)]
                if len(values) < len(given):
                    continue
            case _:
                equal = equality(term)
                if equal is None or equal[0] != attribute.name:
                    continue
                values = [equal[1]]
        if values_max is not None and len(values) > values_max:
            raise ValidationFailed(f"IN takes at most {values_max} values for a partition key")
        return term, tuple(_key_term(attribute.name, "=", (value,)) for value in values)
    return None


def _comparison(terms: Sequence[Condition], attribute: KeyAttribute) -> tuple[Condition, tuple[KeyTerm, ...]] | None:
    """The first term that makes a range of a sort attribute's values."""
    operator: str
    operands: tuple[AttributeValue, ...]
    for term in terms:
        match term:
            case Comparison("<" | "<=" | ">" | ">=" as sign, Reference((str(name),)), Literal(value)):
                operator, operands = sign, (value,)
            case Between(Reference((str(name),)), Literal(low), Literal(high)):
                operator, operands = "BETWEEN", (low, high)
            case Call("begins_with", (Reference((str(name),)), Literal(value))) if not value.keys().isdisjoint("SB"):
                operator, operands = "begins_with", (value,)
            case _:
                continue
        if name == attribute.name:
            return term, (_key_term(name, operator, operands),)
    return None


def _key_term(name: str, operator: str, operands: tuple[AttributeValue, ...]) -> KeyTerm:
    term = KeyTerm(operator, tuple(map(canonical_value, operands)))
    check_not_empty(name, term)
    return term
