"""Taking a copy of a table's items as they are at one moment, in small steps, while the table is written.

The copy walks the table by key. A write to a key it has not come to yet first saves what is there: the item, or a
marker that there is none (a negative size). So a step takes only what the moment held, no read transaction lives
longer than a step, and no writer waits. How far it has come is stored in the step's own transaction: after a crash
it goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import orjson

from pelton.storage.catalog import Copy, Table
from pelton.storage.change import Change
from pelton.storage.copies import STEP_ROWS, copies_of, step_end
from pelton.storage.definitions import Definitions
from pelton.storage.schema import copy_rows, history_rows, item_rows


@dataclass(frozen=True, slots=True)
class Keeper:
    """What a write to a table owes one of its copies."""

    save: str  #: statement that saves what was there, unless something was saved before
    position: bytes | None  #: up to this key the copy needs nothing any more; None: it is whole
    record: str | None  #: statement that adds to the history


class Copying(Definitions):
    """The part of a write transaction that makes and drops copies."""

    def begin_copy(self, table: Table, copy: Copy) -> Copy:
        """Begin a copy of the table as this transaction sees it; ``copy_step`` takes it."""
        begun = self._add(copy)
        self.create_rows(copy_rows(begun.id))
        self._counted[copy_rows(begun.id)] = self.counts(table)
        if copy.kind == "RECOVERY":
            name = history_rows(begun.id)
            self.change(
                f"CREATE TABLE {name} (number INTEGER PRIMARY KEY AUTOINCREMENT, changed_ms INTEGER NOT NULL, "
                "key BLOB NOT NULL, size INTEGER NOT NULL, body BLOB)"
            )
            self.change(f"CREATE INDEX {name}_by_key ON {name} (key, number)")
        self.become(self.contents())  # Writes must know of it.
        return begun

    def copy_step(self, copy: Copy, rows_max: int = STEP_ROWS) -> Copy:
        """Copy a bounded part of what is left."""
        rows, source = copy_rows(copy.id), item_rows(copy.table_id)
        end = step_end(self, source, copy.position, rows_max)
        bound = "" if end is None else "AND key <= ?"
        bindings = (copy.position,) if end is None else (copy.position, end)
        self.change(
            f"INSERT OR IGNORE INTO {rows} SELECT key, size, body FROM {source} WHERE key > ? {bound}", bindings
        )
        self.change(f"DELETE FROM {rows} WHERE size < 0 AND key > ? {bound}", bindings)
        stepped = replace(copy, is_whole=end is None, position=copy.position if end is None else end)
        self.change(
            "UPDATE copies SET is_whole = ?, position = ? WHERE id = ?", (stepped.is_whole, stepped.position, copy.id)
        )
        self.become(self.contents())
        return stepped

    def turn_into_copy(self, table: Table, copy: Copy) -> Copy:
        """Make all items of a table a copy at once, and leave the table empty: it is about to be dropped."""
        kept = self._add(replace(copy, is_whole=True))
        counts = self.counts(table)
        self.change(f"ALTER TABLE {item_rows(table.id)} RENAME TO {copy_rows(kept.id)}")
        self.change("DELETE FROM counters WHERE name = ?", (item_rows(table.id),))
        self.change("INSERT INTO counters VALUES (?, ?, ?)", (copy_rows(kept.id), *counts))
        self._counted[copy_rows(kept.id)] = counts
        self.create_rows(item_rows(table.id))
        self.become(self.contents())
        return kept

    def change_copy(self, copy: Copy) -> None:
        """Store a copy's new detail and expiry."""
        self.change(
            "UPDATE copies SET detail = ?, expires_ms = ? WHERE id = ?",
            (orjson.dumps(copy.detail), copy.expires_ms, copy.id),
        )

    def drop_copy(self, copy: Copy) -> None:
        """Remove a copy; its rows go in small steps."""
        self.change("DELETE FROM copies WHERE id = ?", (copy.id,))
        self.discard_rows(copy_rows(copy.id))
        if copy.kind == "RECOVERY":
            self.discard_rows(history_rows(copy.id))
        self.become(self.contents())

    def merge_history(self, copy: Copy, before_ms: int, rows_max: int = STEP_ROWS) -> bool:
        """Let a whole RECOVERY copy begin later: a bounded part of what is older goes into it; whether all did."""
        rows, history = copy_rows(copy.id), history_rows(copy.id)
        moments = self.select(f"SELECT number, changed_ms FROM {history} ORDER BY number LIMIT ?", (rows_max,))
        last = max((number for number, changed_ms in moments if changed_ms < before_ms), default=0)
        oldest = self.select(f"SELECT key, size, body FROM {history} WHERE number <= ? ORDER BY number", (last,))
        items, size = self._counted.get(rows) or self._counters[rows]
        for key, new_size, body in oldest:
            gone = self.change(f"DELETE FROM {rows} WHERE key = ? RETURNING size", (key,))
            items, size = items - len(gone), size - sum(old for (old,) in gone)
            if body is not None:
                self.change(f"INSERT INTO {rows} VALUES (?, ?, ?)", (key, new_size, body))
                items, size = items + 1, size + new_size
        if oldest:
            self._counted[rows] = (items, size)
            self.change(f"DELETE FROM {history} WHERE number <= ?", (last,))
        return len(oldest) < rows_max

    def keepers(self, table: Table) -> tuple[Keeper, ...]:
        """What writes to the table owe its copies; mostly nothing."""
        return tuple(_keeper(copy) for copy in copies_of(self, table.id))

    def keep_before(self, keepers: tuple[Keeper, ...], change: Change) -> None:
        """Give the copies what the change is about to replace, and the change itself to histories."""
        before, after = change.before, change.after
        for keeper in keepers:
            if keeper.position is not None and change.key > keeper.position:
                saved = (change.key, -1, b"") if before is None else (change.key, before.size, before.body)
                self._cursor.execute(keeper.save, saved)
            if keeper.record is not None:
                made = (0, None) if after is None else (after.size, after.body)
                self._cursor.execute(keeper.record, (self._newest_ms, change.key, *made))

    def _add(self, copy: Copy) -> Copy:
        rows = self.change(
            "INSERT INTO copies (table_id, kind, account, region, arn, created_ms, expires_ms, is_whole, position, "
            "detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                copy.table_id,
                copy.kind,
                copy.account,
                copy.region,
                copy.arn,
                copy.created_ms,
                copy.expires_ms,
                copy.is_whole,
                copy.position,
                orjson.dumps(copy.detail),
            ),
        )
        return replace(copy, id=int(rows[0][0]))


def _keeper(copy: Copy) -> Keeper:
    history = history_rows(copy.id)
    return Keeper(
        save=f"INSERT OR IGNORE INTO {copy_rows(copy.id)} VALUES (?, ?, ?)",
        position=None if copy.is_whole else copy.position,
        record=f"INSERT INTO {history} (changed_ms, key, size, body) VALUES (?, ?, ?, ?)"
        if copy.kind == "RECOVERY"
        else None,
    )
