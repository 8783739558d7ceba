"""The newest end of the log: which shards it concerns, and how much waits in one.

Triggers ask after every commit, so the questions are answered from the rows since the last answer alone.
"""

from __future__ import annotations

from pelton.storage.catalog import SequenceNumber
from pelton.storage.transaction import Snapshot

#: Shards with changes after a number, and how many. For the grouping SQLite would walk the index of the whole log.
_CHANGED = "SELECT shard, count(*) FROM log NOT INDEXED WHERE sequence_number > ? GROUP BY shard"
#: Shards that were closed after a number: closing uses up a number of its own.
_CLOSED = "SELECT number FROM shards WHERE ending > ?"
#: Records of a shard after a number, counted up to a bound.
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM log WHERE shard = ? AND sequence_number > ? LIMIT ?)"
#: The same between two numbers, the first excluded.
_BETWEEN = "SELECT count(*) FROM log WHERE shard = ? AND sequence_number > ? AND sequence_number <= ?"
#: The next so many records of a shard after a number: how many there are, and the number of the last.
_BLOCK = """SELECT count(*), max(sequence_number) FROM
    (SELECT sequence_number FROM log WHERE shard = ? AND sequence_number > ? ORDER BY sequence_number LIMIT ?)"""
#: When the oldest record of a shard after a number was made.
_OLDEST = "SELECT created_ms FROM log WHERE shard = ? AND sequence_number > ? ORDER BY sequence_number LIMIT 1"

#: The newest record before a time (ms). Times never go back from one number to the next, so the search halves.
_AT = "SELECT sequence_number, created_ms FROM log WHERE sequence_number >= ? ORDER BY sequence_number LIMIT 1"


def number_before(snapshot: Snapshot, at_ms: int) -> SequenceNumber:
    """The highest number whose change, and all before it, was made before ``at_ms``; the horizon if none was."""
    low, high = snapshot.horizon(), snapshot.tip()  # Changes up to low were made before, those beyond high were not.
    while low < high:
        middle = SequenceNumber(low + (high - low + 1) // 2)
        rows = snapshot.select(_AT, (middle,))
        if rows and rows[0][1] < at_ms:
            low = max(middle, SequenceNumber(rows[0][0]))
        else:
            high = SequenceNumber(middle - 1)
    return low


def touched_shards(snapshot: Snapshot, after: SequenceNumber) -> set[int]:
    """Numbers of the shards that got records, or were closed, after that sequence number."""
    changed: dict[int, int] = dict(snapshot.select(_CHANGED, (after,)))
    if sum(changed.values()) == snapshot.tip() - after:
        return set(changed)  # Every number since is a record's: no shard was closed.
    return set(changed) | {number for (number,) in snapshot.select(_CLOSED, (after,))}


def count_records(snapshot: Snapshot, shard: int, after: SequenceNumber, at_most: int = 1_000_000) -> int:
    """How many records the shard of that number holds after a sequence number, counted up to ``at_most``."""
    return int(snapshot.select(_COUNT, (shard, after, at_most))[0][0])


def count_between(snapshot: Snapshot, shard: int, after: SequenceNumber, through: SequenceNumber) -> int:
    """How many records the shard holds from behind ``after`` to ``through``; reads as many index rows."""
    return int(snapshot.select(_BETWEEN, (shard, after, through))[0][0])


def block_after(snapshot: Snapshot, shard: int, after: SequenceNumber, size: int) -> tuple[int, SequenceNumber]:
    """The next ``size`` records after a number: how many there are, and the last one's number (``after`` if none)."""
    count, last = snapshot.select(_BLOCK, (shard, after, size))[0]
    return count, SequenceNumber(last) if count else after


def oldest_after(snapshot: Snapshot, shard: int, after: SequenceNumber) -> int | None:
    """When the oldest record of that shard after a sequence number was made (ms); None when there is none."""
    rows = snapshot.select(_OLDEST, (shard, after))
    return int(rows[0][0]) if rows else None
