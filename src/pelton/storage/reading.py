"""Reads over one connection: the last commit as the loop's thread sees it, or a transaction's own view.

A reader keeps its SQLite transaction from one commit to the next, so a read pays for its statement
alone; memory (catalog, counters, positions) and disk always show the same commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType

import apsw

from pelton.storage.catalog import Index, SequenceNumber, Shard, Stream, Table
from pelton.storage.change import LogRecord, StoredItem
from pelton.storage.contents import Committed, Contents, rows_of
from pelton.storage.transaction import Row, SqlValue

_EVENTS = ("", "INSERT", "MODIFY", "REMOVE")

#: Records of one shard after a position. The index ``log_by_shard`` ends with the sequence number.
_RECORDS = """SELECT sequence_number, event, created_ms, is_service, keys_size, new_size, old_size, cause, keys,
    new_image, old_image FROM log WHERE shard = ? AND sequence_number > ? ORDER BY sequence_number LIMIT ?"""


class ShardUnknown(Exception):
    """The stream has no such shard, or has it no more."""


class Reading:
    """A ``Snapshot``. As a context manager it is itself: nothing is opened, nothing closed."""

    def __init__(self, connection: apsw.Connection, committed: Committed) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._item_sql: dict[int, str] = {}
        self._contents: Contents
        self._counters: Mapping[str, tuple[int, int]]
        self._adopt(committed)

    def _adopt(self, committed: Committed) -> None:
        self._contents = committed.contents
        self._counters = committed.counters
        self._tip = committed.tip
        self._horizon = committed.horizon
        self._newest_ms = committed.newest_ms

    def __enter__(self) -> Reading:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close: the next commit renews the reader."""

    def table(self, account: str, region: str, name: str) -> Table | None:
        """The table of that name, whatever its status."""
        return self._contents.tables.get((account, region, name))

    def tables(self, account: str, region: str) -> Sequence[Table]:
        """All tables of an account and region, sorted by the UTF-8 bytes of their names."""
        there = [table for key, table in self._contents.tables.items() if key[:2] == (account, region)]
        return sorted(there, key=lambda table: table.name.encode())

    def all_tables(self) -> Sequence[Table]:
        """The tables of all accounts and regions, in no order."""
        return tuple(self._contents.tables.values())

    def regions(self, account: str, name: str) -> Sequence[str]:
        """Regions in which the account has a table of that name: for the log line about a wrong region."""
        return sorted(key[1] for key in self._contents.tables if (key[0], key[2]) == (account, name))

    def item(self, table: Table, key: bytes) -> StoredItem | None:
        """The item under that storage key."""
        sql = self._item_sql.get(table.id)
        if sql is None:
            sql = self._item_sql[table.id] = f"SELECT size, body FROM {rows_of(table, None)} WHERE key = ?"
        try:
            row: Row | None = self._cursor.execute(sql, (key,)).get
        except apsw.Error as error:
            self.failed(error)
            raise
        return None if row is None else StoredItem(key, row[1], row[0])

    def items(
        self, table: Table, index: Index | None, *, lower: bytes, upper: bytes | None, is_descending: bool = False
    ) -> Iterator[StoredItem]:
        """Rows with lower <= key < upper (None: to the end), in key order; drop the iterator to stop early."""
        upper_sql = "" if upper is None else "AND key < ?"
        order = "DESC" if is_descending else "ASC"
        sql = f"SELECT key, size, body FROM {rows_of(table, index)} WHERE key >= ? {upper_sql} ORDER BY key {order}"
        cursor = self._connection.cursor()
        try:
            for key, size, body in cursor.execute(sql, (lower,) if upper is None else (lower, upper)):
                yield StoredItem(key=key, body=body, size=size)
        except apsw.Error as error:
            self.failed(error)
            raise
        finally:
            cursor.close()

    def counts(self, table: Table, index: Index | None = None) -> tuple[int, int]:
        """Number of items and their size in bytes."""
        return self._counters[rows_of(table, index)]

    def streams(self, account: str, region: str) -> Sequence[Stream]:
        """Streams whose records can still be read, oldest first; disabled ones and deleted tables' too."""
        streams = self._contents.streams.values()
        there = [stream for stream in streams if (stream.account, stream.region) == (account, region)]
        return sorted(there, key=lambda stream: stream.id)

    def stream(self, arn: str) -> Stream | None:
        """The stream with that ARN, enabled or not, until its records are gone."""
        return next((stream for stream in self._contents.streams.values() if stream.arn == arn), None)

    def records(
        self, stream: Stream, shard_id: str, *, after: SequenceNumber, limit: int, bytes_max: int
    ) -> Sequence[LogRecord]:
        """Records of one shard with numbers > ``after``, oldest first; at least one if any, whatever its size.

        Raises:
            ShardUnknown: the stream has no such shard (any more).
        """
        shard = shard_of(self._contents.streams.get(stream.id, stream), shard_id)
        records: list[LogRecord] = []
        room = bytes_max
        cursor = self._connection.cursor()
        try:
            for row in cursor.execute(_RECORDS, (shard.number, after, limit)):
                record = _record(row)
                room -= record.keys_size + len(record.new_image or b"") + len(record.old_image or b"")
                if records and room < 0:
                    break
                records.append(record)
        except apsw.Error as error:
            self.failed(error)
            raise
        cursor.close()
        return records

    def tip(self) -> SequenceNumber:
        """Newest number given so far, 0 before the first; never goes back, trimmed or not."""
        return self._tip

    def horizon(self) -> SequenceNumber:
        """Highest number trimmed so far: records up to it are gone. 0 while nothing was trimmed."""
        return self._horizon

    def newest_ms(self) -> int:
        """Creation time of the newest change, 0 before the first."""
        return self._newest_ms

    def select(self, sql: str, bindings: Sequence[SqlValue] = ()) -> Sequence[Row]:
        """All rows of a query. For storage's own modules."""
        try:
            return self._cursor.execute(sql, bindings).fetchall()
        except apsw.Error as error:
            self.failed(error)
            raise

    def failed(self, error: apsw.Error) -> None:
        """A read failed and is about to raise; the writer's whole batch fails by it, so there is nothing to do."""


