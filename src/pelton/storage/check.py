"""Proving a stopped data folder consistent: SQLite's own check, then every invariant of this room.

The invariants: counters equal the rows they count; every row lies under its item's storage key; each index
holds what its table's items give (what that is, the room above says); the log rises, lies between horizon and
tip, and each record within its shard; shards cover the hash space and follow their parents; the newest record
of each key in an enabled stream is the item the table holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw
import orjson

from pelton.items.keys import key_hash, storage_key
from pelton.storage.catalog import HASH_SPACE, Index, Shard, Stream, Table
from pelton.storage.change import StoredItem
from pelton.storage.connection import open_reader
from pelton.storage.contents import Committed, load, rows_of
from pelton.storage.folder import DATABASE, open_folder
from pelton.storage.schema import check_version, copy_rows
from pelton.storage.transaction import Row

_CACHE_BYTES = 64 << 20

#: The row that an item has in an index; None: it is not in it.
EntryOf = Callable[[StoredItem], StoredItem | None]
#: That, for an index of a table; None: the index is still being filled.
IndexRows = Callable[[Table, Index], EntryOf | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was looked at, and what is wrong with it."""

    tables: int
    items: int
    records: int
    problems: tuple[str, ...]

    @property
    def is_consistent(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def check(path: Path, index_rows: IndexRows | None = None) -> Report:
    """Read everything in the data folder of a stopped Pelton and say what does not fit.

    Args:
        path: the data folder.
        index_rows: what an index must hold; without it only its number of rows and their sizes are looked at.

    Raises:
        DataFolderInUse: it is not stopped.
        FileNotFoundError: the folder holds no data.
        UnknownSchema: another version wrote it.
    """
    file = path / DATABASE
    if not file.exists():
        raise FileNotFoundError(f"{path} is not a data folder of Pelton")
    lock = open_folder(path)
    try:
        return check_file(file, index_rows)
    finally:
        lock.release()


def check_file(file: Path, index_rows: IndexRows | None = None) -> Report:
    """The same for a database file that nobody has open."""
    connection = open_reader(file, _CACHE_BYTES)
    try:
        check_version(connection)
        broken = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        if broken:
            return Report(tables=0, items=0, records=0, problems=tuple(broken))
        committed = load(connection)
        tables = list(committed.contents.tables.values())
        return Report(
            tables=len(tables),
            items=sum(_single(connection, f"SELECT count(*) FROM {rows_of(table, None)}") for table in tables),
            records=_single(connection, "SELECT count(*) FROM log"),
            problems=tuple(_problems(connection, committed, index_rows)),
        )
    except apsw.CorruptError as error:
        return Report(tables=0, items=0, records=0, problems=(str(error),))
    finally:
        connection.close(True)


def _problems(connection: apsw.Connection, committed: Committed, index_rows: IndexRows | None) -> Iterator[str]:
    for table in committed.contents.tables.values():
        yield from _check_counters(connection, committed, table)
        yield from _check_keys(connection, table)
        for index in table.indexes:
            entry_of = index_rows(table, index) if index_rows is not None else None
            if entry_of is not None:
                yield from _check_index(connection, table, index, entry_of)
        if table.stream is not None:
            yield from _check_replay(connection, table, table.stream)
    yield from _check_copies(connection, committed)
    yield from _check_log(connection, committed)
    for stream in committed.contents.streams.values():
        yield from _check_shards(stream)


def _check_counters(connection: apsw.Connection, committed: Committed, table: Table) -> Iterator[str]:
    for index in (None, *table.indexes):
        name = rows_of(table, index)
        counted = connection.execute(f"SELECT count(*), coalesce(sum(size), 0) FROM {name}").fetchall()[0]
        if counted != committed.counters.get(name):
            part = table.name if index is None else f"{table.name}, index {index.name}"
            yield f"{part}: holds {counted} items and bytes, its counter says {committed.counters.get(name)}"


def _check_copies(connection: apsw.Connection, committed: Committed) -> Iterator[str]:
    """A whole copy holds what its counter says, and nothing that only marks an absence."""
    copies: list[Row] = connection.execute("SELECT id, coalesce(arn, kind) FROM copies WHERE is_whole").fetchall()
    for copy_id, arn in copies:
        name = copy_rows(copy_id)
        counted = connection.execute(f"SELECT count(*), coalesce(sum(size), 0) FROM {name}").fetchall()[0]
        if counted != committed.counters.get(name):
            yield f"{arn}: holds {counted} items and bytes, its counter says {committed.counters.get(name)}"


def _check_keys(connection: apsw.Connection, table: Table) -> Iterator[str]:
    for key, body in connection.execute(f"SELECT key, body FROM {rows_of(table, None)}"):
        if storage_key(table.schema, orjson.loads(body)) != key:
            yield f"{table.name}: the item under key {key.hex()} has another key"


def _check_index(connection: apsw.Connection, table: Table, index: Index, entry_of: EntryOf) -> Iterator[str]:
    """Every item's row is there as it must be; and there are no more rows than these."""
    find = f"SELECT size, body FROM {rows_of(table, index)} WHERE key = ?"
    expected = 0
    for key, size, body in connection.execute(f"SELECT key, size, body FROM {rows_of(table, None)}"):
        entry = entry_of(StoredItem(key=key, body=body, size=size))
        if entry is None:
            continue
        expected += 1
        found: list[Row] = connection.execute(find, (entry.key,)).fetchall()
        if not found or found[0][0] != entry.size or orjson.loads(found[0][1]) != orjson.loads(entry.body):
            yield f"{table.name}, index {index.name}: has not what the item under key {key.hex()} gives"
    rows = _single(connection, f"SELECT count(*) FROM {rows_of(table, index)}")
    if rows > expected:
        yield f"{table.name}, index {index.name}: holds {rows} rows, its table's items give {expected}"


def _check_log(connection: apsw.Connection, committed: Committed) -> Iterator[str]:
    newest = _single(connection, "SELECT coalesce(max(sequence_number), 0) FROM log")
    oldest = _single(connection, "SELECT coalesce(min(sequence_number), -1) FROM log")
    if newest > committed.tip:
        yield f"log: record {newest} lies above the high-water mark {committed.tip}"
    if 0 <= oldest <= committed.horizon:
        yield f"log: record {oldest} lies below the trim horizon {committed.horizon}"
    strays = """SELECT sequence_number FROM log LEFT JOIN shards ON log.shard = shards.number
        WHERE shards.number IS NULL OR sequence_number < starting OR sequence_number >= coalesce(ending, 1 << 62)"""
    yield from (f"log: record {number} lies outside its shard" for (number,) in connection.execute(strays))
    backwards = """SELECT sequence_number FROM (SELECT sequence_number, created_ms,
        lag(created_ms, 1, 0) OVER (ORDER BY sequence_number) AS before_ms FROM log) WHERE created_ms < before_ms"""
    yield from (f"log: record {number} is older than the one before" for (number,) in connection.execute(backwards))


def _check_shards(stream: Stream) -> Iterator[str]:
    by_id = {shard.id: shard for shard in stream.shards}
    for shard in stream.shards:
        parent = by_id.get(shard.parent or "")
        if parent is not None and (parent.ending is None or shard.starting <= parent.ending):
            yield f"{stream.arn}: {shard.id} starts before its parent ends"
    open_shards = [shard for shard in stream.shards if shard.ending is None]
    if stream.disabled_ms is not None and open_shards:
        yield f"{stream.arn}: has ended with open shards"
    if stream.disabled_ms is None and not _covers(open_shards):
        yield f"{stream.arn}: its open shards do not cover every key once"


def _covers(shards: Iterable[Shard]) -> bool:
    reached = 0
    for shard in sorted(shards, key=lambda shard: shard.hash_from):
        if shard.hash_from != reached:
            return False
        reached = shard.hash_to
    return reached == HASH_SPACE


def _check_replay(connection: apsw.Connection, table: Table, stream: Stream) -> Iterator[str]:
    """The newest record of each key, held against the item; what no record names is older than the log."""
    shards = {shard.number: shard for shard in stream.shards}
    numbers = ", ".join(f"{number:d}" for number in shards)
    newest = f"""SELECT max(sequence_number), shard, keys, new_image FROM log WHERE shard IN ({numbers})
        GROUP BY keys"""
    find = f"SELECT body FROM {rows_of(table, None)} WHERE key = ?"
    for number, shard, keys, image in connection.execute(newest):
        key = storage_key(table.schema, orjson.loads(keys))
        body = connection.execute(find, (key,)).fetchall()
        if (body[0][0] if body else None) != image:
            yield f"{table.name}: item {keys.decode()} is not what its newest record {number} says"
        if not shards[shard].hash_from <= key_hash(key) < shards[shard].hash_to:
            yield f"{table.name}: record {number} lies in a shard of other keys"
    yield from _check_whole_history(connection, table, stream, numbers)


def _check_whole_history(connection: apsw.Connection, table: Table, stream: Stream, numbers: str) -> Iterator[str]:
    """Where nothing of the stream was trimmed, its insertions and removals make the number of items."""
    horizon = _single(connection, "SELECT horizon FROM position")
    known = {None, *(shard.id for shard in stream.shards)}
    if any(shard.starting <= horizon or shard.parent not in known for shard in stream.shards):
        return
    before = _single(connection, f"SELECT items_before FROM streams WHERE id = {stream.id:d}")
    balance = f"""SELECT coalesce(sum(CASE event WHEN 1 THEN 1 WHEN 3 THEN -1 ELSE 0 END), 0) FROM log
        WHERE shard IN ({numbers})"""
    expected = before + _single(connection, balance)
    found = _single(connection, f"SELECT count(*) FROM {rows_of(table, None)}")
    if expected != found:
        yield f"{table.name}: its stream makes {expected} items, the table holds {found}"


def _single(connection: apsw.Connection, sql: str) -> int:
    rows: list[Row] = connection.execute(sql).fetchall()
    return int(rows[0][0])
