"""Forgetting what is older than the retention, one small step at a time.

A step runs as a decision in a group commit, so it is whole or absent; its bound keeps the batch it
joins short. The order is: log rows, then closed shards, dead streams, and all that hangs on them.
"""

from __future__ import annotations

from dataclasses import replace

from pelton.storage.catalog import SequenceNumber, Stream
from pelton.storage.changing import Changing
from pelton.storage.failures import trim_failures
from pelton.storage.messages import remove_discarded, remove_expired
from pelton.storage.passes import trim_passes
from pelton.storage.queues import all_queues
from pelton.storage.sent_before import forget_old

_RECORDS_PER_STEP = 500
_ROWS_PER_STEP = 500  #: of dropped tables, tokens, invocations, messages
_TOKEN_MS = 10 * 60 * 1000  #: DynamoDB API reference, ClientRequestToken: valid ten minutes
_FAILURE_MS = 14 * 24 * 3600 * 1000  #: discarded batches are kept as long as a queue can keep a message,
_FAILURE_BYTES = 256 << 20  #: and while they are not larger together

#: The oldest log rows; the caller stops at the first that is young enough.
_OLDEST = "SELECT sequence_number, created_ms FROM log ORDER BY sequence_number LIMIT ?"

#: Shards closed before a moment. One may have records yet that are younger: the wall clock was set back between.
_CLOSED_AND_EMPTY = """SELECT number FROM shards
    WHERE closed_ms < ? AND NOT EXISTS (SELECT 1 FROM log WHERE log.shard = shards.number)"""


def trim_step(transaction: Changing, now_ms: int, retention_ms: int) -> bool:
    """Remove a bounded part of what is older than ``retention_ms``; whether more may remain."""
    before_ms = now_ms - retention_ms
    more_records = _trim_records(transaction, before_ms)
    if not more_records:
        _trim_shards(transaction, before_ms)
    removed = [
        _trim_discarded(transaction),
        _remove_oldest(transaction, "tokens", "stored_ms", now_ms - _TOKEN_MS),
        _remove_oldest(transaction, "invocations", "started_ms", before_ms),
        trim_failures(transaction, now_ms - _FAILURE_MS, _FAILURE_BYTES, _ROWS_PER_STEP),
        trim_passes(transaction, now_ms - _FAILURE_MS, _ROWS_PER_STEP),
        _trim_messages(transaction, now_ms),
        remove_discarded(transaction, _ROWS_PER_STEP),
        forget_old(transaction, now_ms, _ROWS_PER_STEP),
    ]
    return more_records or any(count >= _ROWS_PER_STEP for count in removed)


def _trim_records(transaction: Changing, before_ms: int) -> bool:
    oldest = transaction.select(_OLDEST, (_RECORDS_PER_STEP,))
    old = [number for number, created_ms in oldest if created_ms < before_ms]
    if old:
        transaction.change("DELETE FROM log WHERE sequence_number <= ?", (old[-1],))
        transaction.set_horizon(SequenceNumber(old[-1]))
    return len(old) == _RECORDS_PER_STEP


def _trim_shards(transaction: Changing, before_ms: int) -> None:
    """Drop closed shards and ended streams whose time is over; their records went before them."""
    over = {number for (number,) in transaction.select(_CLOSED_AND_EMPTY, (before_ms,))}
    for stream in list(transaction.contents().streams.values()):
        if any(shard.number in over for shard in stream.shards):
            _drop_shards(transaction, stream, over)
    for stream in list(transaction.contents().streams.values()):
        if stream.disabled_ms is not None and not stream.shards:
            transaction.change("DELETE FROM streams WHERE id = ?", (stream.id,))
            transaction.become(transaction.contents().without_stream(stream.id))


def _drop_shards(transaction: Changing, stream: Stream, over: set[int]) -> None:
    for shard in stream.shards:
        if shard.number in over:
            transaction.change("DELETE FROM shards WHERE number = ?", (shard.number,))
    kept = tuple(shard for shard in stream.shards if shard.number not in over)
    transaction.become(transaction.contents().with_stream(replace(stream, shards=kept)))


def _trim_discarded(transaction: Changing) -> int:
    """Empty the SQL table of one dropped table or index, and drop it with its last rows."""
    names = transaction.select("SELECT name FROM discarded LIMIT 1")
    if not names:
        return 0
    name = names[0][0]
    where = f"key IN (SELECT key FROM {name} ORDER BY key LIMIT {_ROWS_PER_STEP})"
    removed = len(transaction.change(f"DELETE FROM {name} WHERE {where} RETURNING 1"))
    if removed < _ROWS_PER_STEP:
        transaction.change(f"DROP TABLE {name}")
        transaction.change("DELETE FROM discarded WHERE name = ?", (name,))
        return _ROWS_PER_STEP  # another name may wait
    return removed


def _trim_messages(transaction: Changing, now_ms: int) -> int:
    """Remove messages that their queues keep no longer."""
    left = _ROWS_PER_STEP
    for queue in all_queues(transaction):
        left -= remove_expired(transaction, queue.bucket, queue.oldest_ms(now_ms), left)
        if left == 0:
            break
    return _ROWS_PER_STEP - left


def _remove_oldest(transaction: Changing, rows: str, column: str, before_ms: int) -> int:
    """Remove the oldest of one of storage's own SQL tables, whose rowids rise with time; names come from here alone."""
    oldest = transaction.select(f"SELECT rowid, {column} FROM {rows} ORDER BY rowid LIMIT {_ROWS_PER_STEP}")
    old = [rowid for rowid, moment_ms in oldest if moment_ms < before_ms]
    if old:
        transaction.change(f"DELETE FROM {rows} WHERE rowid <= ? AND {column} < ?", (old[-1], before_ms))
    return len(old)
