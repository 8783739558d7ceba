"""The truth of the search companion: indices, objects, settings and what the engine has yet to read.

A write is one SQLite transaction that also notes which objects it changed, under a new task; the
engine reads those objects as they are *now* and the notes are removed after its own commit. Reading
a note twice does no harm, so a crash at any point loses nothing. All SQL of the companion is here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from pelton_companions.messages import JsonObject

_SCHEMA = """
CREATE TABLE IF NOT EXISTS indices (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL, updated TEXT NOT NULL, settings TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, index_id INTEGER NOT NULL, object_id TEXT NOT NULL, json BLOB NOT NULL,
    UNIQUE (index_id, object_id));
CREATE TABLE IF NOT EXISTS tasks (id INTEGER PRIMARY KEY AUTOINCREMENT, index_id INTEGER NOT NULL);
-- seq NULL: the engine must read the whole index anew.
CREATE TABLE IF NOT EXISTS changes (task_id INTEGER NOT NULL, index_id INTEGER NOT NULL, seq INTEGER);
CREATE INDEX IF NOT EXISTS changes_by_task ON changes (task_id);
"""


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One index as the catalogue knows it; times are ISO 8601 in UTC."""

    id: int
    name: str
    created: str
    updated: str
    settings: JsonObject


@dataclass(frozen=True, slots=True)
class Change:
    """A note for the engine; ``seq`` None asks for the whole index."""

    task_id: int
    index_id: int
    seq: int | None


