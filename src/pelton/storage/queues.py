"""Queues: their definitions. A queue's messages lie in its bucket (``messages``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from pelton.storage.transaction import Row, Snapshot, WriteTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue as it is stored."""

    id: int
    account: str
    region: str
    name: str
    bucket: int  #: where its messages lie; another one after purging
    retention_s: int  #: messages older than this are gone
    attributes: Mapping[str, str]  #: as they were set; what ``queues`` alone reads
    tags: Mapping[str, str]
    created_ms: int
    changed_ms: int

    def oldest_ms(self, now_ms: int) -> int:
        """Messages sent after that time are still there."""
        return now_ms - self.retention_s * 1000

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return f"arn:aws:sqs:{self.region}:{self.account}:{self.name}"


def create_queue(  # noqa: PLR0913  # A queue's identity; the values belong together on one call.
    transaction: WriteTransaction,
    *,
    account: str,
    region: str,
    name: str,
    retention_s: int,
    attributes: Mapping[str, str],
    tags: Mapping[str, str],
    now_ms: int,
) -> Queue:
    """A new, empty queue in that account and region, where none has the name."""
    bucket = _new_bucket(transaction)
    rows = transaction.change(
        "INSERT INTO queues (account, region, name, bucket, retention_s, attributes, tags, created_ms, changed_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (account, region, name, bucket, retention_s, orjson.dumps(attributes), orjson.dumps(tags), now_ms, now_ms),
    )
    return Queue(
        id=rows[0][0],
        account=account,
        region=region,
        name=name,
        bucket=bucket,
        retention_s=retention_s,
        attributes=attributes,
        tags=tags,
        created_ms=now_ms,
        changed_ms=now_ms,
    )


def replace_queue(transaction: WriteTransaction, queue: Queue) -> None:
    """Store a queue's new attributes, retention, tags and time of change."""
    transaction.change(
        "UPDATE queues SET retention_s = ?, attributes = ?, tags = ?, changed_ms = ? WHERE id = ?",
        (queue.retention_s, orjson.dumps(queue.attributes), orjson.dumps(queue.tags), queue.changed_ms, queue.id),
    )


def purge_queue(transaction: WriteTransaction, queue: Queue) -> None:
    """Take all messages from a queue, those in flight too."""
    _discard(transaction, queue.bucket)
    transaction.change("UPDATE queues SET bucket = ? WHERE id = ?", (_new_bucket(transaction), queue.id))


def drop_queue(transaction: WriteTransaction, queue: Queue) -> None:
    """Remove a queue and its messages."""
    transaction.change("DELETE FROM queues WHERE id = ?", (queue.id,))
    _discard(transaction, queue.bucket)


def find_queue(snapshot: Snapshot, account: str, region: str, name: str) -> Queue | None:
    """The queue of that name."""
    rows = snapshot.select(f"{_SELECT} WHERE account = ? AND region = ? AND name = ?", (account, region, name))
    return _queue(rows[0]) if rows else None


def list_queues(snapshot: Snapshot, account: str, region: str) -> Sequence[Queue]:
    """All queues of an account and region, by name."""
    rows = snapshot.select(f"{_SELECT} WHERE account = ? AND region = ? ORDER BY name", (account, region))
    return [_queue(row) for row in rows]


def all_queues(snapshot: Snapshot) -> Sequence[Queue]:
    """Every queue there is."""
    return [_queue(row) for row in snapshot.select(f"{_SELECT} ORDER BY id")]


_SELECT = "SELECT id, account, region, name, bucket, retention_s, attributes, tags, created_ms, changed_ms FROM queues"


def _new_bucket(transaction: WriteTransaction) -> int:
    return int(transaction.change("INSERT INTO buckets (is_discarded) VALUES (0) RETURNING id")[0][0])


def _discard(transaction: WriteTransaction, bucket: int) -> None:
    """Trimming empties it: a purge must not hold up the writer for a million messages."""
    transaction.change("UPDATE buckets SET is_discarded = 1 WHERE id = ?", (bucket,))


def _queue(row: Row) -> Queue:
    return Queue(
        id=row[0],
        account=row[1],
        region=row[2],
        name=row[3],
        bucket=row[4],
        retention_s=row[5],
        attributes=orjson.loads(row[6]),
        tags=orjson.loads(row[7]),
        created_ms=row[8],
        changed_ms=row[9],
    )
