"""Items by the time at which they expire: an index over one attribute, there only while a table has a TTL.

SQLite keeps the index by itself, from the stored JSON: a write to a table without a TTL costs nothing
more, and there is nothing to keep in step. An item whose attribute is missing or no number is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from pelton.storage.catalog import Table
from pelton.storage.change import StoredItem
from pelton.storage.schema import item_rows
from pelton.storage.transaction import Snapshot, WriteTransaction


def index_expiry(transaction: WriteTransaction, table: Table, attribute: str) -> None:
    """Find the table's items by that attribute from now on; nothing new where that is so already."""
    seconds = _seconds(attribute)
    transaction.change(
        f"CREATE INDEX IF NOT EXISTS {_index(table)} ON {item_rows(table.id)} ({seconds}) WHERE {seconds} IS NOT NULL"
    )


def drop_expiry(transaction: WriteTransaction, table: Table) -> None:
    """Find the table's items by expiry no more."""
    transaction.change(f"DROP INDEX IF EXISTS {_index(table)}")


def expired_items(
    snapshot: Snapshot, table: Table, attribute: str, *, from_s: float, before_s: float, limit: int
) -> Sequence[StoredItem]:
    """Items with from_s <= attribute < before_s, epoch seconds; those that expired first come first.

    The comparison is on 64-bit floats: exact to the microsecond for times of this age.
    """
    seconds = _seconds(attribute)
    rows = snapshot.select(
        f"SELECT key, body, size FROM {item_rows(table.id)} "
        f"WHERE {seconds} IS NOT NULL AND {seconds} >= ? AND {seconds} < ? ORDER BY {seconds} LIMIT ?",
        (from_s, before_s, limit),
    )
    return [StoredItem(key=key, body=body, size=size) for key, body, size in rows]


def _index(table: Table) -> str:
    return f"expiry_{table.id:d}"


def _seconds(attribute: str) -> str:
    """The expression that is indexed; a query must write it in the same way.

    An index's expression cannot have bound values, so the attribute's name is quoted into it: first as
    JSON, as SQLite's paths want it, then as a text of SQL.
    """
    label = orjson.dumps(attribute).decode()
    path = f"$.{label}.N".replace("'", "''")
    return f"CAST(json_extract(CAST(body AS TEXT), '{path}') AS REAL)"