class Store:
    """One connection to the companion's database; another may read it at the same time."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: everything inside is stored, or nothing when it raises."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Indices

    def index(self, name: str) -> IndexRow | None:
        """The index of that name."""
        row = self._db.execute("SELECT id, name, created, updated, settings FROM indices WHERE name = ?", (name,))
        return next((_index_row(found) for found in row), None)

    def indices(self) -> list[IndexRow]:
        """Every index, by name."""
        rows = self._db.execute("SELECT id, name, created, updated, settings FROM indices ORDER BY name")
        return [_index_row(row) for row in rows]

    def ensure_index(self, name: str) -> IndexRow:
        """The index of that name, made when it is missing: a first write makes an index."""
        now = now_text()
        self._db.execute("INSERT OR IGNORE INTO indices (name, created, updated) VALUES (?, ?, ?)", (name, now, now))
        self._db.execute("UPDATE indices SET updated = ? WHERE name = ?", (now, name))
        found = self.index(name)
        assert found is not None, "the row was made above"
        return found

    def store_settings(self, index: IndexRow, settings: JsonObject) -> None:
        """Replace the settings of an index."""
        self._db.execute("UPDATE indices SET settings = ? WHERE id = ?", (orjson.dumps(settings).decode(), index.id))

    def drop_index(self, index: IndexRow) -> None:
        """Remove an index with its objects; its tasks count as done."""
        self.clear(index)
        self._db.execute("DELETE FROM changes WHERE index_id = ?", (index.id,))
        self._db.execute("DELETE FROM indices WHERE id = ?", (index.id,))

    def rename_index(self, index: IndexRow, name: str) -> None:
        """Give an index another name, which must be free."""
        self._db.execute("UPDATE indices SET name = ? WHERE id = ?", (name, index.id))

    def copy_objects(self, source: IndexRow, destination: IndexRow) -> None:
        """Copy every object of one index into another, which must be empty."""
        self._db.execute(
            "INSERT INTO objects (index_id, object_id, json) SELECT ?, object_id, json FROM objects WHERE index_id = ?",
            (destination.id, source.id),
        )

    # Objects

    def get(self, index: IndexRow, object_id: str) -> JsonObject | None:
        """One record."""
        found = self._db.execute(
            "SELECT json FROM objects WHERE index_id = ? AND object_id = ?", (index.id, object_id)
        ).fetchone()
        return None if found is None else orjson.loads(found[0])

    def put(self, index: IndexRow, object_id: str, record: JsonObject) -> int:
        """Store one record whole; its sequence number, which an older version of it keeps."""
        statement = (
            "INSERT INTO objects (index_id, object_id, json) VALUES (?, ?, ?) "
            "ON CONFLICT (index_id, object_id) DO UPDATE SET json = excluded.json RETURNING seq"
        )
        seq: int = self._db.execute(statement, (index.id, object_id, orjson.dumps(record))).fetchone()[0]
        return seq

    def delete(self, index: IndexRow, object_id: str) -> int | None:
        """Remove one record; the sequence number it had, or None when there was none."""
        found = self._db.execute(
            "DELETE FROM objects WHERE index_id = ? AND object_id = ? RETURNING seq", (index.id, object_id)
        ).fetchone()
        return None if found is None else found[0]

    def clear(self, index: IndexRow) -> None:
        """Remove every record of an index."""
        self._db.execute("DELETE FROM objects WHERE index_id = ?", (index.id,))

    def count(self, index: IndexRow) -> tuple[int, int]:
        """Records of an index, and the bytes of their JSON."""
        row = self._db.execute("SELECT count(*), total(length(json)) FROM objects WHERE index_id = ?", (index.id,))
        entries, size = row.fetchone()
        return entries, int(size)

    def read(self, index_id: int, seqs: Sequence[int]) -> dict[int, JsonObject]:
        """Those of the records that (still) exist, by sequence number."""
        found: dict[int, JsonObject] = {}
        for start in range(0, len(seqs), 500):
            part = seqs[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                f"SELECT seq, json FROM objects WHERE index_id = ? AND seq IN ({marks})",
                (index_id, *part),
            )
            found.update((seq, orjson.loads(json)) for seq, json in rows)
        return found

    def page(self, index_id: int, after: int, limit: int) -> list[tuple[int, JsonObject]]:
        """Up to ``limit`` records after a sequence number, oldest first."""
        rows = self._db.execute(
            "SELECT seq, json FROM objects WHERE index_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            (index_id, after, limit),
        )
        return [(seq, orjson.loads(json)) for seq, json in rows]

    # Tasks

    def add_task(self, index: IndexRow, seqs: Iterable[int | None]) -> int:
        """Note changed records (None: all of them) under a new task; its number."""
        cursor = self._db.execute("INSERT INTO tasks (index_id) VALUES (?)", (index.id,))
        task_id = cursor.lastrowid
        assert task_id is not None, "a row was inserted"
        self._db.executemany("INSERT INTO changes VALUES (?, ?, ?)", [(task_id, index.id, seq) for seq in seqs])
        return task_id

    def is_published(self, task_id: int) -> bool:
        """Whether the engine has read everything the task changed."""
        return self._db.execute("SELECT 1 FROM changes WHERE task_id = ? LIMIT 1", (task_id,)).fetchone() is None

    def pending(self, limit: int) -> list[Change]:
        """The oldest notes, whole or not: a task's notes may come in several parts."""
        rows = self._db.execute("SELECT task_id, index_id, seq FROM changes ORDER BY rowid LIMIT ?", (limit,))
        return [Change(*row) for row in rows]

    def pending_tasks(self, index: IndexRow) -> int:
        """How many tasks of an index the engine has yet to read."""
        row = self._db.execute("SELECT count(DISTINCT task_id) FROM changes WHERE index_id = ?", (index.id,))
        count: int = row.fetchone()[0]
        return count

    def remove_changes(self, changes: Sequence[Change]) -> None:
        """Remove notes that the engine has committed."""
        self._db.executemany(
            "DELETE FROM changes WHERE task_id = ? AND index_id = ? AND seq IS ?",
            [(change.task_id, change.index_id, change.seq) for change in changes],
        )


def now_text() -> str:
    """The time as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _index_row(row: tuple[int, str, str, str, str]) -> IndexRow:
    return IndexRow(row[0], row[1], row[2], row[3], orjson.loads(row[4]))
