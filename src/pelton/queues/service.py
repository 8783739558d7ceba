"""Queues at work: what the operations share, and the receivers that wait for messages.

Everything is durable in storage's file; nothing is polled: a waiting receiver is woken by a send to its queue, or by
a timer when a delayed or hidden message shows. All of it runs on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from random import Random
from typing import TypeVar

from pelton.clock import Clock
from pelton.operations import JsonObject, RequestContext
from pelton.queues.errors import QueueDoesNotExist
from pelton.queues.names import name_in_url
from pelton.storage.engine import Storage
from pelton.storage.queues import Queue, find_queue
from pelton.storage.transaction import Snapshot, WriteTransaction

T = TypeVar("T")


class Queues:
    """The queues of one Pelton."""

    def __init__(self, storage: Storage, *, clock: Clock, random: Random) -> None:
        self._storage = storage
        self.clock = clock
        self._random = random
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._subscribers: dict[str, list[Callable[[], None]]] = {}
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether Pelton is stopping: nobody waits for messages any more."""
        return self._is_closed

    async def write(self, decide: Callable[[WriteTransaction], T]) -> T:
        """Run a decision in a group commit; its answer after the commit."""
        return await self._storage.write(decide)

    def submit(self, decide: Callable[[WriteTransaction], T], done: Callable[[T | BaseException], None]) -> None:
        """As ``write``, with a callback: it hears what the decision answered or raised, after the commit."""
        self._storage.submit(decide, done)

    def new_id(self) -> str:
        """An id for a message: a version 4 UUID."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def new_token(self) -> str:
        """What makes a receipt unlike all others: 16 hex digits."""
        return f"{self._random.getrandbits(64):016x}"

    def wake(self, arns: Collection[str]) -> None:
        """Messages may be there, or visible: receivers that wait for these queues look again.

        A decision may say so before its commit: who looks again does that in a later batch.
        """
        for arn in arns:
            for woken in self._waiting.get(arn, ()):
                woken.set()
            for callback in tuple(self._subscribers.get(arn, ())):
                callback()

    def subscribe(self, arn: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever there may be news in a queue; returns how to stop that."""
        subscribers = self._subscribers.setdefault(arn, [])
        subscribers.append(callback)
        return lambda: subscribers.remove(callback)

    @contextmanager
    def waiting(self, arn: str) -> Iterator[asyncio.Event]:
        """An event that is set when there may be news in a queue; it counts from here on, before the first look."""
        woken = asyncio.Event()
        self._waiting.setdefault(arn, set()).add(woken)
        try:
            yield woken
        finally:
            there = self._waiting[arn]
            there.discard(woken)
            if not there:
                del self._waiting[arn]

    async def wait(self, woken: asyncio.Event, delay_s: float) -> None:
        """Wait for the event, at most that long by the clock."""
        timer = self.clock.call_later(max(delay_s, 0.0), woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()
        woken.clear()

    def close(self) -> None:
        """Let those that wait return empty-handed: Pelton is stopping."""
        self._is_closed = True
        self.wake(tuple(self._waiting))


def queue_of(snapshot: Snapshot, body: JsonObject, context: RequestContext) -> Queue:
    """The queue that a request's QueueUrl means.

    Raises:
        MissingParameter, QueueDoesNotExist: there is no URL, or no such queue.
    """
    queue = find_queue(snapshot, context.account, context.region, name_in_url(body.get("QueueUrl"), context))
    if queue is None:
        raise QueueDoesNotExist
    return queue
