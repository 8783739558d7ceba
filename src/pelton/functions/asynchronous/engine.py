"""Asynchronous invocations at work: events are kept in storage, each function's are run a few at a time.

A row leaves, and its record reaches the destinations, in one transaction after the function has run: a crash
before it means another attempt (at least once), none after it. Everything runs on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from pelton.clock import Timer
from pelton.functions.asynchronous.deciding import Ended, Step, after_run, after_throttling, backoff_ms, before_attempt
from pelton.functions.asynchronous.destinations import DestinationFailed, EventDestinations, MessageRefused
from pelton.functions.asynchronous.records import verdict
from pelton.functions.asynchronous.settings import EventSettings, event_settings
from pelton.functions.asynchronous.telling import Message, Telling
from pelton.functions.attached import Attached, Attachment
from pelton.functions.invocation import Draining, Invocation, Outcome, Throttled, UnknownFunction
from pelton.functions.names import unqualified
from pelton.functions.service import Functions
from pelton.functions.trace import child_of
from pelton.storage.async_events import (
    AsyncEvent,
    add_event,
    due_ids,
    event,
    functions_with_events,
    newest_event,
    next_due_ms,
    postpone_event,
    remove_event,
    waiting_events,
)
from pelton.storage.engine import Storage
from pelton.storage.transaction import WriteTransaction

#: Events of one function that are under way at a time: each may hold a worker.
UNDER_WAY_MAX = 16

_log = logging.getLogger("pelton.functions")


@dataclass(slots=True)
class _Lane:
    """The events of one function that are under way, and the timer of its next."""

    under_way: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    timer: Timer | None = None


class AsyncInvocations:
    """Accepts events and runs them."""

    def __init__(
        self,
        functions: Functions,
        storage: Storage,
        attached: Attached,
        destinations: EventDestinations,
        tell: Callable[[str, str], None],
    ) -> None:
        """``tell`` gets a function's ARN and a line of what went wrong with its events."""
        self._functions = functions
        self._storage = storage
        self.attached = attached
        self.destinations = destinations
        self._telling = Telling(functions, destinations)
        self._tell = tell
        self._clock = functions.clock
        self._lanes: dict[str, _Lane] = {}
        self._is_started = False

    def start(self) -> None:
        """Begin with what earlier runs have left."""
        self._is_started = True
        with self._storage.snapshot() as snapshot:
            functions = functions_with_events(snapshot)
        for function in functions:
            self.wake(function)

    async def accept(self, arn: str, qualifier: str, payload: bytes, trace: str | None) -> str:
        """Keep an event; it is durable when this returns its request id.

        Args:
            arn: the function's, without qualifier.
            qualifier: as the caller gave it; empty: none.
            payload: JSON text.
            trace: the caller's trace header.
        """
        random = self._functions.random
        now_ms = self._clock.now_ms()
        accepted = AsyncEvent(
            function=arn,
            qualifier=qualifier,
            request_id=str(uuid.UUID(int=random.getrandbits(128), version=4)),
            trace=trace,
            accepted_ms=now_ms,
            due_ms=now_ms,
            payload=payload,
        )
        await self._storage.write(partial(add_event, event=accepted))
        self.wake(arn)
        return accepted.request_id

    def wake(self, arn: str) -> None:
        """Look at a function's events: begin those that are due, as many as may be, and wait for the next."""
        if not self._is_started:
            return
        lane = self._lanes.setdefault(arn, _Lane())
        if lane.timer is not None:
            lane.timer.cancel()
            lane.timer = None
        now_ms = self._clock.now_ms()
        with self._storage.snapshot() as snapshot:
            due = due_ids(snapshot, arn, now_ms, UNDER_WAY_MAX + len(lane.under_way))
            next_ms = next_due_ms(snapshot, arn, now_ms)
        for event_id in due:
            if event_id not in lane.under_way and len(lane.under_way) < UNDER_WAY_MAX:
                lane.under_way[event_id] = asyncio.get_running_loop().create_task(self._handle(arn, event_id))
        if next_ms is not None:
            lane.timer = self._clock.call_later((next_ms - now_ms) / 1000, partial(self.wake, arn))

    def newest(self) -> int:
        """Number of the newest event that was accepted; numbers rise."""
        with self._storage.snapshot() as snapshot:
            return newest_event(snapshot)

    def outstanding(self, up_to: int) -> list[str]:
        """Events up to that number that are not done with: a line for each function."""
        with self._storage.snapshot() as snapshot:
            waiting = waiting_events(snapshot, up_to)
        return [self._outstanding_line(*row) for row in waiting]

    async def drain(self) -> None:
        """Begin nothing more, and return when what is under way has ended; ``Functions.drain`` sees to that."""
        self._is_started = False
        for lane in self._lanes.values():
            if lane.timer is not None:
                lane.timer.cancel()
        await asyncio.gather(*(task for lane in self._lanes.values() for task in lane.under_way.values()))

    def _outstanding_line(self, arn: str, count: int, due_ms: int) -> str:
        function = self._functions.get(arn)
        name = arn if function is None else function.key
        wait_s = (due_ms - self._clock.now_ms()) / 1000
        when = f", the next attempt is in {wait_s:.0f} s" if wait_s > 0 else ""
        return f"{name}: {count} asynchronous event{'s' if count != 1 else ''}{when}"

    async def _handle(self, arn: str, event_id: int) -> None:
        """One attempt at one event."""
        try:
            with self._storage.snapshot() as snapshot:
                found = event(snapshot, event_id)
            if found is not None:
                await self._attempt(found)
        except Draining:
            return
        except Exception:  # A fault of ours, or of the disk: the events of this function go on, this one in a while.
            _log.exception("an asynchronous event of %s could not be handled", arn)
            self._clock.call_later(backoff_ms(0) / 1000, partial(self._leave, arn, event_id))
            return
        self._leave(arn, event_id)

    def _leave(self, arn: str, event_id: int) -> None:
        self._lanes[arn].under_way.pop(event_id, None)
        self.wake(arn)

    async def _attempt(self, found: AsyncEvent) -> None:
        settings = event_settings(
            self.attached.get(found.function, Attachment.EVENT_INVOKE, found.qualifier or "$LATEST")
        )
        if found.verdict is not None:
            await self._end(found, settings)
            return
        now_ms = self._clock.now_ms()
        step: Step | None = before_attempt(found, settings, now_ms)
        outcome: Outcome | None = None
        if step is None:
            try:
                outcome = await self._run(found)
            except UnknownFunction:
                await self._drop(found)
                return
            except Throttled:
                is_closed = self._functions.concurrency.reserved(found.function) == 0
                step = after_throttling(found, settings, self._clock.now_ms(), may_run_never=is_closed)
            else:
                step = after_run(found, settings, self._clock.now_ms(), has_succeeded=outcome.succeeded)
        if isinstance(step, Ended):
            await self._end(replace(found, verdict=verdict(step, outcome), delays=0), settings)
        else:
            await self._storage.write(partial(postpone_event, event=step))

    async def _run(self, found: AsyncEvent) -> Outcome:
        name = f"{found.function}:{found.qualifier}" if found.qualifier else found.function
        return await self._functions.invoke(
            Invocation(
                function_name=name,
                payload=found.payload,
                trace=child_of(self._functions.random, found.trace),
                request_id=found.request_id,
                origin={
                    "type": "event",
                    "event": found.id,
                    "cause": found.trace,
                    "attempt": found.attempts + 1,
                },
            )
        )

    async def _drop(self, found: AsyncEvent) -> None:
        self._tell(found.function, "an asynchronous event was dropped: the function is gone")
        await self._storage.write(partial(remove_event, event_id=found.id))

    async def _end(self, found: AsyncEvent, settings: EventSettings) -> None:
        """Tell the destinations and be done, in one transaction; a destination that fails is tried again later.

        Topics and buckets are told before: a crash between the two tells them twice, never not at all.
        """
        try:
            await self._tell_elsewhere(found, settings)
            told = await self._storage.write(partial(self._tell_and_remove, found, settings))
        except DestinationFailed as failure:
            due_ms = self._clock.now_ms() + backoff_ms(found.delays)
            self._tell(found.function, f"the record of an asynchronous event is kept: {failure}")
            later = replace(found, delays=found.delays + 1, due_ms=due_ms)
            await self._storage.write(partial(postpone_event, event=later))
            return
        for message in told:
            if message.is_for_function:
                self.wake(unqualified(message.arn))
            else:
                self.destinations.sent(message.arn)

    async def _tell_elsewhere(self, found: AsyncEvent, settings: EventSettings) -> None:
        for message in self._telling.messages(found, settings, self._clock.now_ms()):
            if self.destinations.is_elsewhere(message.arn):
                await self.destinations.tell(message.arn, message.content, found.function)

    def _tell_and_remove(
        self, found: AsyncEvent, settings: EventSettings, transaction: WriteTransaction
    ) -> list[Message]:
        now_ms = self._clock.now_ms()
        prepared = []
        for message in self._telling.messages(found, settings, now_ms):
            if self.destinations.is_elsewhere(message.arn):
                continue
            try:
                prepared.append((message, self._telling.prepare(transaction, message, now_ms)))
            except MessageRefused as refusal:
                self._tell(found.function, f"the record of an asynchronous event is lost: {refusal}")
        for _, send in prepared:
            send()
        remove_event(transaction, found.id)
        return [message for message, _ in prepared]
