"""Copies of tables, as rows: which there are, and what they hold.

A copy holds the items of one moment, and is taken in small steps while the table is written (``taking_copies``). A
RECOVERY copy has a history beside it: every change since, so that any moment since can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from pelton.storage.catalog import Copy, TableId
from pelton.storage.change import StoredItem
from pelton.storage.schema import copy_rows, history_rows
from pelton.storage.transaction import Row, Snapshot

#: What one step copies at most: rows, and bytes as DynamoDB counts them (always one row).
STEP_ROWS = 500
STEP_BYTES = 1 << 20

_COLUMNS = "id, table_id, kind, account, region, arn, created_ms, expires_ms, is_whole, position, detail"


def all_copies(snapshot: Snapshot) -> Sequence[Copy]:
    """Every copy, oldest first."""
    return [_copy(row) for row in snapshot.select(f"SELECT {_COLUMNS} FROM copies ORDER BY id")]


def backups(snapshot: Snapshot, account: str, region: str) -> Sequence[Copy]:
    """The backups of an account and region, oldest first, whatever has become of their tables."""
    sql = f"SELECT {_COLUMNS} FROM copies WHERE account = ? AND region = ? AND arn IS NOT NULL ORDER BY id"
    return [_copy(row) for row in snapshot.select(sql, (account, region))]


def backup(snapshot: Snapshot, arn: str) -> Copy | None:
    """The backup of that ARN."""
    rows = snapshot.select(f"SELECT {_COLUMNS} FROM copies WHERE arn = ?", (arn,))
    return _copy(rows[0]) if rows else None


def copy_by_id(snapshot: Snapshot, copy_id: int) -> Copy:
    """The copy of that id, which exists."""
    return _copy(snapshot.select(f"SELECT {_COLUMNS} FROM copies WHERE id = ?", (copy_id,))[0])


def copies_of(snapshot: Snapshot, table_id: TableId) -> Sequence[Copy]:
    """Backups that are being made of a table, and its RECOVERY copy."""
    sql = f"SELECT {_COLUMNS} FROM copies WHERE table_id = ? AND (NOT is_whole OR kind = 'RECOVERY') ORDER BY id"
    return [_copy(row) for row in snapshot.select(sql, (table_id,))]


def recovery_of(snapshot: Snapshot, table_id: TableId) -> Copy | None:
    """The copy from which a table can be restored to any moment."""
    return next((copy for copy in copies_of(snapshot, table_id) if copy.kind == "RECOVERY"), None)


def step_end(snapshot: Snapshot, rows: str, after: bytes, rows_max: int = STEP_ROWS) -> bytes | None:
    """The last key of a step over an SQL table of rows that begins after that key; None: all the rest is one step."""
    size_left = STEP_BYTES
    sql = f"SELECT key, size FROM {rows} WHERE key > ? ORDER BY key LIMIT ?"
    found = snapshot.select(sql, (after, rows_max + 1))
    for count, (key, size) in enumerate(found, start=1):
        size_left -= size
        if count < len(found) and (count == rows_max or size_left <= 0):
            return bytes(key)
    return None


def copied_items(
    snapshot: Snapshot, copy: Copy, after: bytes, rows_max: int = STEP_ROWS
) -> tuple[list[StoredItem], bytes | None]:
    """One step of a whole backup's items, by key, and the key to go on after; None: that was all."""
    rows = copy_rows(copy.id)
    end = step_end(snapshot, rows, after, rows_max)
    bound = "" if end is None else "AND key <= ?"
    sql = f"SELECT key, size, body FROM {rows} WHERE key > ? {bound} ORDER BY key"
    found = snapshot.select(sql, (after,) if end is None else (after, end))
    return [StoredItem(key=key, body=body, size=size) for key, size, body in found], end


def history_tip(snapshot: Snapshot, copy: Copy, moment_ms: int) -> int:
    """Number of the newest change of a RECOVERY copy's history that is not younger than that; 0: none."""
    rows = history_rows(copy.id)
    ends = snapshot.select(f"SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM {rows}")
    first, last = ends[0]
    # Numbers rise with time: halve until one is left.
    while first <= last:
        middle = (first + last) // 2
        number, changed_ms = snapshot.select(
            f"SELECT number, changed_ms FROM {rows} WHERE number >= ? ORDER BY number LIMIT 1", (middle,)
        )[0]
        if changed_ms <= moment_ms:
            first = number + 1
        else:
            last = middle - 1
    return int(first) - 1


def recovered_items(
    snapshot: Snapshot, copy: Copy, up_to: int, after: bytes, rows_max: int = STEP_ROWS
) -> tuple[list[StoredItem], bytes | None]:
    """One step of a table's items as they were after change ``up_to``, and the key to go on after; None: all."""
    size_left = STEP_BYTES
    items: list[StoredItem] = []
    last = after
    count = 0
    for last, item in _recovered(snapshot, copy, up_to, after, rows_max):
        count += 1
        if item is not None:
            items.append(item)
            size_left -= item.size
        if size_left <= 0:
            return items, last
    return items, last if count == rows_max else None


def _recovered(
    snapshot: Snapshot, copy: Copy, up_to: int, after: bytes, rows_max: int
) -> Iterator[tuple[bytes, StoredItem | None]]:
    base, history = copy_rows(copy.id), history_rows(copy.id)
    keys = f"""SELECT key FROM {base} WHERE key > ?1 UNION SELECT key FROM {history} WHERE key > ?1
        ORDER BY key LIMIT ?2"""
    newest = f"SELECT size, body FROM {history} WHERE key = ? AND number <= ? ORDER BY number DESC LIMIT 1"
    first = f"SELECT size, body FROM {base} WHERE key = ?"
    for (key,) in snapshot.select(keys, (after, rows_max)):
        found = snapshot.select(newest, (key, up_to)) or snapshot.select(first, (key,))
        is_there = bool(found) and found[0][1] is not None
        yield key, StoredItem(key=key, body=found[0][1], size=found[0][0]) if is_there else None


def _copy(row: Row) -> Copy:
    return Copy(
        id=row[0],
        table_id=TableId(row[1]),
        kind=row[2],
        account=row[3],
        region=row[4],
        arn=row[5],
        created_ms=row[6],
        expires_ms=row[7],
        is_whole=bool(row[8]),
        position=row[9],
        detail=orjson.loads(row[10]),
    )
