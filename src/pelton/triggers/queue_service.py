"""QueueTriggers: every mapping of a queue, durable, and the runners that carry them out.

The counterpart of ``service.Triggers``, whose sources are streams. Ids and versions live in storage and survive
restarts; a project's mappings are reconciled in place. Everything runs on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from random import Random

from pelton.arns import function_arn
from pelton.clock import Clock
from pelton.functions.errors import InvalidParameterValue
from pelton.functions.names import parse_function_name
from pelton.operations import JsonObject
from pelton.queues.names import parts_of_arn
from pelton.storage.engine import Storage
from pelton.triggers.errors import MappingNotFound
from pelton.triggers.mapping_store import drop_mappings
from pelton.triggers.mappings import API, PROJECT
from pelton.triggers.new_mappings import function_name_of
from pelton.triggers.queue_mappings import QueueMapping, QueueSettings, configuration
from pelton.triggers.queue_parameters import QueueParameters, queue_parameters
from pelton.triggers.queue_runner import QueueRunner, QueueSurroundings
from pelton.triggers.queue_status import QueueCounts, QueueStatus
from pelton.triggers.queue_store import TimeoutOf, put_queue_mapping, stored_queue_mappings

#: How long batches in flight of a deleted mapping may take: the longest that a function may run (s).
_LEAVING_PATIENCE_S = 900.0


class QueueTriggers:
    """The mappings of queues and their runners."""

    def __init__(
        self, storage: Storage, surroundings: QueueSurroundings, *, clock: Clock, random: Random, timeout_of: TimeoutOf
    ) -> None:
        self._storage = storage
        self._surroundings = surroundings
        self._clock = clock
        self._random = random
        self._timeout_of = timeout_of
        self._mappings = {mapping.uuid: mapping for mapping in stored_queue_mappings(storage.snapshot())}
        self._runners: dict[str, QueueRunner] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._is_started = False

    def start(self) -> None:
        """Begin the runners."""
        self._is_started = True
        for mapping in self.mappings():
            self._begin(mapping)

    async def declare(self, members: JsonObject) -> QueueMapping:
        """A project's mapping, as members of CreateEventSourceMapping: made, or brought in line with what they say.

        Raises:
            WireError: it is refused.
        """
        asked = queue_parameters(members)
        wanted = self._new(asked, _declared_function(asked), PROJECT)
        for mapping in self.mappings():
            if (mapping.function_arn, mapping.queue_arn) == (wanted.function_arn, wanted.queue_arn):
                aligned = replace(mapping, settings=wanted.settings, tags=wanted.tags, made_by=PROJECT)
                return await self._put(aligned)
        return await self._put(wanted)

    async def forget_others(self, declared: Collection[str]) -> None:
        """Delete mappings that a project made and declares no more: all but those with these UUIDs."""
        for mapping in self.mappings():
            if mapping.made_by == PROJECT and mapping.uuid not in declared:
                await self.delete(mapping.uuid)

    async def create(self, asked: QueueParameters, arn: str) -> QueueMapping:
        """A new mapping, made through the API, of the function with that ARN, which exists.

        Raises:
            WireError: no such queue, or it does not suit the function, or the two are mapped already.
        """
        return await self._put(self._new(asked, arn, API))

    async def update(self, mapping_uuid: str, settings: QueueSettings, arn: str | None = None) -> QueueMapping:
        """New settings, and another function when ``arn`` is given: they hold from the next batch on.

        Raises:
            WireError: no mapping has that UUID, or as ``create``.
        """
        changed = replace(self.get(mapping_uuid), settings=settings)
        if arn is not None:
            changed = replace(changed, function_arn=arn, function_name=function_name_of(arn))
        return await self._put(changed)

    async def tag(self, mapping_uuid: str, tags: Mapping[str, str]) -> None:
        """Let these be the mapping's tags."""
        await self._put(replace(self.get(mapping_uuid), tags=dict(tags)))

    async def pause(self, mapping_uuid: str, *, is_paused: bool) -> None:
        """Begin nothing more, or go on; holds across restarts, and whatever the definition says."""
        await self._put(replace(self.get(mapping_uuid), is_paused=is_paused))

    async def delete(self, mapping_uuid: str) -> QueueMapping:
        """Remove a mapping: batches in flight end, and what no function has seen stays in the queue.

        Raises:
            MappingNotFound: no mapping has that UUID.
        """
        mapping = self.get(mapping_uuid)
        del self._mappings[mapping_uuid]
        runner = self._runners.pop(mapping_uuid, None)
        if runner is not None:
            self._leaving.add(task := asyncio.get_running_loop().create_task(runner.stop(_LEAVING_PATIENCE_S)))
            task.add_done_callback(self._leaving.discard)
        await self._storage.write(partial(drop_mappings, uuids=(mapping_uuid,)))
        return mapping

    def get(self, mapping_uuid: str) -> QueueMapping:
        """The mapping with that UUID.

        Raises:
            MappingNotFound: there is none.
        """
        mapping = self._mappings.get(mapping_uuid)
        if mapping is None:
            raise MappingNotFound
        return mapping

    def mappings(self) -> tuple[QueueMapping, ...]:
        """All mappings, oldest first."""
        return tuple(sorted(self._mappings.values(), key=lambda mapping: (mapping.made_ms, mapping.uuid)))

    def shown(self, mapping: QueueMapping, state: str | None = None) -> JsonObject:
        """The mapping's configuration on the wire; ``state`` replaces the one it is in, for a change's answer."""
        runner = self._runners.get(mapping.uuid)
        is_busy = runner is not None and runner.is_busy
        if state is None:
            state = "Enabled" if mapping.settings.is_enabled else "Disabling" if is_busy else "Disabled"
        return configuration(mapping, state=state)

    def status(self) -> list[QueueStatus]:
        """Where every function stands in its queue."""
        with self._storage.snapshot() as snapshot:
            return [
                self._runners[mapping.uuid].status(snapshot)
                for mapping in self.mappings()
                if mapping.uuid in self._runners
            ]

    def counts(self) -> dict[str, QueueCounts]:
        """What became of messages, by the UUIDs of mappings."""
        return {mapping_uuid: runner.counts for mapping_uuid, runner in self._runners.items()}

    def reset_backoff(self, function: str) -> None:
        """The code of the function of that name changed: what waits for another attempt is tried now."""
        for runner in self._runners.values():
            if function == runner.mapping.function_name:
                runner.reset_backoff()

    def outstanding(self) -> list[str]:
        """What is not done of what the queues hold: one line each, the function's name first."""
        with self._storage.snapshot() as snapshot:
            lines = [runner.outstanding(snapshot) for runner in self._runners.values()]
        return [line for line in lines if line is not None]

    async def drain(self, timeout_s: float) -> None:
        """Begin nothing more, let batches in flight end for at most that long, stop."""
        self._is_started = False
        await asyncio.gather(*(runner.stop(timeout_s) for runner in self._runners.values()), *self._leaving)
        self._runners.clear()

    async def _put(self, mapping: QueueMapping) -> QueueMapping:
        decide = partial(put_queue_mapping, mapping=mapping, timeout_of=self._timeout_of, now_ms=self._clock.now_ms())
        stored = await self._storage.write(decide)
        self._mappings[stored.uuid] = stored
        if stored.uuid in self._runners:
            self._runners[stored.uuid].change(stored)
        else:
            self._begin(stored)
        return stored

    def _begin(self, mapping: QueueMapping) -> None:
        if self._is_started and mapping.uuid not in self._runners:
            self._runners[mapping.uuid] = QueueRunner(mapping, self._surroundings)

    def _new(self, asked: QueueParameters, arn: str, made_by: str) -> QueueMapping:
        account, region, _ = _home(asked)
        now_ms = self._clock.now_ms()
        return QueueMapping(
            uuid=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            account=account,
            region=region,
            function_name=function_name_of(arn),
            function_arn=arn,
            queue_arn=asked.queue_arn,
            settings=asked.settings,
            version=1,
            made_by=made_by,
            made_ms=now_ms,
            modified_ms=now_ms,
            tags=asked.tags,
        )


def _declared_function(asked: QueueParameters) -> str:
    """ARN of the function that a project means: in its queue's account and region unless it says otherwise."""
    parts = parse_function_name(asked.function_name)
    if parts is None:
        raise InvalidParameterValue(f"{asked.function_name} is neither a function's name nor its ARN")
    account, region, _ = _home(asked)
    return function_arn(parts.region or region, parts.account or account, parts.name, parts.qualifier)


def _home(asked: QueueParameters) -> tuple[str, str, str]:
    parts = parts_of_arn(asked.queue_arn)
    assert parts is not None, "checked when the request was read"
    return parts
