"""MappingRunner: one mapping on all shards of its stream, parents before children, splits as they happen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pelton.clock import Clock
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.checkpoints import Result, is_finished, last_result
from pelton.triggers.counting import EventCounts
from pelton.triggers.events import ShardStatus, TriggerEvent, TriggerEventKind
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pieces import Piece
from pelton.triggers.protocols import Checkpoints, Executor, ShardGone, Source, SourceShard, Unread
from pelton.triggers.runner import ShardRunner
from pelton.triggers.runner_context import RunnerContext
from pelton.triggers.shard_status import waiting_status

_log = logging.getLogger("pelton.triggers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all mappings share."""

    execute: Executor
    clock: Clock
    random: Random
    retention_ms: int
    on_event: Callable[[TriggerEvent], None]


class MappingRunner:
    """Runs one mapping. ``start`` once; then updates, pauses and new shards take effect while it runs."""

    def __init__(
        self,
        mapping: EventSourceMapping,
        source: Source,
        checkpoints: Checkpoints,
        surroundings: Surroundings,
        counts: EventCounts,
    ) -> None:
        self.mapping = mapping
        self.checkpoints = checkpoints
        self._source = source
        self._surroundings = surroundings
        self._context = RunnerContext(
            source=source,
            checkpoints=checkpoints,
            execute=surroundings.execute,
            clock=surroundings.clock,
            random=surroundings.random,
            retention_ms=surroundings.retention_ms,
            mapping=lambda: self.mapping,
            on_event=surroundings.on_event,
            on_result=self._on_result,
            last_result=lambda: self._last_result,
            counts=counts,
        )
        self._stored: dict[str, JsonObject] = {}
        self._listed: tuple[SourceShard, ...] = ()
        self._runners: dict[str, ShardRunner] = {}
        self._finished: set[str] = set()
        self._listing: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._last_result: Result | None = None

    @property
    def last_result(self) -> bool | None:
        """Whether the last invocation succeeded, before the last start too; None before the first."""
        return self._last_result.has_succeeded if self._last_result is not None else None

    @property
    def is_busy(self) -> bool:
        """Whether an invocation or a discard is under way."""
        return any(runner.is_busy for runner in self._runners.values())

    async def start(self) -> None:
        """Read the checkpoints and begin every shard whose parent is done."""
        self._stored = dict(await self.checkpoints.load())
        self._last_result = last_result(self._stored.values())
        self._finished = {shard for shard, state in self._stored.items() if is_finished(state)}
        await self._list()

    def change(self, mapping: EventSourceMapping) -> None:
        """The mapping was updated: its settings hold from the next batch on."""
        self.mapping = mapping
        for runner in self._runners.values():
            runner.change(mapping.settings)
            if mapping.is_running:
                runner.resume()
            else:
                runner.pause()

    def reset_backoff(self) -> None:
        """The function changed: what waits for a retry is tried now."""
        for runner in self._runners.values():
            runner.reset_backoff()

    def skippable(self) -> dict[str, list[Piece]]:
        """What ``skip`` would give up, by shard."""
        return {shard_id: pieces for shard_id, runner in self._runners.items() if (pieces := runner.skippable())}

    def skip(self, shard_id: str) -> list[Piece]:
        """Give up what failed and is tried again in a shard."""
        return self._runners[shard_id].skip()

    def status(self) -> list[ShardStatus]:
        """Where the function stands in every shard that is not finished."""
        return [
            self._runners[shard.id].status() if shard.id in self._runners else self._waiting_status(shard)
            for shard in self._listed
            if shard.id not in self._finished
        ]

    def _waiting_status(self, shard: SourceShard) -> ShardStatus:
        unread = self._source.unread(shard.id, shard.before) or Unread(0, None)
        return waiting_status(self.mapping, shard, unread, self._surroundings.clock.now_ms())

    def outstanding(self, up_to: SequenceNumber) -> list[str]:
        """What is not done of the records up to that number."""
        if not self.mapping.is_running:
            return []
        lines = [line for runner in self._runners.values() if (line := runner.outstanding(up_to))]
        if self._listing is not None:
            lines.append(f"{self.mapping.function_name}: new shards of {self.mapping.table.rsplit('/', 1)[-1]}")
        return lines

    def close(self) -> None:
        """The mapping was deleted, or moved to another stream: its positions here are stored no more."""
        self._is_stopping = True
        self.checkpoints.close()
        for runner in self._runners.values():
            runner.pause()

    async def stop(self, timeout_s: float) -> None:
        """Begin nothing more, let invocations under way end for at most that long, save where things stand."""
        self._is_stopping = True
        if self._listing is not None:
            self._listing.cancel()
        await asyncio.gather(*(runner.stop(timeout_s) for runner in tuple(self._runners.values())))

    async def _list(self) -> None:
        """Look at the stream's shards: begin those that can, forget those that are gone."""
        try:
            self._listed = await self._source.shards()
        except ShardGone as gone:
            self._tell_gone(str(gone))
            return
        there = {shard.id for shard in self._listed}
        for shard in self._listed:
            if self._can_begin(shard, there):
                self._begin(shard)
        for shard_id in self._stored.keys() - there:
            self._stored.pop(shard_id, None)  # Another look may be under way, and forget the same.
            await self.checkpoints.forget(shard_id)

    def _can_begin(self, shard: SourceShard, there: set[str]) -> bool:
        """A shard begins once, and after its parent; a parent that was trimmed holds nobody up."""
        if shard.id in self._finished or shard.id in self._runners:
            return False
        return shard.parent is None or shard.parent not in there or shard.parent in self._finished

    def _begin(self, shard: SourceShard) -> None:
        self._runners[shard.id] = ShardRunner(
            shard,
            self._context,
            stored=self._stored.get(shard.id),
            is_paused=not self.mapping.is_running,
            on_end=self._on_end,
        )

    def _on_result(self, has_succeeded: bool) -> None:
        self._last_result = Result(self._surroundings.clock.now_ms(), has_succeeded)

    def _on_end(self, runner: ShardRunner) -> None:
        """A shard is done: its children, which may be new, can begin."""
        self._finished.add(runner.shard.id)
        self._stored.setdefault(runner.shard.id, {})
        self._runners.pop(runner.shard.id, None)
        if not self._is_stopping:
            self._listing = asyncio.get_running_loop().create_task(self._list_again(self._listing))

    async def _list_again(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        try:
            await self._list()
        except Exception:  # a stream must outlive our own faults: the next shard to end lists again
            _log.exception("the shards of %s could not be listed", self.mapping.stream_arn)
        if self._listing is asyncio.current_task():
            self._listing = None

    def _tell_gone(self, reason: str) -> None:
        self._surroundings.on_event(
            TriggerEvent(
                kind=TriggerEventKind.STREAM_GONE,
                text=f"{self.mapping.function_name}: {reason}. The mapping stays and does nothing; delete it, or bind "
                "the function to the table's present stream",
                function_name=self.mapping.function_name,
                mapping_uuid=self.mapping.uuid,
            )
        )
