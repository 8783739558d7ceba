"""What one write does to one item: the change to apply, and what the answer tells about it.

Nothing is applied here. An item equal to the one it replaces is no change: it leaves no row behind.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from pelton.items.types import Item
from pelton.items.values import item_size, items_equal
from pelton.storage.catalog import Table
from pelton.storage.change import Change, IndexChange, StoredItem
from pelton.tables.capacity import Consumption, write_units
from pelton.tables.index_rows import Version, charged_units, index_changes


class Address(NamedTuple):
    """Where an item lies."""

    table: Table
    key: bytes  #: storage key
    keys: Item  #: the key attributes alone, canonical


class Effect:
    """What one write does to one item."""

    __slots__ = ("after", "before", "change")

    def __init__(self, before: StoredItem | None, after: StoredItem | None, change: Change | None = None) -> None:
        self.before = before  #: the item that was there
        self.after = after  #: the item that will be there
        self.change = change  #: None when nothing changes

    def charge(self, consumption: Consumption, factor: float = 1.0) -> None:
        """Add the units of this write; ``factor`` 2 for the table's in a transaction."""
        before_size = 0 if self.before is None else self.before.size
        after_size = 0 if self.after is None else self.after.size
        consumption.table += factor * write_units(before_size, after_size)
        for index_change in () if self.change is None else self.change.index_changes:
            consumption.add_index(index_change.of_index, charged_units(index_change))


def effect_of(
    address: Address,
    before: StoredItem | None,
    after: StoredItem | None,
    after_item: Item | None,
    cause: str | None,
    before_item: Item | None = None,
) -> Effect:
    """The effect of replacing ``before`` by ``after``; either may be None, for no item.

    Args:
        address: of both.
        before: the item as it lies there now.
        after: what shall lie there; ``after_item`` is the same, parsed.
        cause: trace of the request.
        before_item: ``before`` parsed, where that is at hand.
    """
    if before is None and after is None:
        return Effect(None, None)
    if before is not None and after is not None and is_same(before, after, after_item, before_item):
        return Effect(before, before)
    changes: tuple[IndexChange, ...] = ()
    table = address.table
    if table.indexes:
        old = None if before is None else Version(before, before_item or orjson.loads(before.body))
        new = None if after is None or after_item is None else Version(after, after_item)
        changes = index_changes(table, old, new)
    change = Change(
        table=table,
        key=address.key,
        keys=orjson.dumps(address.keys),
        keys_size=item_size(address.keys),
        before=before,
        after=after,
        index_changes=changes,
        cause=cause,
    )
    return Effect(before, after, change)


def is_same(
    before: StoredItem, after: StoredItem, after_item: Item | None = None, before_item: Item | None = None
) -> bool:
    """Whether two stored items hold equal items.

    Stored items are canonical JSON, where equal items differ by the order of members alone: so
    bodies of different lengths are different items, and most comparisons end there.
    """
    if len(before.body) != len(after.body):
        return False
    if before.body == after.body:
        return True
    old, new = before_item or orjson.loads(before.body), after_item or orjson.loads(after.body)
    # Only sets can differ as JSON and be equal; a quote within a text would have a backslash before it.
    return items_equal(old, new) if b'S":[' in before.body else bool(old == new)
