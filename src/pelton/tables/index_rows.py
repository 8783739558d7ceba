"""Index rows of an item: what a change of the item does to each secondary index of its table.

An item is in an index when it has every key attribute of the index. Its row holds the projected
attributes, those of both keys always among them. Source: developer guide, "Secondary indexes".
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import repeat
from typing import NamedTuple

import orjson

from pelton.items.key_checks import (
    PARTITION_KEY_SIZE_MAX,
    SORT_KEY_SIZE_MAX,
    IndexKey,
    check_index_keys,
    check_updated_index_keys,
    have_plain_values,
)
from pelton.items.keys import holds_key_value, storage_key
from pelton.items.types import Item
from pelton.items.values import ITEM_SIZE_MAX, item_size, items_equal, value_size
from pelton.storage.catalog import Index, Table, projected_names
from pelton.storage.change import IndexChange, StoredItem
from pelton.tables.capacity import entry_units
from pelton.tables.errors import invalid_parameter


def check_put_keys(table: Table, item: Item) -> None:
    """Refuse an item to put with a value that cannot be a key of one of the indexes.

    Raises:
        ValidationFailed: of several indexes that complain, the alphabetically first is named.
    """
    if have_plain_values(table.index_attributes, item):
        return
    _check_backfilling(table, item, item.keys())
    check_index_keys(_index_keys(table), item)
    _check_sizes(table, item, item.keys())


def check_updated_keys(table: Table, item: Item, before: Item | None) -> None:
    """The same for the item an update has made, with UpdateItem's texts; only changed attributes are looked at."""
    if have_plain_values(table.index_attributes, item):
        return
    changed = frozenset(name for name, value in item.items() if before is None or before.get(name) != value)
    _check_backfilling(table, item, changed)
    check_updated_index_keys(_index_keys(table), item, changed)
    _check_sizes(table, item, changed)


def is_too_large_with_entries(table: Table, item: Item, size: int) -> bool:
    """Whether an item of that size and its entries in the local indexes are together larger than an item may be.

    Source: developer guide, "Local secondary indexes", item collections.
    """
    # No entry is larger than its item: few items need to be measured.
    if size * (1 + len(table.indexes)) <= ITEM_SIZE_MAX:
        return False
    version = Version(StoredItem(storage_key(table.schema, item), b"", size), item)
    for index, names in zip(table.indexes, table.projected, strict=True):
        if not index.is_global and _key(index, version) is not None:
            size += item_size(_projected(names, item))
    return size > ITEM_SIZE_MAX


class Version(NamedTuple):
    """An item before or after a change."""

    stored: StoredItem
    item: Item  #: the same, parsed


def index_changes(table: Table, before: Version | None, after: Version | None) -> tuple[IndexChange, ...]:
    """What changes in each index when the item changes.

    Args:
        table: of the item.
        before: the item before, None when there was none.
        after: an item that differs from it, None when it goes.
    """
    changes = map(_change, table.indexes, table.projected, repeat(before), repeat(after))
    return tuple([change for change in changes if change is not None])


def charged_units(change: IndexChange) -> float:
    """What the service charges for the change of one index: a row that moves is removed and written."""
    old_size = change.old_size or 0
    new_size = 0 if change.put is None else change.put.size
    if change.remove is not None and change.put is not None:
        return entry_units(old_size) + entry_units(new_size)
    return entry_units(max(old_size, new_size))


def index_entries(table: Table, index: Index, item: StoredItem) -> StoredItem | None:
    """The row of a stored item in an index, None when it is not in it: for filling a new index."""
    version = Version(item, orjson.loads(item.body))
    key = _key(index, version)
    return None if key is None else _row(projected_names(table.schema, index), key, version)


def _change(
    index: Index, names: frozenset[str] | None, before: Version | None, after: Version | None
) -> IndexChange | None:
    """The change of one index, whose rows hold attributes of these names; None: its row stays as it is."""
    old_key = None if before is None else _key(index, before)
    if before is not None and after is not None and _have_same_key(index, before.item, after.item):
        new_key = old_key
    else:
        new_key = None if after is None else _key(index, after)
    old = None if old_key is None or before is None else _row(names, old_key, before)
    new = None if new_key is None or after is None else _row(names, new_key, after)
    if old is None:
        return None if new is None else IndexChange(index, None, new, None)
    if new is None or old_key != new_key:
        return IndexChange(index, old_key, new, old.size)
    # Two versions differ: so do their rows, where these hold all of them.
    if names is not None and (old.body == new.body or items_equal(orjson.loads(old.body), orjson.loads(new.body))):
        return None
    return IndexChange(index, None, new, old.size)


def _key(index: Index, version: Version) -> bytes | None:
    """The storage key of an item's row in the index; None when the index does not hold the item."""
    item = version.item
    for attribute in index.schema.attributes:
        value = item.get(attribute.name)
        if value is None or not value.get(attribute.type):
            return None
    key = storage_key(index.schema, item) + version.stored.key
    # Encoded, no value is shorter: a key that is short as a whole has no part that is too long.
    return None if len(key) > SORT_KEY_SIZE_MAX and _too_long(index, item, item.keys()) else key


def _have_same_key(index: Index, before: Item, after: Item) -> bool:
    return all(before.get(each.name) == after.get(each.name) for each in index.schema.attributes)


def _row(names: frozenset[str] | None, key: bytes, version: Version) -> StoredItem:
    """The row under that key in an index that holds attributes of these names; None: the item whole."""
    stored, item = version
    if names is None:
        return StoredItem(key, stored.body, stored.size)
    projected = _projected(names, item)
    return StoredItem(key, orjson.dumps(projected), item_size(projected))


def _projected(names: frozenset[str] | None, item: Item) -> Item:
    return item if names is None else {name: value for name, value in item.items() if name in names}


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
