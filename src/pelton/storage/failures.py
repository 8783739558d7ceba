"""Batches that were given up: kept whole, until they reach their destination or are looked at, as long as the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.changing import Changing
from pelton.storage.transaction import Row, Snapshot, WriteTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardedBatch:
    """A batch without its records, which may be large: ask ``failure_records``."""

    mapping: str  #: uuid
    shard: str
    first: SequenceNumber
    last: SequenceNumber
    reason: str  #: ``triggers``' own word: attempts exhausted, records too old …
    detail: JsonObject  #: destination, attempts, the last error: what only ``triggers`` reads
    discarded_ms: int
    is_waiting: bool = False  #: its destination has not taken it yet
    id: int | None = None  #: None before it is stored; rises with time


def add_failure(transaction: WriteTransaction, batch: DiscardedBatch, records: Sequence[bytes]) -> int:
    """Keep a discarded batch with its records (JSON each); returns its id."""
    rows = transaction.change(
        "INSERT INTO failures (mapping, shard, first, last, reason, detail, records, discarded_ms, is_waiting) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            batch.mapping,
            batch.shard,
            batch.first,
            batch.last,
            batch.reason,
            orjson.dumps(batch.detail),
            b"[" + b",".join(records) + b"]",
            batch.discarded_ms,
            batch.is_waiting,
        ),
    )
    return int(rows[0][0])


def failures(
    snapshot: Snapshot, mapping: str | None = None, *, after: int = 0, limit: int = 100
) -> Sequence[DiscardedBatch]:
    """Discarded batches with ids above ``after``, oldest first: of one mapping, or all."""
    rows = snapshot.select(
        f"{_SELECT} WHERE id > ?1 AND (?2 IS NULL OR mapping = ?2) ORDER BY id LIMIT ?3",
        (after, mapping, limit),
    )
    return [_batch(row) for row in rows]


def failures_of(
    snapshot: Snapshot, function: str | None, table_arn: str, *, ids: tuple[int, int], limit: int = 100
) -> Sequence[DiscardedBatch]:
    """Batches with ids in (from, to], oldest first, whose destination has been told: of a function and a table.

    Whichever mapping they are of: one that was deleted leaves its batches. None: of every function; "": every table.
    """
    rows = snapshot.select(
        f"{_SELECT} WHERE id > ?1 AND id <= ?2 AND NOT is_waiting "
        "AND (?3 IS NULL OR json_extract(CAST(detail AS TEXT), '$.functionName') = ?3) "
        "AND (?4 = '' OR instr(json_extract(CAST(detail AS TEXT), '$.streamArn'), ?4 || '/stream/') = 1) "
        "ORDER BY id LIMIT ?5",
        (*ids, function, table_arn, limit),
    )
    return [_batch(row) for row in rows]


def latest_failures(
    snapshot: Snapshot, function: str | None, *, before: int | None = None, limit: int = 100
) -> Sequence[DiscardedBatch]:
    """Newest first, those that wait for their destination too: of one function, or all; ``before`` is an id."""
    rows = snapshot.select(
        f"{_SELECT} WHERE (?1 IS NULL OR json_extract(CAST(detail AS TEXT), '$.functionName') = ?1) "
        "AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
        (function, before, limit),
    )
    return [_batch(row) for row in rows]


def failure(snapshot: Snapshot, failure_id: int) -> DiscardedBatch | None:
    """The batch of that id."""
    rows = snapshot.select(f"{_SELECT} WHERE id = ?", (failure_id,))
    return _batch(rows[0]) if rows else None


def newest_failure(snapshot: Snapshot) -> int:
    """The highest id; 0 while nothing is kept."""
    return int(snapshot.select("SELECT coalesce(max(id), 0) FROM failures")[0][0])


def put_detail(transaction: WriteTransaction, failure_id: int, detail: JsonObject) -> None:
    """Store more of what is known about a batch."""
    transaction.change("UPDATE failures SET detail = ? WHERE id = ?", (orjson.dumps(detail), failure_id))


def failure_records(snapshot: Snapshot, failure_id: int) -> bytes | None:
    """The records of a discarded batch: a JSON array."""
    rows = snapshot.select("SELECT records FROM failures WHERE id = ?", (failure_id,))
    return rows[0][0] if rows else None


def remove_waiting(transaction: WriteTransaction, batch: DiscardedBatch) -> None:
    """Forget that the batch waits for its destination: it is about to be added anew."""
    transaction.change(
        "DELETE FROM failures WHERE is_waiting AND mapping = ? AND shard = ? AND first = ? AND last = ?",
        (batch.mapping, batch.shard, batch.first, batch.last),
    )


def wait_no_more(transaction: WriteTransaction, mapping: str) -> None:
    """The mapping is gone: its batches stay like those that reached their destination, and grow old like them."""
    transaction.change("UPDATE failures SET is_waiting = 0 WHERE is_waiting AND mapping = ?", (mapping,))


def trim_failures(transaction: Changing, before_ms: int, bytes_max: int, limit: int) -> int:
    """Remove the oldest batches: those older than that, and those beyond that size; those that wait stay.

    Returns how many there were, at most ``limit``.
    """
    rows = transaction.select(_AGES)
    excess = sum(size for _, _, size in rows) - bytes_max
    removed = 0
    for batch, discarded_ms, size in rows:
        if removed == limit or (discarded_ms >= before_ms and excess <= 0):
            break
        transaction.change("DELETE FROM failures WHERE id = ?", (batch,))
        excess -= size
        removed += 1
    return removed


_SELECT = "SELECT id, mapping, shard, first, last, reason, detail, discarded_ms, is_waiting FROM failures"

#: Batches that may be removed, oldest first, with the bytes of their records.
_AGES = "SELECT id, discarded_ms, length(records) FROM failures WHERE NOT is_waiting ORDER BY id"


def remove_failure(transaction: WriteTransaction, failure_id: int) -> None:
    """Forget a discarded batch: it has reached its destination."""
    transaction.change("DELETE FROM failures WHERE id = ?", (failure_id,))


def _batch(row: Row) -> DiscardedBatch:
    return DiscardedBatch(
        id=row[0],
        mapping=row[1],
        shard=row[2],
        first=row[3],
        last=row[4],
        reason=row[5],
        detail=orjson.loads(row[6]),
        discarded_ms=row[7],
        is_waiting=bool(row[8]),
    )
