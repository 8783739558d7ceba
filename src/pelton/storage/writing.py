"""The writer's transaction: what decisions read and change before the batch's commit.

``apply`` is the hot path: the decision has read the old item, so one statement stores the new one
and one appends the log row. Counters and positions are kept in memory and stored once per batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import apsw

from pelton.storage.catalog import SequenceNumber, Table, TableId
from pelton.storage.change import Change, IndexChange, StoredItem
from pelton.storage.contents import Committed, Contents
from pelton.storage.schema import index_rows, item_rows
from pelton.storage.taking_copies import Copying, Keeper

#: One log row; ``cause`` and the images last.
_APPEND = """INSERT INTO log (sequence_number, shard, event, created_ms, is_service, keys_size, new_size, old_size,
    cause, keys, new_image, old_image) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_INSERT, _MODIFY, _REMOVE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class _Rows:
    """The statements of one SQL table of rows."""

    name: str
    put: str
    remove: str
    change: str  #: of a row whose key stays
    move: str  #: to another key


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a table's changes go: its rows, and the log's shards while a stream is enabled."""

    rows: _Rows
    bounds: tuple[tuple[int, int], ...]  #: first hash held no more, shard number; ascending; empty: no stream
    has_old_images: bool
    keepers: tuple[Keeper, ...]  #: of copies that are being made of the table; mostly none


class Writing(Copying):
    """A ``WriteTransaction`` over the writer connection, used for one batch after the other."""

    def __init__(
        self, connection: apsw.Connection, committed: Committed, now_ms: Callable[[], int], keeps_old_images: bool
    ) -> None:
        super().__init__(connection, committed)
        self._now_ms = now_ms
        self._keeps_old_images = keeps_old_images
        self._targets: dict[TableId, _Target] = {}
        self._index_rows: dict[int, _Rows] = {}
        self._stored_tip = committed.tip
        self.batch_bytes = 0  #: of item bodies and images that this batch has stored

    def begin(self) -> None:
        """Start a batch."""
        self._cursor.execute("BEGIN IMMEDIATE")
        self.batch_bytes = 0
        self.changes = 0
        self._newest_ms = max(self._newest_ms, self._now_ms())

    def finish(self) -> Committed:
        """Store counters and position; what holds when the COMMIT that follows succeeds."""
        if self._counted:
            for name, (items, size) in self._counted.items():
                self._cursor.execute("UPDATE counters SET items = ?, bytes = ? WHERE name = ?", (items, size, name))
            self._counters = {**self._counters, **self._counted}
            self._counted.clear()
        if self._tip != self._stored_tip:
            self._cursor.execute("UPDATE position SET tip = ?", (self._tip,))
            self._stored_tip = self._tip
        return Committed(
            contents=self._contents,
            counters=self._counters,
            tip=self._tip,
            horizon=self._horizon,
            newest_ms=self._newest_ms,
        )

    def reset(self, committed: Committed) -> None:
        """Show this commit again: the batch since was rolled back."""
        self._adopt(committed)
        self._targets.clear()
        self._counted.clear()
        self._stored_tip = committed.tip

    def become(self, contents: Contents) -> None:
        """Make these the transaction's contents."""
        super().become(contents)
        self._targets.clear()

    def apply(self, change: Change) -> SequenceNumber | None:
        """Store the change: item row, index rows and, with a stream enabled, its log row.

        Returns:
            The log row's number; None while the table has no enabled stream.
        """
        target = self._targets.get(change.table.id) or self._target(change.table)
        self.changes += 1
        if target.keepers:
            self.keep_before(target.keepers, change)
        self._replace(target.rows, change.before, change.after)
        for index_change in change.index_changes:
            self._replace_index_row(index_change)
        return self._append(target, change) if target.bounds else None

    def token(self, scope: str, token: str) -> tuple[bytes, bytes, int] | None:
        """A remembered idempotency token: request digest, what to answer, when it was stored (ms)."""
        rows = self.select("SELECT digest, answer, stored_ms FROM tokens WHERE scope = ? AND token = ?", (scope, token))
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    def remember_token(self, scope: str, token: str, digest: bytes, answer: bytes, now_ms: int) -> None:
        """Remember a token; trimming forgets it when it is older than ten minutes."""
        self.change("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?)", (scope, token, digest, answer, now_ms))

    def _target(self, table: Table) -> _Target:
        current = self.current(table)
        stream = current.stream
        shards = () if stream is None else stream.shards
        bounds = sorted((shard.hash_to, shard.number) for shard in shards if shard.ending is None)
        has_old_images = self._keeps_old_images or (stream is not None and "OLD" in stream.view_type)
        target = _Target(_rows(item_rows(current.id)), tuple(bounds), has_old_images, self.keepers(current))
        self._targets[current.id] = target
        return target

    def _replace(self, rows: _Rows, before: StoredItem | None, after: StoredItem | None) -> None:
        items, size = self._counted.get(rows.name) or self._counters[rows.name]
        if before is not None:
            items -= 1
            size -= before.size
        if after is not None:
            items += 1
            size += after.size
            self.batch_bytes += len(after.body)
            self._cursor.execute(rows.put, (after.key, after.size, after.body))
        elif before is not None:
            self._cursor.execute(rows.remove, (before.key,))
        self._counted[rows.name] = (items, size)

    def _replace_index_row(self, change: IndexChange) -> None:
        """Move or change the row in place; one that a backfill has not made yet is added.

        The counter follows the rows that were there, not those that should have been.
        """
        rows = self._index_rows.get(change.of_index.id)
        if rows is None:
            rows = self._index_rows[change.of_index.id] = _rows(index_rows(change.of_index.id))
        put = change.put
        execute = self._cursor.execute
        items, size = self._counted.get(rows.name) or self._counters[rows.name]
        was_there = False
        if change.old_size is not None:
            if put is None:
                execute(rows.remove, (change.remove,))
            elif change.remove is None:
                execute(rows.change, (put.size, put.body, put.key))
            else:
                execute(rows.move, (put.key, put.size, put.body, change.remove))
            if was_there := self._connection.changes() != 0:
                items -= 1
                size -= change.old_size
        if put is not None:
            items += 1
            size += put.size
            self.batch_bytes += len(put.body)
            if not was_there:
                execute(rows.put, (put.key, put.size, put.body))
        self._counted[rows.name] = (items, size)

    def _append(self, target: _Target, change: Change) -> SequenceNumber:
        before, after = change.before, change.after
        number = self._tip = SequenceNumber(self._tip + 1)
        event = _REMOVE if after is None else _INSERT if before is None else _MODIFY
        old_image = before.body if before is not None and target.has_old_images else None
        new_image = None if after is None else after.body
        self.batch_bytes += len(old_image or b"") + len(new_image or b"")
        self._cursor.execute(
            _APPEND,
            (
                number,
                target.bounds[0][1] if len(target.bounds) == 1 else _shard_number(target.bounds, change.key),
                event,
                self._newest_ms,
                change.is_service,
                change.keys_size,
                0 if after is None else after.size,
                0 if before is None else before.size,
                change.cause,
                change.keys,
                new_image,
                old_image,
            ),
        )
        return number


def _rows(name: str) -> _Rows:
    return _Rows(
        name=name,
        put=f"INSERT INTO {name} (key, size, body) VALUES (?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET size = excluded.size, body = excluded.body",
        remove=f"DELETE FROM {name} WHERE key = ?",
        change=f"UPDATE {name} SET size = ?, body = ? WHERE key = ?",
        move=f"UPDATE {name} SET key = ?, size = ?, body = ? WHERE key = ?",
    )


def _shard_number(bounds: tuple[tuple[int, int], ...], key: bytes) -> int:
    """The open shard whose hash range holds the key; there are few, so a walk is quickest."""
    hashed = int.from_bytes(key[:8], "big")
    return next(number for hash_to, number in bounds if hashed < hash_to)
