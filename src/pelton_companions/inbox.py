"""Messages that came, kept in SQLite in the order they came: chat and mail have one each.

A message is durable before it is acknowledged. All SQL of both companions is here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received TEXT NOT NULL, content BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Received:
    """One message: its number from 1, when it came (ISO 8601, UTC), and its bytes as they came."""

    id: int
    received: str
    content: bytes


class Inbox:
    """The messages of one data folder."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def keep(self, content: bytes) -> int:
        """Store a message; its number."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        number = self._db.execute("INSERT INTO messages (received, content) VALUES (?, ?)", (now, content)).lastrowid
        assert number is not None, "a row was inserted"
        return number

    def after(self, number: int, limit: int) -> list[Received]:
        """Up to ``limit`` messages after that number, oldest first."""
        rows = self._db.execute(
            "SELECT id, received, content FROM messages WHERE id > ? ORDER BY id LIMIT ?", (number, limit)
        )
        return [Received(*row) for row in rows]

    def newest(self, limit: int) -> list[Received]:
        """The last messages, newest first."""
        rows = self._db.execute("SELECT id, received, content FROM messages ORDER BY id DESC LIMIT ?", (limit,))
        return [Received(*row) for row in rows]

    def count(self) -> int:
        """How many messages there are."""
        count: int = self._db.execute("SELECT count(*) FROM messages").fetchone()[0]
        return count

    def close(self) -> None:
        """Close the database."""
        self._db.close()
