"""Triggers: every mapping of this Pelton, durable, and the runners that carry them out.

Ids, versions and positions live in storage and survive restarts; a project's mappings are reconciled in place.
Everything runs on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import TypeVar

from pelton.clock import Clock
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.engine import Storage
from pelton.storage.transaction import WriteTransaction
from pelton.triggers.announcing import begins_on_new_stream, begins_with_backlog, pass_ended
from pelton.triggers.checkpoints import StoredCheckpoints
from pelton.triggers.counting import EventCounts
from pelton.triggers.errors import StillMoving
from pelton.triggers.events import ShardStatus, TriggerEvent
from pelton.triggers.known_mappings import KnownMappings
from pelton.triggers.log_source import LogSources
from pelton.triggers.mapping_runner import MappingRunner, Surroundings
from pelton.triggers.mapping_store import (
    add_mapping,
    drop_mappings,
    move_mapping,
    replace_mapping,
    stored_mappings,
    waiting_records,
)
from pelton.triggers.mappings import API, PROJECT, RESULTS, EventSourceMapping, MappingSettings, configuration
from pelton.triggers.new_mappings import declared_function, function_name_of, new_mapping
from pelton.triggers.options import TriggerOptions
from pelton.triggers.parameters import TRIM_HORIZON, CreateParameters, create_parameters
from pelton.triggers.passes import Passes
from pelton.triggers.pieces import Piece
from pelton.triggers.protocols import Executor
from pelton.triggers.seeking import move_positions

T = TypeVar("T")


class Triggers(KnownMappings):
    """The mappings and their runners."""

    def __init__(
        self,
        storage: Storage,
        execute: Executor,
        *,
        clock: Clock,
        random: Random,
        on_event: Callable[[TriggerEvent], None],
        options: TriggerOptions,
    ) -> None:
        super().__init__(stored_mappings(storage.snapshot()))
        self._storage = storage
        self._clock = clock
        self._random = random
        self.tell = on_event
        self._surroundings = Surroundings(
            execute=execute, clock=clock, random=random, retention_ms=options.retention_ms, on_event=on_event
        )
        self.destinations = options.destinations
        self.sources = LogSources(storage)
        self.passes = Passes(storage, clock, self, lambda row: on_event(pass_ended(row)))
        self._runners: dict[str, MappingRunner] = {}
        self.counts: dict[str, EventCounts] = {}  #: by mapping, since the start
        self._leaving: set[asyncio.Task[None]] = set()
        self._moving: set[str] = set()  #: mappings that begin again by themselves
        self._is_started = False
        self._is_draining = False

    async def start(self) -> None:
        """Begin the runners where their checkpoints stand."""
        self._is_started = True
        await self.passes.start()
        for mapping in self.mappings():
            if mapping.uuid not in self._runners:
                await self._begin(mapping)

    async def reconcile(self, declared: Sequence[JsonObject]) -> tuple[EventSourceMapping, ...]:
        """Make the project's mappings be exactly ``declared`` (members of CreateEventSourceMapping).

        A mapping of the same function and the same table is updated in place: id and positions stay.
        One that is declared no more is deleted. Mappings made through the API are left alone.

        Raises:
            WireError: a declaration is refused; what came before it holds.
        """
        made = [await self._declare(create_parameters(members)) for members in declared]
        kept = {mapping.uuid for mapping in made}
        for mapping in self.mappings():
            if mapping.made_by == PROJECT and mapping.uuid not in kept:
                await self.delete(mapping.uuid)
        return tuple(made)

    async def create(self, parameters: CreateParameters, arn: str) -> EventSourceMapping:
        """A new mapping, made through the API; a LATEST position is fixed when this returns.

        Args:
            parameters: what was asked, checked.
            arn: of the function, which exists; qualified when the name given was.

        Raises:
            WireError: no such stream, or the function is mapped to it already.
        """
        return await self._add(self._new(parameters, arn, API))

    async def update(self, mapping_uuid: str, settings: MappingSettings, arn: str | None = None) -> EventSourceMapping:
        """New settings, and another function when ``arn`` is given: they hold from the next batch on.

        Raises:
            MappingNotFound: no mapping has that UUID.
        """
        mapping = self.get(mapping_uuid)
        changed = replace(mapping, settings=settings)
        if arn is not None:
            changed = replace(changed, function_arn=arn, function_name=function_name_of(arn))
        return await self._replace(changed)

    async def tag(self, mapping_uuid: str, tags: Mapping[str, str]) -> None:
        """Let these be the mapping's tags."""
        await self._replace(replace(self.get(mapping_uuid), tags=dict(tags)))

    async def pause(self, mapping_uuid: str, *, is_paused: bool) -> None:
        """Begin nothing more, or go on where it stood; holds across restarts, and whatever the definition says."""
        await self._replace(replace(self.get(mapping_uuid), is_paused=is_paused))

    async def move(self, mapping_uuid: str, position: SequenceNumber) -> None:
        """Go on after that position, in every shard; what is under way ends first. Raises StillMoving, PassRefused."""
        self.passes.check_none(mapping_uuid)
        decide = partial(move_positions, mapping=self.get(mapping_uuid), position=position)
        await self.restart(mapping_uuid, decide, lambda _: None)

    async def restart(
        self, mapping_uuid: str, decide: Callable[[WriteTransaction], T], decided: Callable[[T], None]
    ) -> T:
        """Let what is under way end, decide, hear of it, and begin again. Raises StillMoving."""
        if mapping_uuid in self._moving:
            raise StillMoving(self.get(mapping_uuid).function_name)
        self._moving.add(mapping_uuid)
        runner = self._runners.pop(mapping_uuid, None)
        try:
            if runner is not None:
                await runner.stop(_LEAVING_PATIENCE_S)
                await runner.checkpoints.flush()
            answer = await self._storage.write(decide)
            decided(answer)
            return answer
        finally:  # A full disk must not leave the function without a runner.
            self._moving.discard(mapping_uuid)
            if mapping_uuid in self._mappings:
                await self._begin(self._mappings[mapping_uuid])

    def skippable(self, mapping_uuid: str) -> dict[str, list[Piece]]:
        """What failed and is tried again, by shard: what ``skip`` would give up."""
        return self._runners[mapping_uuid].skippable() if mapping_uuid in self._runners else {}

    def skip(self, mapping_uuid: str, shard_id: str) -> None:
        """Give up what failed and is tried again in a shard: it goes to the failure store, and the rest goes on."""
        self._runners[mapping_uuid].skip(shard_id)

    async def delete(self, mapping_uuid: str) -> EventSourceMapping:
        """Remove a mapping: the batch in flight ends, its positions are forgotten.

        Raises:
            MappingNotFound: no mapping has that UUID.
        """
        mapping = self.get(mapping_uuid)
        del self._mappings[mapping_uuid]
        self.counts.pop(mapping_uuid, None)
        runner = self._runners.pop(mapping_uuid, None)
        if runner is not None:
            self._leave(runner)
        await self._storage.write(partial(drop_mappings, uuids=(mapping_uuid,)))
        return mapping

    def shown(self, mapping: EventSourceMapping, state: str | None = None) -> JsonObject:
        """The mapping's configuration on the wire; ``state`` replaces the one it is in, for a change's answer."""
        runner = self._runners.get(mapping.uuid)
        is_busy, result = (False, None) if runner is None else (runner.is_busy, runner.last_result)
        return configuration(mapping, state=state or mapping.state(is_busy=is_busy), last_result=RESULTS[result])

    def status(self) -> tuple[ShardStatus, ...]:
        """Where every function stands in every shard that is not finished."""
        return tuple(
            status
            for mapping in self.mappings()
            if mapping.uuid in self._runners
            for status in self._runners[mapping.uuid].status()
        )

    def wake(self, tip: SequenceNumber) -> None:
        """Changes up to ``tip`` were committed: the readers of the shards they concern go on."""
        self.sources.wake(tip)

    def reset_backoff(self, function: str) -> None:
        """The code of the function of that name changed: what waits for a retry is tried now."""
        for runner in self._runners.values():
            if function == runner.mapping.function_name:
                runner.reset_backoff()

    def outstanding(self, up_to: SequenceNumber) -> list[str]:
        """What is not done of the changes up to that number: one line each, the function's name first."""
        if self.sources.seen < up_to:
            return ["triggers: a commit that was not looked at yet"]
        return [line for runner in self._runners.values() for line in runner.outstanding(up_to)]

    async def drain(self, timeout_s: float) -> None:
        """Begin nothing more, let batches in flight end for at most that long, make all state durable, stop."""
        self._is_draining = True
        self.passes.close()
        runners = tuple(self._runners.values())
        await asyncio.gather(*(runner.stop(timeout_s) for runner in runners), *self._leaving)
        for runner in runners:
            await runner.checkpoints.flush()
        self._runners.clear()

    async def _declare(self, asked: CreateParameters) -> EventSourceMapping:
        """A project's mapping: made, or brought in line with what is declared."""
        arn = declared_function(asked)
        wanted = self._new(asked, arn, PROJECT)
        for mapping in self.mappings():
            if (mapping.function_arn, mapping.table) == (arn, wanted.table):
                return await self._bring_in_line(mapping, wanted)
        return await self._add(wanted)

    async def _bring_in_line(self, mapping: EventSourceMapping, wanted: EventSourceMapping) -> EventSourceMapping:
        """Same id, and the same positions unless the table has another stream now."""
        aligned = replace(
            mapping,
            stream_arn=wanted.stream_arn,
            starting_position=wanted.starting_position,
            settings=wanted.settings,
            tags=wanted.tags,
            made_by=PROJECT,
        )
        if aligned.stream_arn == mapping.stream_arn:
            return await self._replace(aligned) if aligned != mapping else mapping
        runner = self._runners.pop(mapping.uuid, None)
        if runner is not None:
            self._leave(runner)
        stored = await self._storage.write(partial(move_mapping, mapping=aligned, now_ms=self._clock.now_ms()))
        self.tell(begins_on_new_stream(stored, mapping.stream_arn))
        self._mappings[stored.uuid] = stored
        await self._begin(stored)
        return stored

    async def _add(self, mapping: EventSourceMapping) -> EventSourceMapping:
        stored = await self._storage.write(partial(add_mapping, mapping=mapping, now_ms=self._clock.now_ms()))
        self._mappings[stored.uuid] = stored
        waiting = waiting_records(self._storage.snapshot(), stored.stream_arn)
        if waiting and stored.starting_position == TRIM_HORIZON:
            self.tell(begins_with_backlog(stored, waiting))
        await self._begin(stored)
        return stored

    async def _replace(self, mapping: EventSourceMapping) -> EventSourceMapping:
        stored = await self._storage.write(partial(replace_mapping, mapping=mapping, now_ms=self._clock.now_ms()))
        self._mappings[stored.uuid] = stored
        if stored.uuid in self._runners:
            self._runners[stored.uuid].change(stored)
        else:
            await self._begin(stored)
        return stored

    async def _begin(self, mapping: EventSourceMapping) -> None:
        if not self._is_started or self._is_draining or mapping.uuid in self._moving:
            return
        runner = MappingRunner(
            mapping,
            self.passes.source(mapping, self.sources.source(mapping.stream_arn)),
            StoredCheckpoints(self._storage, mapping.uuid, self.destinations, self.passes.noted),
            self._surroundings,
            self.counts.setdefault(mapping.uuid, EventCounts()),
        )
        self._runners[mapping.uuid] = runner
        await runner.start()

    def _leave(self, runner: MappingRunner) -> None:
        """Let the runner of a mapping that is no more end in its own time."""
        runner.close()
        self._leaving.add(task := asyncio.get_running_loop().create_task(runner.stop(_LEAVING_PATIENCE_S)))
        task.add_done_callback(self._leaving.discard)

    def _new(self, asked: CreateParameters, arn: str, made_by: str) -> EventSourceMapping:
        new_uuid = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        return new_mapping(asked, new_uuid, arn, made_by=made_by, now_ms=self._clock.now_ms())


#: How long the batch in flight of a deleted mapping may take: the longest that a function may run (s).
_LEAVING_PATIENCE_S = 900.0
