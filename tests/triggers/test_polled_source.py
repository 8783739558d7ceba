"""The same functions see the same records whether the log wakes them or GetRecords is polled."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import orjson

from pelton import streams
from pelton.errors import WireError
from pelton.operations import JsonObject, RequestContext
from pelton.storage.engine import Storage
from pelton.testing.clock import ManualClock
from pelton.triggers.checkpoints import StoredCheckpoints
from pelton.triggers.counting import EventCounts
from pelton.triggers.mapping_runner import MappingRunner, Surroundings
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.polled_source import PolledSource, StreamsRefusal
from tests.triggers.reacting import ACCOUNT, REGION, Workshop, World, make_table, put, rest, split, stream_of, world


class InProcessStreams:
    """Pelton's own Streams operations, without a socket."""

    def __init__(self, storage: Storage, clock: ManualClock) -> None:
        self.storage = storage
        self.clock = clock
        self.operations = streams.operations()

    async def call(self, operation: str, body: JsonObject) -> JsonObject:
        context = RequestContext(account=ACCOUNT, region=REGION, now_ms=self.clock.now_ms(), request_id="r")
        try:
            decide = self.operations[operation].prepare(body, context)
            with self.storage.snapshot() as snapshot:
                reply: JsonObject = orjson.loads(orjson.dumps(decide(snapshot)))
        except WireError as error:
            raise StreamsRefusal(error.code, str(error.message)) from error
        return reply


def polling(pelton: World, mapping: EventSourceMapping, workshop: Workshop) -> MappingRunner:
    surroundings = Surroundings(
        execute=workshop, clock=pelton.clock, random=Random(1), retention_ms=86_400_000, on_event=pelton.told.append
    )
    source = PolledSource(InProcessStreams(pelton.storage, pelton.clock), mapping.stream_arn, pelton.clock)
    return MappingRunner(mapping, source, StoredCheckpoints(pelton.storage, "polled"), surroundings, EventCounts())


async def poll(pelton: World, seconds: float) -> None:
    for _ in range(round(seconds / 0.25)):
        pelton.clock.advance(0.25)
        await rest(20)


def test_both_sources_deliver_the_same_events_through_splits(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage, shards=2)
            await pelton.triggers.start()
            mapping = await pelton.map("index", ParallelizationFactor=2)
            polled = Workshop()
            runner = polling(pelton, mapping, polled)
            await runner.start()
            for version in range(12):
                put(pelton.storage, "hot", version)
                put(pelton.storage, f"k{version}")
                if version in (4, 8):
                    split(pelton.storage)
            await poll(pelton, 8)
            await runner.stop(1)

            assert polled.versions("index")["hot"] == list(range(12))
            assert by_number(polled) == by_number(pelton.workshop)
            assert len(by_number(polled)) == 24

    asyncio.run(scenario())


def test_a_polled_shard_survives_expired_iterators(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            mapping = await pelton.map("index")
            polled = Workshop()
            runner = polling(pelton, mapping, polled)
            await runner.start()
            put(pelton.storage, "a")
            await poll(pelton, 1)

            pelton.clock.jump_wall(3_600_000)  # A laptop slept for an hour.
            put(pelton.storage, "b")
            await poll(pelton, 1)
            await runner.stop(1)

            assert polled.versions("index") == {"a": [0], "b": [0]}

    asyncio.run(scenario())


def test_a_polled_position_survives_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            mapping = await pelton.map("index")
            first, second = Workshop(), Workshop()
            runner = polling(pelton, mapping, first)
            await runner.start()
            put(pelton.storage, "a")
            await poll(pelton, 1)
            await runner.stop(1)
            put(pelton.storage, "b")

            again = polling(pelton, mapping, second)
            await again.start()
            await poll(pelton, 1)
            await again.stop(1)

            assert second.versions("index") == {"b": [0]}
            assert stream_of(pelton.storage).arn == mapping.stream_arn

    asyncio.run(scenario())


def by_number(workshop: Workshop) -> dict[str, JsonObject]:
    return {
        record["dynamodb"]["SequenceNumber"]: record
        for event in workshop.events["index"]
        for record in event["Records"]
    }
