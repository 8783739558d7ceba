"""Messages of queues: when each can be received, how often it was, and by which receipt it may be deleted.

Those of FIFO queues stand in groups (``message_groups``): whatever changes one tells its group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import orjson

from pelton.operations import JsonObject
from pelton.storage.changing import Changing
from pelton.storage.message_groups import group_named, refresh_group, remove_groups
from pelton.storage.transaction import Row, Snapshot, WriteTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a bucket."""

    message_id: str
    body: str
    attributes: JsonObject | None  #: MessageAttributes as they were sent
    system: JsonObject  #: what only ``queues`` reads: sender, trace …
    sent_ms: int
    visible_ms: int  #: it can be received from then on
    received: int = 0  #: how often
    first_received_ms: int | None = None
    receipt: str | None = None  #: of the newest receive; None before the first
    id: int = 0  #: 0 before it is stored; rises with time
    group: int | None = None  #: of a FIFO queue: the id of its group


class Counts(NamedTuple):
    """How many messages a bucket holds."""

    visible: int
    in_flight: int
    delayed: int


def add_message(transaction: WriteTransaction, bucket: int, message: Message) -> None:
    """Put a message into a bucket."""
    transaction.change(
        "INSERT INTO messages (bucket, visible_ms, sent_ms, received, message_id, body, attributes, system) "
        "VALUES (?, ?, ?, 0, ?, ?, ?, ?)",
        (
            bucket,
            message.visible_ms,
            message.sent_ms,
            message.message_id,
            message.body,
            None if message.attributes is None else orjson.dumps(message.attributes),
            orjson.dumps(message.system),
        ),
    )


def add_to_group(transaction: WriteTransaction, bucket: int, name: str, message: Message) -> Message:
    """Put a message at the end of a group of a FIFO queue's bucket; the message as it is stored."""
    group = group_named(transaction, bucket, name, message.visible_ms)
    rows = transaction.change(
        "INSERT INTO messages (bucket, visible_ms, sent_ms, received, message_id, body, attributes, system, "
        "message_group) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            bucket,
            message.visible_ms,
            message.sent_ms,
            message.received,
            message.message_id,
            message.body,
            None if message.attributes is None else orjson.dumps(message.attributes),
            orjson.dumps(message.system),
            group,
        ),
    )
    return replace(message, id=rows[0][0], group=group)


def oldest_of_group(snapshot: Snapshot, group: int, sent_after_ms: int, limit: int) -> Sequence[Message]:
    """The messages of a group that were sent after that time, in their order."""
    rows = snapshot.select(
        f"{_SELECT} WHERE message_group = ? AND sent_ms > ? ORDER BY id LIMIT ?", (group, sent_after_ms, limit)
    )
    return [_message(row) for row in rows]


def receivable(snapshot: Snapshot, bucket: int, now_ms: int, sent_after_ms: int, limit: int) -> Sequence[Message]:
    """Messages that can be received now and were sent after that time, those visible longest first."""
    rows = snapshot.select(
        f"{_SELECT} WHERE bucket = ? AND visible_ms <= ? AND sent_ms > ? ORDER BY visible_ms, id LIMIT ?",
        (bucket, now_ms, sent_after_ms, limit),
    )
    return [_message(row) for row in rows]


def find_message(snapshot: Snapshot, bucket: int, message: int) -> Message | None:
    """The message of that id, if the bucket still has it."""
    rows = snapshot.select(f"{_SELECT} WHERE bucket = ? AND id = ?", (bucket, message))
    return _message(rows[0]) if rows else None


def next_visible_ms(snapshot: Snapshot, bucket: int, now_ms: int) -> int | None:
    """When the next message that cannot be received yet can be; None: there is none."""
    rows = snapshot.select("SELECT min(visible_ms) FROM messages WHERE bucket = ? AND visible_ms > ?", (bucket, now_ms))
    at_ms: int | None = rows[0][0]
    return at_ms


def receive_message(
    transaction: WriteTransaction, message: Message, receipt: str, now_ms: int, visible_ms: int
) -> Message:
    """A message was received: hidden until then, and deleted only by that receipt; the message as it is now."""
    first_ms = now_ms if message.first_received_ms is None else message.first_received_ms
    transaction.change(
        "UPDATE messages SET received = received + 1, receipt = ?, visible_ms = ?, first_received_ms = ? WHERE id = ?",
        (receipt, visible_ms, first_ms, message.id),
    )
    _tell_group(transaction, message)
    return replace(
        message,
        received=message.received + 1,
        receipt=receipt,
        visible_ms=visible_ms,
        first_received_ms=first_ms,
    )