class Reader(Reading):
    """The loop thread's reader of the last commit; ``on_error`` hears of each read that the disk refused."""

    def __init__(
        self, connection: apsw.Connection, committed: Committed, on_error: Callable[[apsw.Error], None]
    ) -> None:
        super().__init__(connection, committed)
        self._on_error = on_error

    def failed(self, error: apsw.Error) -> None:
        """A read failed and is about to raise: say so."""
        self._on_error(error)

    def renew(self, committed: Committed) -> None:
        """Show this commit from now on."""
        self.release()
        self._adopt(committed)
        self._cursor.execute("BEGIN")
        self._cursor.execute("SELECT tip FROM position").fetchall()

    def release(self) -> None:
        """End the SQLite transaction, so that the write-ahead log can start anew; ``renew`` follows."""
        if self._connection.in_transaction:
            self._cursor.execute("COMMIT")

    def close(self) -> None:
        """End it for good."""
        self._connection.close(True)


def shard_of(stream: Stream, shard_id: str) -> Shard:
    """The shard of that id, newest first: readers follow the tail.

    Raises:
        ShardUnknown: there is none.
    """
    for shard in reversed(stream.shards):
        if shard.id == shard_id:
            return shard
    raise ShardUnknown(shard_id)


def _record(row: Row) -> LogRecord:
    return LogRecord(
        sequence_number=row[0],
        event_name=_EVENTS[row[1]],
        created_ms=row[2],
        is_service=bool(row[3]),
        keys_size=row[4],
        new_size=row[5],
        old_size=row[6],
        cause=row[7],
        keys=row[8],
        new_image=row[9],
        old_image=row[10],
    )
