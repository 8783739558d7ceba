"""QueueRunner: carries out what a queue mapping's processor decides. Thin: transactions, invocations, timers, telling.

Nothing polls: the task sleeps until its queue, a timer or an answer wakes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from random import Random

from pelton.clock import Clock, Timer
from pelton.operations import JsonObject
from pelton.queues.errors import QueueDoesNotExist
from pelton.queues.service import Queues
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.counting import Rate
from pelton.triggers.events import TriggerEvent
from pelton.triggers.protocols import Answer, Executor, NotInvoked
from pelton.triggers.queue_answers import QueueVerdict, read_queue_answer
from pelton.triggers.queue_intake import Intake
from pelton.triggers.queue_mappings import QueueMapping
from pelton.triggers.queue_narration import QueueNarrator
from pelton.triggers.queue_processor import InvokeBatch, PutBack, QueueBatch, QueueProcessor, Receive, WaitUntil
from pelton.triggers.queue_records import TakenMessage, event_bytes
from pelton.triggers.queue_status import QueueCounts, QueueStatus, QueueView, queue_status

_log = logging.getLogger("pelton.triggers")

#: Pause after a fault of ours, or of the disk under us (ms).
_TROUBLE_PAUSE_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSurroundings:
    """What the runners of all queue mappings share."""

    queues: Queues
    execute: Executor
    clock: Clock
    random: Random
    workers_max: int  #: batches at a time where a mapping names no ceiling
    on_event: Callable[[TriggerEvent], None]


class QueueRunner:
    """Runs one mapping; updates and pauses take effect while it runs."""

    def __init__(self, mapping: QueueMapping, surroundings: QueueSurroundings) -> None:
        self.mapping = mapping
        self._around = surroundings
        self._intake = Intake(surroundings.queues, mapping.queue_arn)
        self._intake.change(mapping.settings.filters)
        self._processor = QueueProcessor(mapping.settings, surroundings.random, surroundings.workers_max)
        self._narrator = QueueNarrator(lambda: self.mapping, surroundings.on_event)
        self._rate = Rate()
        self.counts = QueueCounts()
        self._failed: dict[int, TakenMessage] = {}  #: by their ids; hidden until their time is over
        self._is_stopping = False
        self._wake = asyncio.Event()
        self._timer: Timer | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._unsubscribe = surroundings.queues.subscribe(mapping.queue_arn, self._on_news)
        self._task = asyncio.get_running_loop().create_task(self._run())

    @property
    def is_busy(self) -> bool:
        """Whether an invocation, or something with the queue, is under way."""
        return bool(self._under_way)

    def change(self, mapping: QueueMapping) -> None:
        """The mapping was updated: holds from the next batch on."""
        self.mapping = mapping
        self._intake.change(mapping.settings.filters)
        self._processor.change(mapping.settings)
        self._on_news()

    def reset_backoff(self) -> None:
        """The function changed: what failed is shown again, and what was refused is tried now."""
        failed, self._failed = tuple(self._failed.values()), {}
        now_ms = self._around.clock.now_ms()
        self._processor.hurry(now_ms)
        if failed:
            self._begin(self._write(partial(self._intake.show, messages=failed, now_ms=now_ms)))
        self._wake.set()

    def status(self, snapshot: Snapshot) -> QueueStatus:
        """Where this stands."""
        clock = self._around.clock
        view = QueueView(
            now_ms=clock.now_ms(),
            waiting=self._intake.waiting(snapshot),
            rate_per_s=self._rate.per_s(clock.monotonic()),
            last_error=self._narrator.last_error,
        )
        return queue_status(self.mapping, self._processor, view)

    def outstanding(self, snapshot: Snapshot) -> str | None:
        """What is not done, in one line; None when the queue is empty and all is done."""
        if not self.mapping.is_running:
            return None
        status = self.status(snapshot)
        if not status.messages and not self.is_busy:
            return None
        waits_for = f", {status.waits_for}" if status.waits_for else ""
        return f"{self.mapping.function_name}: {status.messages} messages in queue {self.mapping.queue_name}{waits_for}"

    async def stop(self, timeout_s: float) -> None:
        """Begin nothing more, wait that long for what is under way, then let it go; put back what was not tried."""
        self._is_stopping = True
        self._unsubscribe()
        self._wake.set()
        await asyncio.wait({self._task})
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=timeout_s)
        for task in tuple(self._under_way):
            task.cancel()
        self._set_timer(None)
        await self._put_back(self._processor.give_back(), self._around.clock.now_ms())

    def _on_news(self) -> None:
        self._processor.news()
        self._wake.set()

    async def _run(self) -> None:
        while not self._is_stopping:
            self._wake.clear()
            if self.mapping.is_running:
                self._act()
            else:
                await self._put_back(self._processor.give_back(), self._around.clock.now_ms())
            await self._wake.wait()

    def _act(self) -> None:
        until_ms: int | None = None
        now_ms = self._around.clock.now_ms()
        for action in self._processor.decide(now_ms):
            if isinstance(action, Receive):
                self._begin(self._receive(action))
            elif isinstance(action, InvokeBatch):
                self._begin(self._invoke(action.batch))
            elif isinstance(action, PutBack):
                self._begin(self._put_back(action.messages, action.visible_ms))
            else:
                assert isinstance(action, WaitUntil), "the only action left"
                until_ms = action.at_ms
        self._set_timer(until_ms)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()

    async def _receive(self, wish: Receive) -> None:
        clock, processor = self._around.clock, self._processor
        try:
            received = await self._around.queues.write(partial(self._intake.receive, wish=wish))
        except QueueDoesNotExist:
            self._narrator.gone()
            processor.not_received(clock.now_ms(), None)
        except Exception as error:  # the disk, or a fault of ours: a queue must outlive both
            self._narrator.stopped(error)
            processor.not_received(clock.now_ms(), _TROUBLE_PAUSE_MS)
        else:
            self.counts.polled += len(received.messages) + received.filtered_out
            self.counts.filtered_out += received.filtered_out
            processor.received(received, clock.now_ms())

    async def _invoke(self, batch: QueueBatch) -> None:
        mapping = self.mapping
        try:
            answer = await self._around.execute(
                mapping.function_arn, event_bytes(batch.messages), origin_of(mapping, batch)
            )
        except NotInvoked as refusal:
            self._refused(batch, str(refusal))
        except Exception as error:  # a fault of ours must not use up the messages' receives
            _log.exception("function %s could not be invoked", mapping.function_name)
            self._refused(batch, f"{type(error).__name__}: {error}")
        else:
            await self._answered(batch, answer)

    def _refused(self, batch: QueueBatch, reason: str) -> None:
        now_ms = self._around.clock.now_ms()
        self._processor.not_invoked(batch, now_ms)
        self._narrator.refused(len(batch.messages), reason, batch.retry_at_ms or now_ms)

    async def _answered(self, batch: QueueBatch, answer: Answer) -> None:
        reports = self.mapping.settings.reports_item_failures
        verdict = read_queue_answer(answer, batch.messages, reports_item_failures=reports)
        self._count(verdict)
        if verdict.done:
            await self._write(partial(self._intake.delete, messages=verdict.done))
        self._remember_failed(verdict)
        self._processor.answered(batch, has_failed=verdict.reason is not None)
        if verdict.reason is None:
            self._narrator.succeeded()
        else:
            self._narrator.failed(len(verdict.failed), verdict.reason, batch.until_ms)

    def _count(self, verdict: QueueVerdict) -> None:
        done, failed = len(verdict.done), len(verdict.failed)
        self.counts.invoked += done + failed
        self.counts.failed_invoke += failed
        self.counts.deleted += done
        self._rate.add(done, self._around.clock.monotonic())

    def _remember_failed(self, verdict: QueueVerdict) -> None:
        """Know what to show again when the function is corrected; what is visible again needs no showing."""
        now_ms = self._around.clock.now_ms()
        self._failed = {key: taken for key, taken in self._failed.items() if taken.message.visible_ms > now_ms}
        self._failed.update((taken.message.id, taken) for taken in verdict.failed)

    async def _put_back(self, messages: tuple[TakenMessage, ...], visible_ms: int) -> None:
        if messages:
            await self._write(partial(self._intake.put_back, messages=messages, visible_ms=visible_ms))

    async def _write(self, decide: Callable[[WriteTransaction], None]) -> None:
        """Run a decision; one that fails leaves messages hidden until their time is over, and then they come again."""
        try:
            await self._around.queues.write(decide)
        except Exception as error:  # the disk, or a fault of ours: told, and nothing is lost
            self._narrator.stopped(error)

    def _set_timer(self, at_ms: int | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at_ms is not None:
            delay_s = max(at_ms - self._around.clock.now_ms(), 0) / 1000
            self._timer = self._around.clock.call_later(delay_s, self._wake.set)


def origin_of(mapping: QueueMapping, batch: QueueBatch) -> JsonObject:
    """Where an invocation comes from: its row in storage is made of this."""
    return {
        "mapping": mapping.uuid,
        "mapping_version": mapping.version,
        "queue": mapping.queue_name,
        "records": len(batch.messages),
        "attempt": max(taken.message.received for taken in batch.messages),
    }
