"""ShardRunner: carries out what one shard's processor decides. Thin: reading, invoking, timers, telling.

Nothing polls: the task sleeps until the source, a timer or an answer wakes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from random import Random

from pelton.clock import Clock, Timer
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.answers import Failed, Stopped
from pelton.triggers.checkpoints import finished
from pelton.triggers.discarding import Discarding
from pelton.triggers.events import ShardStatus, TriggerEvent
from pelton.triggers.mappings import EventSourceMapping, MappingSettings
from pelton.triggers.narration import Narrator
from pelton.triggers.particulars import discarded_piece, origin_of
from pelton.triggers.payload import event_bytes
from pelton.triggers.processor import Checkpoint, Discard, Invoke, ProcessorContext, ShardProcessor, Wait
from pelton.triggers.protocols import (
    Answer,
    Checkpoints,
    Executor,
    NotInvoked,
    ShardGone,
    Source,
    SourceShard,
)
from pelton.triggers.shard_status import RunnerView, outstanding_line, shard_status

_log = logging.getLogger("pelton.triggers")

_READ_LIMIT = 1000
#: Pause after a fault of ours.
_TROUBLE_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerContext:
    """What all runners of a mapping share."""

    source: Source
    checkpoints: Checkpoints
    execute: Executor
    clock: Clock
    random: Random
    retention_ms: int
    mapping: Callable[[], EventSourceMapping]  #: as it is now: its function may change
    on_event: Callable[[TriggerEvent], None]
    on_result: Callable[[bool], None]  #: an invocation succeeded, or failed


class ShardRunner:
    """One mapping on one shard, from its first record to the shard's end."""

    def __init__(
        self,
        shard: SourceShard,
        context: RunnerContext,
        *,
        stored: JsonObject | None,
        is_paused: bool,
        on_end: Callable[[ShardRunner], None],
    ) -> None:
        self.shard = shard
        self._context = context
        self._on_end = on_end
        self._narrator = Narrator(context.mapping, shard.id, context.on_event)
        self._discarding = Discarding(context.checkpoints, self._narrator, context.clock, context.random)
        self._processor = self._new_processor(stored)
        self._is_paused = is_paused
        self._is_stopping = False
        self._has_unread = True
        self._is_at_end = False
        self._wake = asyncio.Event()
        self._timer: tuple[int, Timer] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._unsubscribe = context.source.subscribe(shard.id, self._on_news)
        self._task = asyncio.get_running_loop().create_task(self._run())

    @property
    def is_at_end(self) -> bool:
        """Whether the shard was read to its end and all of it is done."""
        return self._is_at_end

    @property
    def is_busy(self) -> bool:
        """Whether an invocation or a discard is under way."""
        return bool(self._under_way)

    def pause(self) -> None:
        """Begin no more invocations; those under way end, and count."""
        self._is_paused = True

    def resume(self) -> None:
        """Go on after ``pause``."""
        self._is_paused = False
        self._wake.set()

    def change(self, settings: MappingSettings) -> None:
        """The mapping was updated: holds from the next batch on."""
        self._processor.change(settings)
        self._discarding.hurry()
        self._wake.set()

    def reset_backoff(self) -> None:
        """The function changed: what waits for a retry is tried now."""
        self._processor.reset_backoff()
        self._wake.set()

    def status(self) -> ShardStatus:
        """Where this stands."""
        position = self._processor.position
        view = RunnerView(
            now_ms=self._context.clock.now_ms(),
            has_unread=self._has_unread,
            unread=self._context.source.unread(self.shard.id, self._processor.read_after) or 0,
            position=self._context.source.number_text(position) if position > self.shard.before else None,
            is_paused=self._is_paused,
            is_at_end=self._is_at_end,
            trouble=self._discarding.trouble,
        )
        return shard_status(self._context.mapping(), self.shard.id, self._processor, view)

    def outstanding(self, up_to: SequenceNumber) -> str | None:
        """What is not done of the records up to that number, in one line; None when all is."""
        if self._is_at_end or self._is_paused:
            return None
        view = RunnerView(
            now_ms=self._context.clock.now_ms(), has_unread=self._has_unread, trouble=self._discarding.trouble
        )
        return outstanding_line(self._context.mapping(), self.shard.id, self._processor, view, up_to)

    async def stop(self, timeout_s: float) -> None:
        """Begin nothing more, wait that long for what is under way, then let it go; save where things stand."""
        self._is_stopping = True
        self._wake.set()
        self._unsubscribe()
        await asyncio.wait({self._task})
        self._discarding.end()
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=timeout_s)
        for task in tuple(self._under_way):
            task.cancel()
        self._set_timer(None)
        if not self._is_at_end:
            self._save()

    def _on_news(self) -> None:
        self._has_unread = True
        self._wake.set()

    def _new_processor(self, stored: JsonObject | None) -> ShardProcessor:
        source = self._context.source
        context = ProcessorContext(
            retention_ms=self._context.retention_ms,
            random=self._context.random,
            number_text=source.number_text,
            partition_key=source.partition_key,
        )
        processor = ShardProcessor(self._context.mapping().settings, context, self.shard.before)
        if stored is not None:
            processor.restore(stored)
        return processor

    async def _run(self) -> None:
        while not self._is_stopping and not self._is_at_end:
            self._wake.clear()
            try:
                await self._step()
            except ShardGone as gone:
                self._narrator.gone(str(gone))
                self._end()
            except Exception as error:  # a stream must outlive our own faults: told, logged, and tried again
                _log.exception("shard %s stopped", self.shard.id)
                self._narrator.stopped(error)
                self._context.clock.call_later(_TROUBLE_PAUSE_S, self._wake.set)
            await self._wake.wait()

    async def _step(self) -> None:
        """Read what there is room for, then do what the processor decides."""
        if self._is_paused:
            if self._processor.take_checkpoint():
                self._save()
            return
        if self._has_unread and self._processor.wants_records:
            self._has_unread = False
            page = await self._context.source.read(self.shard.id, self._processor.read_after, _READ_LIMIT)
            if page.is_gap:
                self._narrator.gap()
            self._has_unread |= page.has_more
            self._processor.add(page, self._context.clock.now_ms())
        self._act()
        if self._processor.is_finished and not self._under_way:
            self._end()
        elif self._has_unread and self._processor.wants_records:
            await asyncio.sleep(0)  # Others have their turn between two pages.
            self._wake.set()

    def _act(self) -> None:
        until_ms: int | None = None
        for action in self._processor.decide(self._context.clock.now_ms()):
            if isinstance(action, Invoke):
                self._begin(self._invoke(action))
            elif isinstance(action, Discard):
                self._begin(self._discard(action))
            elif isinstance(action, Wait):
                until_ms = action.until_ms
            else:
                assert isinstance(action, Checkpoint), "the only action left"
                self._save()
        self._set_timer(until_ms)

    def _save(self) -> None:
        self._context.checkpoints.save(self.shard.id, self._processor.state)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()

    async def _invoke(self, action: Invoke) -> None:
        mapping, clock = self._context.mapping(), self._context.clock
        event = event_bytes(action.piece, action.window, shard_id=self.shard.id, stream_arn=mapping.stream_arn)
        origin = origin_of(mapping, self.shard.id, action.piece, self._context.source.number_text)
        try:
            answer = await self._context.execute(mapping.function_arn, event, origin)
        except NotInvoked as refusal:
            self._not_invoked(action, str(refusal))
        except Exception as error:  # a fault of ours must not use up the function's retries
            _log.exception("function %s could not be invoked", mapping.function_name)
            self._not_invoked(action, f"{type(error).__name__}: {error}")
        else:
            self._answered(action, answer, clock.now_ms())

    def _answered(self, action: Invoke, answer: Answer, now_ms: int) -> None:
        verdict = self._processor.answered(action.lane, answer, now_ms)
        self._context.on_result(not isinstance(verdict, Failed))
        if isinstance(verdict, Failed | Stopped):
            self._narrate_failure(action, verdict.note.reason, now_ms)
        else:
            self._narrator.succeeded(action.lane)

    def _not_invoked(self, action: Invoke, reason: str) -> None:
        now_ms = self._context.clock.now_ms()
        self._processor.not_invoked(action.lane, reason, now_ms)
        self._narrate_failure(action, reason, now_ms)

    def _narrate_failure(self, action: Invoke, reason: str, now_ms: int) -> None:
        self._narrator.failed(action.lane, self._processor.lanes[action.lane], (action.piece, reason), now_ms)

    async def _discard(self, action: Discard) -> None:
        mapping, number_text = self._context.mapping(), self._context.source.number_text
        now_ms = self._context.clock.now_ms()
        discarded = discarded_piece(mapping, self.shard.id, action.piece, number_text, now_ms)
        await self._discarding.keep(
            discarded,
            lambda: self._processor.state_after_discard(action.lane),
            lambda: self._context.mapping().settings.on_failure,
        )
        self._processor.given_up(action.lane, self._context.clock.now_ms())

    def _set_timer(self, at_ms: int | None) -> None:
        if self._timer is not None:
            if self._timer[0] == at_ms:
                return
            self._timer[1].cancel()
            self._timer = None
        if at_ms is not None:
            delay_s = max(at_ms - self._context.clock.now_ms(), 0) / 1000
            self._timer = at_ms, self._context.clock.call_later(delay_s, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._wake.set()

    def _end(self) -> None:
        """The shard is done: remembered, so that its children can begin now and after a restart."""
        self._is_at_end = True
        self._set_timer(None)
        self._unsubscribe()
        self._context.checkpoints.save(self.shard.id, lambda: finished(self._processor.state()))
        self._wake.set()
        self._on_end(self)
