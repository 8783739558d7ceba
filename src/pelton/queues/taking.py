"""What can be received of a queue, taking it, and moving to the dead letters what was received too often.

Parts of one write transaction each, for ReceiveMessage and for the triggers that receive on Pelton's own behalf.
Source: SQS developer guide, visibility timeout, dead-letter queues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pelton.queues.attributes import redrive_of
from pelton.queues.fifo import DEDUPLICATION, is_fifo, receivable_in_order
from pelton.queues.names import parts_of_arn
from pelton.queues.receipts import new_receipt
from pelton.queues.sending import store_message
from pelton.queues.service import Queues
from pelton.storage.message_groups import next_ready_ms
from pelton.storage.messages import (
    Message,
    move_message,
    next_visible_ms,
    receivable,
    receive_message,
    remove_message,
)
from pelton.storage.queues import Queue, find_queue
from pelton.storage.transaction import Snapshot, WriteTransaction

DEAD_LETTER_SOURCE = "DeadLetterQueueSourceArn"


def receivable_now(snapshot: Snapshot, queue: Queue, now_ms: int, limit: int) -> Sequence[Message]:
    """Messages that can be received now, at most so many."""
    if is_fifo(queue):
        return receivable_in_order(snapshot, queue, now_ms, limit)
    return receivable(snapshot, queue.bucket, now_ms, queue.oldest_ms(now_ms), limit)


def next_receivable_ms(snapshot: Snapshot, queue: Queue, now_ms: int) -> int | None:
    """When something that cannot be received yet can be; None: there is nothing."""
    if is_fifo(queue):
        return next_ready_ms(snapshot, queue.bucket, now_ms)
    return next_visible_ms(snapshot, queue.bucket, now_ms)


def take(transaction: WriteTransaction, queues: Queues, queue: Queue, message: Message, visibility_s: int) -> Message:
    """Receive a message: it is hidden for that long, and has a new receipt."""
    now_ms = queues.clock.now_ms()
    receipt = new_receipt(queue, message, queues.new_token())
    return receive_message(transaction, message, receipt, now_ms, now_ms + visibility_s * 1000)


def bury_dead(transaction: WriteTransaction, queue: Queue, now_ms: int, limit: int) -> str | None:
    """Move messages that were received too often out of the way; the ARN of the queue that got some.

    A dead-letter queue that was deleted takes nothing: its messages go on being received.
    """
    redrive = redrive_of(queue.attributes)
    parts = parts_of_arn(redrive.target_arn) if redrive is not None else None
    target = find_queue(transaction, *parts) if parts is not None else None
    if redrive is None or target is None or target.id == queue.id:
        return None
    has_moved = False
    while True:
        found = receivable_now(transaction, queue, now_ms, limit)
        dead = [message for message in found if message.received >= redrive.receives_max]
        for message in dead:
            buried = replace(message, system={**message.system, DEAD_LETTER_SOURCE: queue.arn})
            move(transaction, buried, target, now_ms)
        has_moved |= bool(dead)
        if not dead:
            return target.arn if has_moved else None


def move(transaction: WriteTransaction, message: Message, target: Queue, now_ms: int) -> None:
    """Put a message into another queue of the same type, to be received there at once.

    In a FIFO queue it stands last in its group, is as old as its arrival, and its deduplication id is its message
    id: two messages must not become one there. Source: SQS developer guide, "Using dead-letter queues".
    """
    if not is_fifo(target):
        move_message(transaction, message, target.bucket, now_ms)
        return
    remove_message(transaction, message)
    system = {**message.system, DEDUPLICATION: message.message_id}
    moved = replace(message, system=system, sent_ms=now_ms, visible_ms=now_ms, receipt=None, id=0, group=None)
    store_message(transaction, target, moved, now_ms)
