"""What a queue's trigger does to its queue: take messages, delete those that are done, put others back.

Decisions for one write transaction each. A message is touched only while the receipt of our own receive is its newest:
when its visibility timeout is over it may be somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from pelton.queues.attributes import number
from pelton.queues.errors import QueueDoesNotExist
from pelton.queues.names import parts_of_arn
from pelton.queues.service import Queues
from pelton.queues.taking import bury_dead, next_receivable_ms, receivable_now, take
from pelton.storage.messages import (
    Message,
    count_messages,
    find_message,
    oldest_sent_ms,
    put_back,
    remove_message,
    set_visible,
)
from pelton.storage.queues import Queue, find_queue
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.filters import Filter
from pelton.triggers.queue_processor import EVENT_BYTES_MAX, Receive, Received
from pelton.triggers.queue_records import TakenMessage, filtered_form, record_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a queue holds."""

    messages: int  #: whether they can be received or not
    oldest_s: float  #: age of the oldest; 0 when there is none
    next_ms: int | None  #: when the next one can be received; None: now, or there is none


class Intake:
    """One mapping's hands on its queue."""

    def __init__(self, queues: Queues, queue_arn: str) -> None:
        self._queues = queues
        self._arn = queue_arn
        self._filter = Filter(())

    def change(self, patterns: tuple[str, ...]) -> None:
        """Other filters hold from the next message on."""
        self._filter = Filter(patterns)

    def queue(self, snapshot: Snapshot) -> Queue:
        """The queue.

        Raises:
            QueueDoesNotExist: it was deleted.
        """
        parts = parts_of_arn(self._arn)
        queue = find_queue(snapshot, *parts) if parts is not None else None
        if queue is None:
            raise QueueDoesNotExist
        return queue

    def receive(self, transaction: WriteTransaction, wish: Receive) -> Received:
        """Take messages that pass the filters and fit; those that do not pass are deleted.

        Raises:
            QueueDoesNotExist: the queue was deleted.
        """
        queue = self.queue(transaction)
        now_ms = self._queues.clock.now_ms()
        if buried := bury_dead(transaction, queue, now_ms, wish.limit):
            self._queues.wake((buried,))
        found = receivable_now(transaction, queue, now_ms, wish.limit)
        taken: list[TakenMessage] = []
        is_full = False
        bytes_left = wish.bytes_max
        passing = self._passing(transaction, queue, found)
        for message in passing:
            each = self._take(transaction, queue, message)
            has_others = bool(taken) or wish.bytes_max < EVENT_BYTES_MAX
            if has_others and len(each.event) > bytes_left:
                put_back(transaction, each.message, message.visible_ms)
                is_full = True
                break
            taken.append(each)
            bytes_left -= len(each.event) + 1
        return Received(
            messages=tuple(taken),
            has_more=is_full or len(found) == wish.limit,
            is_full=is_full,
            next_visible_ms=next_receivable_ms(transaction, queue, now_ms),
            filtered_out=len(found) - len(passing),
        )

    def delete(self, transaction: WriteTransaction, messages: Iterable[TakenMessage]) -> None:
        """Delete messages: the function is done with them."""
        for message in self._ours(transaction, messages):
            remove_message(transaction, message)
        self._queues.wake((self._arn,))

    def put_back(self, transaction: WriteTransaction, messages: Iterable[TakenMessage], visible_ms: int) -> None:
        """Let messages be received from that time on as if they had not been: the function did not see them."""
        for message in self._ours(transaction, messages):
            put_back(transaction, message, visible_ms)
        self._queues.wake((self._arn,))

    def show(self, transaction: WriteTransaction, messages: Iterable[TakenMessage], now_ms: int) -> None:
        """Let messages that failed be received at once."""
        for message in self._ours(transaction, messages):
            set_visible(transaction, message, now_ms)
        self._queues.wake((self._arn,))

    def waiting(self, snapshot: Snapshot) -> Waiting:
        """What the queue holds now; nothing when it was deleted."""
        try:
            queue = self.queue(snapshot)
        except QueueDoesNotExist:
            return Waiting(messages=0, oldest_s=0.0, next_ms=None)
        now_ms = self._queues.clock.now_ms()
        counts = count_messages(snapshot, queue.bucket, now_ms, queue.oldest_ms(now_ms))
        oldest_ms = oldest_sent_ms(snapshot, queue.bucket, queue.oldest_ms(now_ms))
        return Waiting(
            messages=sum(counts),
            oldest_s=0.0 if oldest_ms is None else (now_ms - oldest_ms) / 1000,
            next_ms=None if counts.visible else next_receivable_ms(snapshot, queue, now_ms),
        )

    def _passing(self, transaction: WriteTransaction, queue: Queue, messages: Sequence[Message]) -> Sequence[Message]:
        """Those that the filters let through; the others are deleted."""
        if not self._filter:
            return messages
        passing = []
        for message in messages:
            if self._filter(filtered_form(record_of(message, queue))):
                passing.append(message)
            else:
                remove_message(transaction, message)
        return passing

    def _take(self, transaction: WriteTransaction, queue: Queue, message: Message) -> TakenMessage:
        taken = take(transaction, self._queues, queue, message, number(queue.attributes, "VisibilityTimeout"))
        return TakenMessage(taken, orjson.dumps(record_of(taken, queue)))

    def _ours(self, transaction: WriteTransaction, messages: Iterable[TakenMessage]) -> list[Message]:
        """The messages that are there, as they are now, where no other receive came after ours."""
        try:
            bucket = self.queue(transaction).bucket
        except QueueDoesNotExist:
            return []
        found = [(find_message(transaction, bucket, taken.message.id), taken.message) for taken in messages]
        return [now for now, then in found if now is not None and now.receipt == then.receipt]
