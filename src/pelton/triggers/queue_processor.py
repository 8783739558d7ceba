"""QueueProcessor: decides for one mapping when to receive messages, when to invoke, and when to try again. Pure.

Messages are held between receiving and invoking only while a window lasts or while the function has no room; the
queue itself hides them meanwhile, keeps the groups of FIFO queues apart, and shows again what failed. So nothing here
is durable: what is held when the process dies is visible again when its visibility timeout is over.
Source: Lambda guide, "Using Lambda with Amazon SQS", "Backoff strategy for failed invocations".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from pelton.triggers.backoff import retry_delay_ms
from pelton.triggers.queue_mappings import QueueSettings
from pelton.triggers.queue_records import TakenMessage
from pelton.triggers.queue_scaling import Scaling

#: What the records of a batch may be together: an invocation's payload is 6 MB with all around it.
EVENT_BYTES_MAX = 6 * 1024 * 1024 - 1024
#: Messages that one look at the queue takes at most: it runs on the writer.
RECEIVE_MAX = 500


class Received(NamedTuple):
    """What one look at the queue gave."""

    messages: tuple[TakenMessage, ...]
    has_more: bool  #: there is more to receive at once
    is_full: bool  #: the next message would not fit into the event
    next_visible_ms: int | None  #: when something hidden can be received
    filtered_out: int = 0  #: messages that no filter wanted: they were deleted


@dataclass(slots=True, eq=False)
class QueueBatch:
    """Messages that go to the function together."""

    messages: tuple[TakenMessage, ...]
    until_ms: int  #: the first of them is visible again then
    refusals: int = 0  #: times there was no room for it
    retry_at_ms: int | None = None


class Receive(NamedTuple):
    """Look for messages: at most so many, and so many bytes of records."""

    limit: int
    bytes_max: int


class InvokeBatch(NamedTuple):
    """Hand a batch to the function."""

    batch: QueueBatch


class PutBack(NamedTuple):
    """Let messages be received anew from that time on, as if they never had been: the function did not see them."""

    messages: tuple[TakenMessage, ...]
    visible_ms: int


class WaitUntil(NamedTuple):
    """Decide again at that time, if nothing else happens before."""

    at_ms: int


QueueAction = Receive | InvokeBatch | PutBack | WaitUntil


class QueueProcessor:
    """One mapping's state."""

    def __init__(self, settings: QueueSettings, random: Random, workers_max: int) -> None:
        """Make one.

        Args:
            settings: the mapping's.
            random: for the jitter of retries.
            workers_max: batches at a time where the mapping names no ceiling.
        """
        self._settings = settings
        self._random = random
        self._workers_max = workers_max
        self.scaling = Scaling(self._concurrency_max())
        self.held: list[TakenMessage] = []
        self._held_from_ms = 0  #: when the first of them came
        self._is_full = False
        self.running: list[QueueBatch] = []
        self.refused: list[QueueBatch] = []  #: there was no room for them
        self._has_news = True
        self._is_receiving = False
        self._next_visible_ms: int | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held, under way, or known to be there."""
        return not (self.held or self.running or self.refused or self._has_news or self._is_receiving)

    def change(self, settings: QueueSettings) -> None:
        """New settings hold from the next batch on."""
        self._settings = settings
        self.scaling.change(self._concurrency_max())

    def news(self) -> None:
        """There may be more to receive."""
        self._has_news = True

    def hurry(self, now_ms: int) -> None:
        """The function changed: what was refused is tried now."""
        for batch in self.refused:
            batch.retry_at_ms = now_ms

    def decide(self, now_ms: int) -> list[QueueAction]:
        """What is to be done now; the last action may be to wait."""
        if self._next_visible_ms is not None and self._next_visible_ms <= now_ms:
            self._next_visible_ms, self._has_news = None, True
        actions: list[QueueAction] = [*self._again(now_ms), *self._batches(now_ms)]
        if self._wants_messages():
            self._has_news, self._is_receiving = False, True
            room = self._settings.batch_size - len(self.held)
            actions.append(Receive(min(room, RECEIVE_MAX), EVENT_BYTES_MAX - _bytes(self.held)))
        if self.is_idle:
            self.scaling.rest()
        times = list(self._times(now_ms))
        return [*actions, WaitUntil(min(times))] if times else actions

    def received(self, received: Received, now_ms: int) -> None:
        """The answer to ``Receive``."""
        self._is_receiving = False
        self._has_news |= received.has_more
        self._is_full |= received.is_full
        self._next_visible_ms = received.next_visible_ms
        if received.messages and not self.held:
            self._held_from_ms = now_ms
        self.held += received.messages

    def not_received(self, now_ms: int, delay_ms: int | None) -> None:
        """``Receive`` failed: look again after a while, or (None) when there are news."""
        self._is_receiving = False
        self._next_visible_ms = None if delay_ms is None else now_ms + delay_ms

    def answered(self, batch: QueueBatch, *, has_failed: bool) -> None:
        """The function has answered, and what it did is durable."""
        has_backlog = self._has_news and len(self.running) >= self.scaling.limit
        self.running.remove(batch)
        if has_failed:
            self.scaling.failed()
        else:
            self.scaling.succeeded(has_backlog=has_backlog)

    def not_invoked(self, batch: QueueBatch, now_ms: int) -> None:
        """There was no room for the function, or it is missing."""
        self.running.remove(batch)
        self.scaling.failed()
        batch.refusals += 1
        batch.retry_at_ms = now_ms + retry_delay_ms(batch.refusals, self._random)
        self.refused.append(batch)

    def give_back(self) -> tuple[TakenMessage, ...]:
        """All that no function has seen; it is held no longer."""
        given = [*self.held, *(taken for batch in self.refused for taken in batch.messages)]
        self.held, self.refused, self._is_full = [], [], False
        return tuple(given)

    def _again(self, now_ms: int) -> Iterator[QueueAction]:
        """What was refused and is due; when its messages show again they are not ours any more."""
        for batch in list(self.refused):
            assert batch.retry_at_ms is not None, "set when it was refused"
            if max(batch.retry_at_ms, now_ms) >= batch.until_ms:
                self.refused.remove(batch)
                yield PutBack(batch.messages, batch.retry_at_ms)
            elif batch.retry_at_ms <= now_ms and len(self.running) < self.scaling.limit:
                self.refused.remove(batch)
                batch.retry_at_ms = None
                self.running.append(batch)
                yield InvokeBatch(batch)

    def _batches(self, now_ms: int) -> Iterator[QueueAction]:
        """What is held, once its window is over or it is full."""
        if not self.held or len(self.running) >= self.scaling.limit or self._gathers_until(now_ms) > now_ms:
            return
        batch = QueueBatch(tuple(self.held), min(taken.message.visible_ms for taken in self.held))
        self.held, self._is_full = [], False
        self.running.append(batch)
        yield InvokeBatch(batch)

    def _gathers_until(self, now_ms: int) -> int:
        """When what is held goes to the function; half of the first one's visibility is left for the function."""
        if self._is_full or len(self.held) >= self._settings.batch_size:
            return now_ms
        window_ends_ms = self._held_from_ms + self._settings.batching_window_s * 1000
        return min(window_ends_ms, (self._held_from_ms + self.held[0].message.visible_ms) // 2)

    def _wants_messages(self) -> bool:
        """Whether there is a place for what would be received; a function without room gets no more."""
        has_room = len(self.running) < self.scaling.limit and len(self.held) < self._settings.batch_size
        return self._has_news and has_room and not (self._is_receiving or self.refused or self._is_full)

    def _times(self, now_ms: int) -> Iterator[int]:
        if self._next_visible_ms is not None:
            yield self._next_visible_ms
        for batch in self.refused:
            assert batch.retry_at_ms is not None, "set when it was refused"
            if batch.retry_at_ms > now_ms:
                yield batch.retry_at_ms
        if self.held and len(self.running) < self.scaling.limit:
            yield self._gathers_until(now_ms)

    def _concurrency_max(self) -> int:
        return self._settings.concurrency_max or self._workers_max


def _bytes(messages: list[TakenMessage]) -> int:
    return sum(len(taken.event) + 1 for taken in messages)