def set_visible(transaction: WriteTransaction, message: Message, visible_ms: int) -> None:
    """Have a message receivable from that time on."""
    transaction.change("UPDATE messages SET visible_ms = ? WHERE id = ?", (visible_ms, message.id))
    _tell_group(transaction, message)


def put_back(transaction: WriteTransaction, message: Message, visible_ms: int) -> None:
    """Have a message receivable from that time on as if its newest receive had not been."""
    transaction.change(
        "UPDATE messages SET received = received - 1, receipt = NULL, visible_ms = ? WHERE id = ?",
        (visible_ms, message.id),
    )
    _tell_group(transaction, message)


def move_message(transaction: WriteTransaction, message: Message, bucket: int, now_ms: int) -> None:
    """Put a standard queue's message into another bucket, to be received at once.

    When it was sent and how often it was received stays; its id and what its receivers see of it are ``message``'s.
    """
    transaction.change(
        "UPDATE messages SET bucket = ?, visible_ms = ?, receipt = NULL, system = ?, message_id = ?, sent_ms = ? "
        "WHERE id = ?",
        (bucket, now_ms, orjson.dumps(message.system), message.message_id, message.sent_ms, message.id),
    )


def remove_message(transaction: WriteTransaction, message: Message) -> None:
    """Delete a message."""
    transaction.change("DELETE FROM messages WHERE id = ?", (message.id,))
    _tell_group(transaction, message)


def count_messages(snapshot: Snapshot, bucket: int, now_ms: int, sent_after_ms: int) -> Counts:
    """How many of those sent after that time can be received, are in flight, are delayed."""
    rows = snapshot.select(
        "SELECT count(*) FILTER (WHERE visible_ms <= ?1), "
        "count(*) FILTER (WHERE visible_ms > ?1 AND receipt IS NOT NULL), "
        "count(*) FILTER (WHERE visible_ms > ?1 AND receipt IS NULL) "
        "FROM messages WHERE bucket = ?2 AND sent_ms > ?3",
        (now_ms, bucket, sent_after_ms),
    )
    return Counts(*rows[0])


def oldest_sent_ms(snapshot: Snapshot, bucket: int, sent_after_ms: int) -> int | None:
    """When the oldest message that was sent after that time was sent; None: there is none."""
    rows = snapshot.select(
        "SELECT min(sent_ms) FROM messages WHERE bucket = ? AND sent_ms > ?", (bucket, sent_after_ms)
    )
    sent_ms: int | None = rows[0][0]
    return sent_ms


def remove_expired(transaction: Changing, bucket: int, sent_before_ms: int, limit: int) -> int:
    """Delete the oldest messages sent by that time, at most so many; how many there were."""
    rows = transaction.select(
        "SELECT id, message_group FROM messages WHERE bucket = ? AND sent_ms <= ? ORDER BY sent_ms LIMIT ?",
        (bucket, sent_before_ms, limit),
    )
    _remove_all(transaction, [message for message, _ in rows])
    for group in {group for _, group in rows} - {None}:
        refresh_group(transaction, group)
    return len(rows)


def remove_discarded(transaction: Changing, limit: int) -> int:
    """Empty a bucket that no queue has any more, at most so many messages; how many there were."""
    found = transaction.select("SELECT id FROM buckets WHERE is_discarded ORDER BY id LIMIT 1")
    if not found:
        return 0
    bucket = found[0][0]
    rows = transaction.select("SELECT id FROM messages WHERE bucket = ? LIMIT ?", (bucket, limit))
    _remove_all(transaction, [message for (message,) in rows])
    removed = len(rows) + remove_groups(transaction, bucket, limit - len(rows))
    if removed < limit:
        transaction.change("DELETE FROM buckets WHERE id = ?", (bucket,))
    return removed


def _remove_all(transaction: Changing, messages: Sequence[int]) -> None:
    for message in messages:
        transaction.change("DELETE FROM messages WHERE id = ?", (message,))


def _tell_group(transaction: WriteTransaction, message: Message) -> None:
    if message.group is not None:
        refresh_group(transaction, message.group)


_SELECT = """SELECT id, message_id, body, attributes, system, sent_ms, visible_ms, received, first_received_ms, receipt,
    message_group FROM messages"""


def _message(row: Row) -> Message:
    return Message(
        id=row[0],
        message_id=row[1],
        body=row[2],
        attributes=None if row[3] is None else orjson.loads(row[3]),
        system=orjson.loads(row[4]),
        sent_ms=row[5],
        visible_ms=row[6],
        received=row[7],
        first_received_ms=row[8],
        receipt=row[9],
        group=row[10],
    )
