"""What FIFO queues remember for a while: what was sent, so that it is not sent twice, and what was received."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from pelton.storage.changing import Changing
from pelton.storage.transaction import Snapshot, WriteTransaction


class SentBefore(NamedTuple):
    """A message that was sent under a deduplication id."""

    message: int  #: its id in storage, which need not be there any more
    message_id: str


class ReceivedBefore(NamedTuple):
    """A message as an earlier receive left it."""

    message: int
    receipt: str
    visible_ms: int


def sent_before(snapshot: Snapshot, queue: int, scope: str, dedup_id: str, now_ms: int) -> SentBefore | None:
    """What was sent to a queue under that id and is remembered; ``scope`` is a group, or empty for the queue."""
    rows = snapshot.select(
        "SELECT message, message_id FROM deduplications WHERE queue = ? AND scope = ? AND id = ? AND until_ms > ?",
        (queue, scope, dedup_id, now_ms),
    )
    return SentBefore(*rows[0]) if rows else None


def remember_sent(
    transaction: WriteTransaction, queue: int, scope: str, dedup_id: str, sent: SentBefore, until_ms: int
) -> None:
    """Remember what was sent under an id until that time."""
    transaction.change(
        "INSERT OR REPLACE INTO deduplications VALUES (?, ?, ?, ?, ?, ?)",
        (queue, scope, dedup_id, sent.message, sent.message_id, until_ms),
    )


def received_before(snapshot: Snapshot, queue: int, attempt: str, now_ms: int) -> list[ReceivedBefore]:
    """What the receive of that attempt id got, in its order; empty: it is not remembered."""
    rows = snapshot.select(
        "SELECT received FROM receive_attempts WHERE queue = ? AND id = ? AND until_ms > ?", (queue, attempt, now_ms)
    )
    return [ReceivedBefore(*each) for each in orjson.loads(rows[0][0])] if rows else []


def remember_received(
    transaction: WriteTransaction, queue: int, attempt: str, received: list[ReceivedBefore], until_ms: int
) -> None:
    """Remember what a receive got until that time."""
    transaction.change(
        "INSERT OR REPLACE INTO receive_attempts VALUES (?, ?, ?, ?)",
        (queue, attempt, orjson.dumps([list(each) for each in received]), until_ms),
    )


def forget_old(transaction: Changing, now_ms: int, limit: int) -> int:
    """Forget what is remembered no longer, at most so much of each kind; the larger number of rows."""
    sent = transaction.select(
        "SELECT queue, scope, id FROM deduplications WHERE until_ms <= ? ORDER BY until_ms LIMIT ?", (now_ms, limit)
    )
    for row in sent:
        transaction.change("DELETE FROM deduplications WHERE queue = ? AND scope = ? AND id = ?", row)
    received = transaction.select(
        "SELECT queue, id FROM receive_attempts WHERE until_ms <= ? ORDER BY until_ms LIMIT ?", (now_ms, limit)
    )
    for row in received:
        transaction.change("DELETE FROM receive_attempts WHERE queue = ? AND id = ?", row)
    return max(len(sent), len(received))
