"""ShardRunner: carries out what one shard's processor decides. Thin: reading, invoking, timers, telling.

Nothing polls: the task sleeps until the source, a timer or an answer wakes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.alarm import Alarm
from pelton.triggers.checkpoints import finished, with_result
from pelton.triggers.discarding import Discarding
from pelton.triggers.events import ShardStatus
from pelton.triggers.invoking import Invoking
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.narration import Narrator
from pelton.triggers.particulars import discarded_piece
from pelton.triggers.pieces import Piece
from pelton.triggers.processor import Checkpoint, Discard, Invoke, ProcessorContext, ShardProcessor, Wait
from pelton.triggers.protocols import (
    ShardGone,
    SourceShard,
    Unread,
)
from pelton.triggers.runner_context import RunnerContext
from pelton.triggers.shard_status import RunnerView, outstanding_line, shard_status

_log = logging.getLogger("pelton.triggers")

_READ_LIMIT = 1000
#: Pause after a fault of ours.
_TROUBLE_PAUSE_S = 1.0


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
        self._invoking = Invoking(shard.id, context, self._processor, self._narrator)
        self._is_paused = is_paused
        self._is_stopping = False
        self._has_unread = True
        self._is_at_end = False
        self._wake = asyncio.Event()
        self._alarm = Alarm(context.clock, self._wake.set)
        self._unsaved_since_ms: int | None = None
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

    def skippable(self) -> list[Piece]:
        """What ``skip`` would give up."""
        return self._processor.skippable()

    def skip(self) -> list[Piece]:
        """Give up what failed and is tried again: now, or when the attempt under way fails too."""
        pieces = self._processor.skip()
        self._wake.set()
        return pieces

    def status(self) -> ShardStatus:
        """Where this stands."""
        view = self._view(self._context.source.unread(self.shard.id, self._processor.read_after))
        return shard_status(self._context.mapping(), self.shard.id, self._processor, view)

    def outstanding(self, up_to: SequenceNumber) -> str | None:
        """What is not done of the records up to that number, in one line; None when all is."""
        if self._is_at_end or self._is_paused:
            return None
        return outstanding_line(self._context.mapping(), self.shard.id, self._processor, self._view(None), up_to)

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
        self._alarm.set(None)
        if not self._is_at_end:
            self._save()

    def _on_news(self) -> None:
        self._has_unread = True
        self._wake.set()

    def _view(self, unread: Unread | None) -> RunnerView:
        clock, position = self._context.clock, self._processor.position
        now_ms = clock.now_ms()
        return RunnerView(
            now_ms=now_ms,
            has_unread=self._has_unread,
            unread=unread or Unread(0, None),
            retention_ms=self._context.retention_ms,
            position=self._context.source.number_text(position) if position > self.shard.before else None,
            is_paused=self._is_paused,
            is_at_end=self._is_at_end,
            trouble=self._discarding.trouble,
            rate_per_s=self._invoking.rate.per_s(clock.monotonic()),
            unsaved_s=0.0 if self._unsaved_since_ms is None else max(now_ms - self._unsaved_since_ms, 0) / 1000,
        )

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
            self._context.counts.polled += len(page.records)
            self._context.counts.filtered_out += self._processor.add(page, self._context.clock.now_ms())
        if self._has_unread:
            self._processor.expect_more()
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
                self._begin(self._invoking(action))
            elif isinstance(action, Discard):
                self._begin(self._discard(action))
            elif isinstance(action, Wait):
                until_ms = action.until_ms
            else:
                assert isinstance(action, Checkpoint), "the only action left"
                self._save()
        self._alarm.set(until_ms)

    def _save(self) -> None:
        if self._unsaved_since_ms is None:
            self._unsaved_since_ms = self._context.clock.now_ms()
        self._context.checkpoints.save(self.shard.id, self._state)

    def _state(self) -> JsonObject:
        """The state, asked for when it is stored."""
        self._unsaved_since_ms = None
        return self._with_result(self._processor.state())

    def _with_result(self, state: JsonObject) -> JsonObject:
        return with_result(state, self._context.last_result())

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()

    async def _discard(self, action: Discard) -> None:
        mapping, number_text = self._context.mapping(), self._context.source.number_text
        now_ms = self._context.clock.now_ms()
        discarded = discarded_piece(mapping, self.shard.id, action.piece, number_text, now_ms)
        await self._discarding.keep(
            discarded,
            lambda: self._with_result(self._processor.state_after_discard(action.lane)),
            lambda: self._context.mapping().settings.on_failure,
        )
        self._context.counts.dropped += len(discarded.records)
        self._processor.given_up(action.lane, self._context.clock.now_ms())

    def _end(self) -> None:
        """The shard is done: remembered, so that its children can begin now and after a restart."""
        self._is_at_end = True
        self._alarm.set(None)
        self._unsubscribe()
        self._context.checkpoints.save(self.shard.id, lambda: finished(self._with_result(self._processor.state())))
        self._wake.set()
        self._on_end(self)
