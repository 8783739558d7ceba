"""Index rows of an item: what a change of the item does to each secondary index of its table.

An item is in an index when it has every key attribute of the index. Its row holds the projected
attributes, those of both keys always among them. Source: developer guide, "Secondary indexes".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import orjson

from pelton.items.key_checks import (
    PARTITION_KEY_SIZE_MAX,
    SORT_KEY_SIZE_MAX,
    IndexKey,
    check_index_keys,
    check_updated_index_keys,
)
from pelton.items.keys import holds_key_value, index_key
from pelton.items.types import Item
from pelton.items.values import ITEM_SIZE_MAX, item_size, items_equal, value_size
from pelton.storage.catalog import Index, Table
from pelton.storage.change import IndexChange, StoredItem
from pelton.tables.capacity import entry_units
from pelton.tables.errors import invalid_parameter


@dataclass(slots=True)
class IndexEffect:
    """What a change of one item does to the indexes, and what the service charges for it."""

    changes: list[IndexChange] = field(default_factory=list)
    units: list[tuple[Index, float]] = field(default_factory=list)


def check_put_keys(table: Table, item: Item) -> None:
    """Refuse an item to put with a value that cannot be a key of one of the indexes.

    Raises:
        ValidationFailed: of several indexes that complain, the alphabetically first is named.
    """
    _check_backfilling(table, item, item.keys())
    check_index_keys(_index_keys(table), item)
    _check_sizes(table, item, item.keys())


def check_updated_keys(table: Table, item: Item, changed: frozenset[str]) -> None:
    """The same for the item an update has made, with UpdateItem's texts; only changed attributes are looked at."""
    _check_backfilling(table, item, changed)
    check_updated_index_keys(_index_keys(table), item, changed)
    _check_sizes(table, item, changed)


def is_too_large_with_entries(table: Table, item: Item, size: int) -> bool:
    """Whether an item of that size and its entries in the local indexes are together larger than an item may be.

    Source: developer guide, "Local secondary indexes", item collections.
    """
    local = [index for index in table.indexes if not index.is_global]
    # No entry is larger than its item: few items need to be measured.
    if size * (1 + len(local)) <= ITEM_SIZE_MAX:
        return False
    entries = [_entry(table, index, item) for index in local]
    return size + sum(item_size(entry.projected) for entry in entries if entry is not None) > ITEM_SIZE_MAX


def projected_names(table: Table, index: Index) -> frozenset[str] | None:
    """Names an index holds; None: all."""
    if index.projection["ProjectionType"] == "ALL":
        return None
    names = {attribute.name for schema in (table.schema, index.schema) for attribute in schema.attributes}
    return frozenset(names.union(index.projection.get("NonKeyAttributes", ())))


def index_effect(table: Table, before: Item | None, after: Item | None, stored_after: StoredItem | None) -> IndexEffect:
    """What changes in each index when the item changes.

    Args:
        before: the item before, None when there was none.
        after: the item after, None when it goes.
        stored_after: ``after`` as it will be stored, whose body an index that projects ALL shares.
    """
    effect = IndexEffect()
    for index in table.indexes:
        old = None if before is None else _entry(table, index, before)
        new = None if after is None else _entry(table, index, after)
        _compare(effect, table, index, old, new, stored_after)
    return effect


def index_entries(table: Table, index: Index, item: StoredItem) -> StoredItem | None:
    """The row of a stored item in an index, None when it is not in it: for filling a new index."""
    entry = _entry(table, index, orjson.loads(item.body))
    return None if entry is None else _row(table, index, entry, item)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An item as an index sees it."""

    key: bytes
    projected: Item


def _entry(table: Table, index: Index, item: Item) -> _Entry | None:
    key = index_key(index.schema, table.schema, item)
    # Encoded, no value is shorter: a key that is short as a whole has no part that is too long.
    if key is None or (len(key) > SORT_KEY_SIZE_MAX and _too_long(index, item, item.keys())):
        return None
    names = projected_names(table, index)
    return _Entry(key, item if names is None else {name: value for name, value in item.items() if name in names})


def _row(table: Table, index: Index, entry: _Entry, stored: StoredItem | None) -> StoredItem:
    if stored is not None and projected_names(table, index) is None:
        return StoredItem(key=entry.key, body=stored.body, size=stored.size)
    return StoredItem(key=entry.key, body=orjson.dumps(entry.projected), size=item_size(entry.projected))


def _compare(  # The two states of one index entry, and where they belong.
    effect: IndexEffect, table: Table, index: Index, old: _Entry | None, new: _Entry | None, stored: StoredItem | None
) -> None:
    is_moved = old is not None and (new is None or new.key != old.key)
    if old is None and new is None:
        return
    if old is not None and new is not None and not is_moved and items_equal(old.projected, new.projected):
        return
    old_size = 0 if old is None else item_size(old.projected)
    put = None if new is None else _row(table, index, new, stored)
    remove = old.key if old is not None and is_moved else None
    effect.changes.append(IndexChange(index=index, remove=remove, put=put))
    new_size = 0 if put is None else put.size
    if is_moved and put is not None:
        effect.units.append((index, entry_units(old_size) + entry_units(new_size)))
    else:
        effect.units.append((index, entry_units(max(old_size, new_size))))


def _index_keys(table: Table) -> list[IndexKey]:
    return [IndexKey(index.name, index.schema) for index in table.indexes]


def _check_backfilling(table: Table, item: Item, names: Collection[str]) -> None:
    """An index that is being created refuses values of another type in words of its own."""
    filling = table.definition.get("Backfills")
    if not filling:
        return
    for index in table.indexes:
        if index.name in filling and any(
            attribute.name in names and attribute.name in item and not holds_key_value(attribute, item[attribute.name])
            for attribute in index.schema.attributes
        ):
            raise invalid_parameter("Schema violation against backfilling index")


def _check_sizes(table: Table, item: Item, names: Collection[str]) -> None:
    """Index keys are bounded as table keys are; the service's own text is not known."""
    for index in table.indexes:
        if (size_max := _too_long(index, item, names)) is not None:
            raise invalid_parameter(
                f"Size of a secondary index key is beyond allowed size limits of {size_max} bytes. "
                f"IndexName: {index.name}"
            )


def _too_long(index: Index, item: Item, names: Collection[str]) -> int | None:
    """The bound that a part of an index key exceeds; a part in which none of the names occurs is not looked at."""
    for attributes, size_max in (
        (index.schema.partition, PARTITION_KEY_SIZE_MAX),
        (index.schema.sort, SORT_KEY_SIZE_MAX),
    ):
        if not any(attribute.name in names for attribute in attributes):
            continue
        values = [item[attribute.name] for attribute in attributes if attribute.name in item]
        if sum(map(value_size, values)) > size_max:
            return size_max
    return None
