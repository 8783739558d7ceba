"""Filling a new index from its table: in small steps, each in a group commit of its own.

How far it has come stands in the table's definition, stored in the same transaction as the rows it
added: after a crash it goes on from there. Writes that come meanwhile keep the index themselves;
an item that cannot be in the index (its value has another type) is passed over.
Source: developer guide, "Managing Global Secondary Indexes", phases of an index creation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from pelton.clock import Clock
from pelton.operations import JsonObject
from pelton.storage.catalog import Index, Table
from pelton.storage.change import StoredItem
from pelton.storage.engine import Storage
from pelton.storage.transaction import WriteTransaction
from pelton.tables.index_rows import index_entries
from pelton.tables.stepping import Stepping

#: Member of a definition: where the backfill of each index being created stands, by its name. None: it has not
#: begun; else the last storage key that was looked at, in hexadecimal, empty before the first.
BACKFILLS = "Backfills"
#: Items of one step.
STEP_ITEMS = 500


def is_backfilling(table: Table, index: Index) -> bool:
    """Whether the index is still being created: it cannot be read yet."""
    return BACKFILLS in table.definition and index.name in table.definition[BACKFILLS]


def has_begun(table: Table, index: Index) -> bool:
    """Whether the backfill of an index that is being created has come to look at items."""
    return table.definition[BACKFILLS][index.name] is not None


def status_of(table: Table) -> str:
    """TableStatus: UPDATING from the creation of an index until its backfill begins; then the table is ACTIVE again.

    Source: developer guide, "Managing Global Secondary Indexes", phases of an index creation.
    """
    is_allocating = any(position is None for position in table.definition.get(BACKFILLS, {}).values())
    return "UPDATING" if is_allocating and table.status == "ACTIVE" else table.status


def expected_rows(table: Table, index: Index) -> Callable[[StoredItem], StoredItem | None] | None:
    """For the check of a folder: the row that an item has in the index; None while the index is being filled."""
    return None if is_backfilling(table, index) else partial(index_entries, table, index)


def begin_backfill(definition: JsonObject, index_name: str) -> None:
    """Note in a definition that the index has to be filled."""
    definition[BACKFILLS] = {**definition.get(BACKFILLS, {}), index_name: None}


def begin_at_once(definition: JsonObject, index_name: str) -> None:
    """Note in a definition that the backfill begins without a time of allocation: the table stays ACTIVE.

    For a table that one step fills: whoever waits until it is ACTIVE, as boto3's ``table_exists`` does with 20 s
    between its looks, would wait for nothing.
    """
    definition[BACKFILLS] = {**definition[BACKFILLS], index_name: ""}


def without_backfill(definition: JsonObject, index_name: str) -> None:
    """Note in a definition that the index has not to be filled any more."""
    backfills = {name: position for name, position in definition.get(BACKFILLS, {}).items() if name != index_name}
    definition.pop(BACKFILLS, None)
    if backfills:
        definition[BACKFILLS] = backfills


def backfill_step(transaction: WriteTransaction, tables: Sequence[Table]) -> bool:
    """Fill a bounded part of the first index among these tables that needs it; whether there was one."""
    for table in tables:
        for index in table.indexes:
            if is_backfilling(table, index):
                _fill(transaction, table, index)
                return True
    return False


def _fill(transaction: WriteTransaction, table: Table, index: Index) -> None:
    position = table.definition[BACKFILLS][index.name]
    # No key is a prefix of another: this is the first key after the position.
    lower = b"" if not position else bytes.fromhex(position) + b"\x00"
    items = list(islice(transaction.items(table, None, lower=lower, upper=None), STEP_ITEMS))
    transaction.fill_index(index, _entries(table, index, items))
    definition = dict(table.definition)
    if len(items) < STEP_ITEMS:
        without_backfill(definition, index.name)
    else:
        definition[BACKFILLS] = {**definition[BACKFILLS], index.name: items[-1].key.hex()}
    transaction.replace_table(replace(table, definition=definition))


def _entries(table: Table, index: Index, items: Sequence[StoredItem]) -> list[StoredItem]:
    entries = (index_entries(table, index, item) for item in items)
    return [entry for entry in entries if entry is not None]


class Backfilling(Stepping):
    """Fills indexes for as long as one needs it: from ``start``, and from each ``wake``."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        super().__init__(storage, clock, _step, what="filling an index")


def _step(transaction: WriteTransaction) -> bool:
    return backfill_step(transaction, transaction.all_tables())
