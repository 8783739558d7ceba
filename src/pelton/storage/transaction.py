"""What a decision may ask of storage: a snapshot to read, or the writer's transaction to read and change.

Decide fully, then apply: a decision that raises has written nothing, so it raises before its first
``apply``. Everything here is synchronous and runs on the event loop's thread; commits do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from pelton.items.schema import KeySchema
from pelton.operations import JsonObject
from pelton.storage.catalog import Copy, Index, SequenceNumber, Stream, StreamId, Table
from pelton.storage.change import Change, LogRecord, StoredItem

#: What a statement binds. JSON goes in as bytes.
SqlValue = int | float | str | bytes | None
#: One row of a query. ``Any`` stops in the module that wrote the query.
Row = tuple[Any, ...]


class Snapshot(Protocol):
    """Reads. From the last commit, or in a WriteTransaction including what it has done so far."""

    def table(self, account: str, region: str, name: str) -> Table | None:
        """The table of that name, whatever its status."""

    def tables(self, account: str, region: str) -> Sequence[Table]:
        """All tables of an account and region, sorted by the UTF-8 bytes of their names."""

    def all_tables(self) -> Sequence[Table]:
        """The tables of all accounts and regions, in no order."""

    def item(self, table: Table, key: bytes) -> StoredItem | None:
        """The item under that storage key."""

    def items(
        self, table: Table, index: Index | None, *, lower: bytes, upper: bytes | None, is_descending: bool = False
    ) -> Iterator[StoredItem]:
        """Rows of the table, or of one index, with lower <= key < upper (None: to the end), in key order."""

    def counts(self, table: Table, index: Index | None = None) -> tuple[int, int]:
        """Number of items and their size in bytes."""

    def streams(self, account: str, region: str) -> Sequence[Stream]:
        """Streams whose records can still be read, oldest first; disabled ones and deleted tables' too."""

    def stream(self, arn: str) -> Stream | None:
        """The stream with that ARN, enabled or not, until its records are gone."""

    def records(
        self, stream: Stream, shard_id: str, *, after: SequenceNumber, limit: int, bytes_max: int
    ) -> Sequence[LogRecord]:
        """Records of one shard with numbers > ``after``, oldest first; at least one if any, whatever its size."""

    def tip(self) -> SequenceNumber:
        """Number of the newest change in the log, 0 before the first; never goes back, trimmed or not."""

    def horizon(self) -> SequenceNumber:
        """Highest number trimmed so far: records up to it are gone. 0 while nothing was trimmed."""

    def select(self, sql: str, bindings: Sequence[SqlValue] = ()) -> Sequence[Row]:
        """All rows of a query. For storage's own modules: no SQL is written outside of them."""


class WriteTransaction(Snapshot, Protocol):
    """The writer's transaction: one of many that share a group commit."""

    def change(self, sql: str, bindings: Sequence[SqlValue] = ()) -> Sequence[Row]:
        """Run a changing statement; its RETURNING rows. For storage's own modules."""

    def apply(self, change: Change) -> SequenceNumber | None:
        """Store the change: item row, index rows and, with a stream enabled, its log row."""

    def reserve_numbers(self, count: int) -> SequenceNumber:
        """Give out so many numbers in a row, one or more, that no record takes; returns the first."""

    def create_table(  # noqa: PLR0913  # A table's identity; the values belong together on one call.
        self, *, account: str, region: str, name: str, uuid: str, schema: KeySchema, definition: JsonObject, now_ms: int
    ) -> Table:
        """A new, ACTIVE table without indexes or stream."""

    def replace_table(self, table: Table) -> None:
        """Store a table's new status or definition; its id, key schema, stream and indexes stay."""

    def drop_table(self, table: Table, now_ms: int) -> None:
        """Remove a table and its items; its stream closes and stays readable until trimmed."""

    def enable_stream(self, table: Table, view_type: str, now_ms: int, shards: int = 1) -> Table:
        """Begin a new stream with that many shards of equal hash ranges."""

    def disable_stream(self, table: Table, now_ms: int) -> Table:
        """End the enabled stream: its shards close, its records stay until trimmed."""

    def split_shard(self, stream: StreamId, shard_id: str, now_ms: int) -> None:
        """Close an open shard and begin two children that halve its hash range."""

    def roll_shard(self, stream: StreamId, shard_id: str, now_ms: int) -> None:
        """Close an open shard and begin one child with the same hash range."""

    def create_index(
        self, table: Table, *, name: str, schema: KeySchema, is_global: bool, projection: JsonObject
    ) -> Table:
        """A new, empty index; the caller fills it (``fill_index``)."""

    def restore_rows(self, table: Table, index: Index | None, rows: Sequence[StoredItem]) -> None:
        """Add new rows to a table, or to one of its indexes, that nobody writes yet: nothing of it is recorded."""

    def fill_index(self, index: Index, rows: Sequence[StoredItem]) -> None:
        """Add backfilled rows to an index, replacing those that have the same key."""

    def drop_index(self, table: Table, index: Index) -> Table:
        """Remove an index and its rows."""

    def begin_copy(self, table: Table, copy: Copy) -> Copy:
        """Begin a copy of the table as this transaction sees it; ``copy_step`` takes it."""

    def copy_step(self, copy: Copy, rows_max: int = ...) -> Copy:
        """Copy a bounded part of what is left, at most so many rows."""

    def turn_into_copy(self, table: Table, copy: Copy) -> Copy:
        """Make all items of a table a copy at once, and leave the table empty: it is about to be dropped."""

    def change_copy(self, copy: Copy) -> None:
        """Store a copy's new detail and expiry."""

    def drop_copy(self, copy: Copy) -> None:
        """Remove a copy; its rows go in small steps."""

    def merge_history(self, copy: Copy, before_ms: int, rows_max: int = ...) -> bool:
        """Let a whole RECOVERY copy begin later: a bounded part of what is older goes into it; whether all did."""

    def token(self, scope: str, token: str) -> tuple[bytes, bytes, int] | None:
        """A remembered idempotency token: request digest, what to answer, when it was stored (ms)."""

    def remember_token(self, scope: str, token: str, digest: bytes, answer: bytes, now_ms: int) -> None:
        """Remember a token; storage forgets it when it is older than ten minutes."""
