"""SQLite connections as storage wants them: write-ahead log, full durability, no checkpoint of their own.

One connection writes, one reads for the loop's thread, one checkpoints. Source: sqlite.org/wal.html,
sqlite.org/pragma.html#pragma_synchronous, #pragma_fullfsync.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import apsw

_STATEMENTS_CACHED = 512  #: per connection; a table needs about four
_BUSY_TIMEOUT_MS = 100  #: for a stranger who looks into the file with another tool
_PAGES_MAX = 4294967294  #: SQLite's own bound
_WAL_KEPT_BYTES = 64 << 20  #: a longer log file is cut back to this when it starts anew


class Durability(Enum):
    """What a commit waits for."""

    FULL = "FULL"  #: the disk: an acknowledged write survives a loss of power
    NONE = "OFF"  #: nothing: for data that is thrown away at the end


def open_writer(path: Path, durability: Durability, cache_bytes: int, vfs: str | None = None) -> apsw.Connection:
    """The one connection that writes; makes the file when it is not there."""
    connection = _open(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE, cache_bytes, vfs)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", durability.value)
    connection.pragma("fullfsync", durability is Durability.FULL)
    connection.pragma("journal_size_limit", _WAL_KEPT_BYTES)
    connection.wal_autocheckpoint(0)
    return connection


def cap(connection: apsw.Connection, bytes_max: int | None) -> None:
    """Let the file grow no larger than that (None: without end); beyond it SQLite says FULL."""
    page_bytes = connection.pragma("page_size")
    connection.pragma("max_page_count", _PAGES_MAX if bytes_max is None else max(1, bytes_max // page_bytes))


def is_capped(connection: apsw.Connection) -> bool:
    """Whether ``cap`` has set a bound."""
    return bool(connection.pragma("max_page_count") < _PAGES_MAX)


def open_reader(path: Path, cache_bytes: int, vfs: str | None = None) -> apsw.Connection:
    """A connection for reads; it sees what is committed when its transaction begins."""
    connection = _open(path, apsw.SQLITE_OPEN_READWRITE, cache_bytes, vfs)
    connection.pragma("query_only", True)
    connection.wal_autocheckpoint(0)
    return connection


def open_checkpointer(path: Path, durability: Durability, vfs: str | None = None) -> apsw.Connection:
    """A connection that moves the write-ahead log into the database file, from a thread of its own."""
    connection = _open(path, apsw.SQLITE_OPEN_READWRITE, 1 << 20, vfs)
    connection.pragma("synchronous", durability.value)
    connection.pragma("checkpoint_fullfsync", durability is Durability.FULL)
    connection.wal_autocheckpoint(0)
    return connection


def _open(path: Path, flags: int, cache_bytes: int, vfs: str | None) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs, statementcachesize=_STATEMENTS_CACHED)
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    connection.pragma("cache_size", -(cache_bytes // 1024))
    connection.pragma("temp_store", "memory")
    return connection
