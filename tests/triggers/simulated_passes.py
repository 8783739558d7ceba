"""Passes under a simulator: random writers, failures, kills, splits and operations; another function looks on.

The sink keeps the last version of each key it was given. It flags a step back where none is allowed: only the start
of a replay and a kill, of Pelton or of a worker (what was not stored comes again), may step back; *as it was*, which
may too, is not drawn. When all is over, what is still in the failure store is sent as it is now, and the sink must
equal the table. A seed says everything.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson

from pelton.items.keys import storage_key
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.change import Change
from pelton.storage.connection import Durability
from pelton.storage.passes import CANCELLING, PAUSED, RUNNING
from pelton.storage.transaction import WriteTransaction
from pelton.testing.clock import ManualClock
from pelton.triggers.errors import PassRefused, StillMoving
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pass_requests import BackfillRequest, RedriveRequest, ReplayRequest
from pelton.triggers.redrive_pages import AS_IT_IS_NOW, SKIP_SUPERSEDED
from tests.triggers.reacting import (
    SCHEMA,
    START_MS,
    Workshop,
    World,
    make_table,
    number_of,
    rest,
    stream_of,
    table_of,
    world,
    writing,
)
from tests.triggers.slowness import SlowDriver, SlowWorkers

KEYS = [f"k{number}" for number in range(6)]
_END_ROUNDS = 60


class Walk(NamedTuple):
    """What is drawn."""

    steps: tuple[int, int]  #: between two kills, at least and at most
    losing: float = 0.1  #: how often a worker is killed when it has done its work and not said so
    updating: float = 0.1  #: how often the mapping is updated before a step
    is_slow: bool = True  #: commits and workers take their time, and a kill loses what rides


WHOLE, SHORT = Walk((4, 14)), Walk((3, 7))
#: Where it lies costs a tenth of all; None: wherever temporary files lie.
_IN_MEMORY = next((name for name in ("/dev/shm",) if os.access(name, os.W_OK)), None)


@dataclass
class Sink:
    """What the function under operation made of its records."""

    random: Random
    losses: Random  #: of their own: with and without them all else is drawn alike until the first
    failing: float = 0.0
    losing: float = 0.0  #: of what it does, so often nobody hears: its worker is killed behind it
    replay: Callable[[], int | None] = lambda: None  #: the one under way
    replayed: int | None = None
    versions: dict[str, int] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)
    steps_back: list[str] = field(default_factory=list)

    def __call__(self, records: list[JsonObject]) -> None:
        if (name := self.replay()) != self.replayed:
            self.replayed = name
            self.may_step_back()
        if self.random.random() < self.failing:
            raise ValueError("no")
        before = dict(self.highest)
        for record in records:
            self._take(record)
        if self.losses.random() < self.losing:
            self.highest = before  # The same comes again, from its first record on.
            raise ValueError("killed")

    def may_step_back(self) -> None:
        """A new pass, or a kill."""
        self.highest.clear()

    def _take(self, record: JsonObject) -> None:
        change = record["dynamodb"]
        key = change["Keys"]["id"]["S"]
        if record["eventName"] == "REMOVE":
            self.versions.pop(key, None)
            return
        version = int(change["NewImage"]["text"]["S"])
        if version < self.highest.get(key, 0):
            self.steps_back.append(f"{key} from {self.highest[key]} to {version} by {number_of(record)}")
        self.highest[key] = self.versions[key] = version


class PassSimulation:
    """One seed."""

    def __init__(self, seed: int, folder: Path, walk: Walk = WHOLE) -> None:
        self.random = Random(seed)
        self.walk = walk
        self.updates = Random(f"updates {seed}")
        self.folder = folder
        self.clock = ManualClock()
        self.sink = Sink(self.random, Random(f"losses {seed}"), losing=walk.losing)
        self.other: set[int] = set()
        self.slowness = Random(f"slowness {seed}")
        self.beginnings: set[asyncio.Task[None]] = set()
        self.version = 0
        self.wrong: list[str] = []
        self.lives = self.random.choice((1, 2, 3))

    def run(self) -> list[str]:
        """What is wrong; nothing, if all is well."""
        for life in range(self.lives):
            asyncio.run(self._live(is_first=life == 0, is_last=life == self.lives - 1))
            self.sink.may_step_back()
        return self.sink.steps_back + self.wrong

    async def _live(self, *, is_first: bool, is_last: bool) -> None:
        self.clock = ManualClock(self.clock.now_ms())  # The timers of a killed process die with it.
        workshop = Workshop(handlers={"index": self.sink, "other": self._look_on})
        seed = self.random.randrange(1 << 30)
        if is_first:
            for name, content in with_table(self.random.choice((1, 1, 2))).items():
                (self.folder / name).write_bytes(content)
        self.beginnings.clear()
        driver = SlowDriver(self.slowness) if self.walk.is_slow else None
        execute = SlowWorkers(workshop, self.clock, self.slowness) if self.walk.is_slow else None
        opened = world(
            self.folder, workshop, self.clock, seed, Durability.NONE, driver=driver, execute=execute
        )  # fmt: skip
        with opened as pelton:
            await pelton.triggers.start()
            if is_first:
                await self._map(pelton)
            mapping = next(each for each in pelton.triggers.mappings() if each.function_name == "index")
            self.sink.replay = partial(_replay, pelton, mapping)
            for _ in range(self.random.randint(*self.walk.steps)):
                await self._step(pelton, mapping)
            if is_last:
                await self._finish(pelton, mapping)
            if driver is not None:
                driver.kill()
            await _kill()

    async def _map(self, pelton: World) -> EventSourceMapping:
        random = self.random
        for _ in range(random.randrange(4)):
            self._write(pelton)
        await pelton.map("other")
        return await pelton.map(
            "index",
            BatchSize=random.choice((1, 2, 5, 100)),
            ParallelizationFactor=random.choice((1, 1, 2, 3)),
            MaximumRetryAttempts=random.choice((-1, 0, 1)),
            BisectBatchOnFunctionError=random.random() < 0.5,
        )

    async def _step(self, pelton: World, mapping: EventSourceMapping) -> None:
        random = self.random
        if self.updates.random() < self.walk.updating:
            await self._update(pelton, mapping)
        choice = random.random()
        if choice < 0.45:
            for _ in range(random.randint(1, 5)):
                self._write(pelton)
        elif choice < 0.55:
            self._divide(pelton)
        elif choice < 0.75:
            await self._begin(pelton, mapping)
        elif choice < 0.85:
            await self._turn(pelton, mapping, random.choice((PAUSED, RUNNING, RUNNING, CANCELLING)))
        else:
            self.sink.failing = random.choice((0.0, 0.0, 0.3, 0.7))
        if random.random() < 0.7:
            await self._pass_time(pelton, random.choice((0.0, 0.0, 0.06, 0.4, 2.0)))

    async def _update(self, pelton: World, mapping: EventSourceMapping) -> None:
        random = self.updates
        settings = replace(
            pelton.triggers.get(mapping.uuid).settings,
            batch_size=random.choice((1, 2, 5, 100)),
            parallelization_factor=random.choice((1, 2, 3)),
            retry_attempts_max=random.choice((-1, 0, 1)),
        )
        await pelton.triggers.update(mapping.uuid, settings)

    def _write(self, pelton: World) -> None:
        self.version += 1
        key = self.random.choice(KEYS)
        if self.random.random() < 0.2:
            pelton.storage.submit(removing(key), _ignore)
        else:
            pelton.storage.submit(writing(key, text=str(self.version)), _ignore)

    def _divide(self, pelton: World) -> None:
        stream = stream_of(pelton.storage)
        shards = [shard for shard in stream.shards if shard.ending is None]
        shard = self.random.choice(shards)
        is_roll = self.random.random() < 0.5 or len(shards) > 3

        def decide(transaction: WriteTransaction) -> None:
            if is_roll:
                transaction.roll_shard(stream.id, shard.id, START_MS)
            else:
                transaction.split_shard(stream.id, shard.id, START_MS)

        pelton.storage.submit(decide, _ignore)  # Another one may have closed the shard meanwhile.

    async def _begin(self, pelton: World, mapping: EventSourceMapping) -> None:
        random, passes = self.random, pelton.triggers.passes
        rate = random.choice((None, None, 5.0, 40.0))
        kind = random.choice(("replay", "replay", "backfill", "redrive"))
        if kind == "replay":
            tip = pelton.tip()
            after = random.choice((0, random.randint(0, tip)))
            to = random.choice((None, None, random.randint(after, tip)))
            patterns = () if random.random() < 0.6 else ('{"dynamodb":{"NewImage":{"text":{"S":[{"suffix":"3"}]}}}}',)
            request = ReplayRequest(
                after=SequenceNumber(after),
                to=None if to is None else SequenceNumber(to),
                patterns=patterns,
                rate=rate,
            )
            beginning = _begun(partial(passes.replay, mapping, request))
        elif kind == "backfill":
            beginning = _begun(partial(passes.backfill, mapping, BackfillRequest(rate=rate)))
        else:
            mode = random.choice((AS_IT_IS_NOW, SKIP_SUPERSEDED))
            beginning = _begun(partial(passes.redrive, mapping, RedriveRequest(mode=mode, rate=rate)))
        if self.walk.is_slow:  # What is under way ends first, and that takes time.
            self.beginnings.add(asyncio.get_running_loop().create_task(beginning))
        else:
            await beginning

    async def _turn(self, pelton: World, mapping: EventSourceMapping, state: str) -> None:
        row = pelton.triggers.passes.active(mapping.uuid)
        if row is None:
            return
        try:
            await pelton.triggers.passes.turn(mapping, row.kind, state)
        except PassRefused:
            return

    async def _pass_time(self, pelton: World, seconds: float) -> None:
        await rest(25)
        deadline = pelton.clock.monotonic() + seconds
        while (due := pelton.clock.next_due()) is not None and pelton.clock.monotonic() + due <= deadline:
            pelton.clock.advance(due)
            await rest(12)
        pelton.clock.advance(max(deadline - pelton.clock.monotonic(), 0.0))
        await rest(12)

    async def _finish(self, pelton: World, mapping: EventSourceMapping) -> None:
        """Let all end well, send what failed, and compare."""
        self.sink.failing = self.sink.losing = 0.0
        await self._until_begun(pelton)
        await self._turn(pelton, mapping, RUNNING)
        await self._until_over(pelton, mapping)
        await pelton.triggers.passes.redrive(mapping, RedriveRequest())
        await self._until_over(pelton, mapping)
        table = self._table(pelton)
        if self.sink.versions != table:
            self.wrong.append(f"the sink has {self.sink.versions}, the table {table}")
        if self.other != (logged := _logged(pelton)):
            self.wrong.append(f"the other function saw {sorted(self.other ^ logged)} too much or not")

    async def _until_begun(self, pelton: World) -> None:
        while not all(beginning.done() for beginning in self.beginnings):
            await self._pass_time(pelton, 2.0)
        await asyncio.gather(*self.beginnings)

    async def _until_over(self, pelton: World, mapping: EventSourceMapping) -> None:
        for _ in range(_END_ROUNDS):
            await self._pass_time(pelton, 2.0)
            if pelton.triggers.passes.active(mapping.uuid) is None and not pelton.triggers.outstanding(pelton.tip()):
                return
        self.wrong.append(f"not over: {pelton.triggers.passes.rows(1)} {pelton.triggers.outstanding(pelton.tip())}")

    def _table(self, pelton: World) -> dict[str, int]:
        snapshot = pelton.storage.snapshot()
        items = snapshot.items(table_of(snapshot), None, lower=b"", upper=None)
        bodies = [orjson.loads(item.body) for item in items]
        return {body["id"]["S"]: int(body["text"]["S"]) for body in bodies}

    def _look_on(self, records: list[JsonObject]) -> None:
        self.other |= {number_of(record) for record in records}


@cache
def with_table(shards: int) -> dict[str, bytes]:
    """The files of a folder that holds the table and nothing else; making it costs as much as a life."""
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY) as name:
        folder = Path(name)
        with world(folder, durability=Durability.NONE) as pelton:
            make_table(pelton.storage, shards=shards)
        return {file.name: file.read_bytes() for file in folder.iterdir()}


def _ignore(_answer: object) -> None:
    """Nobody waits for it."""


async def _begun(begin: Callable[[], Awaitable[object]]) -> None:
    """Another pass may be under way, or another start."""
    with suppress(PassRefused, StillMoving):
        await begin()


def _replay(pelton: World, mapping: EventSourceMapping) -> int | None:
    row = pelton.triggers.passes.active(mapping.uuid)
    return row.id if row is not None and row.kind == "replay" else None


def _logged(pelton: World) -> set[int]:
    """Numbers of all records that there are."""
    stream, snapshot = stream_of(pelton.storage), pelton.storage.snapshot()
    shards = (
        snapshot.records(stream, shard.id, after=SequenceNumber(0), limit=100_000, bytes_max=1 << 30)
        for shard in stream.shards
    )
    return {record.sequence_number for records in shards for record in records}


async def _kill() -> None:
    """End everything under way where it stands; what begins anew while it ends, too."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0)


def removing(identifier: str) -> Callable[[WriteTransaction], SequenceNumber | None]:
    """Remove an item, if it is there."""
    keys = {"id": {"S": identifier}, "version": {"N": "0"}}
    key = storage_key(SCHEMA, keys)

    def decide(transaction: WriteTransaction) -> SequenceNumber | None:
        table = table_of(transaction)
        before = transaction.item(table, key)
        if before is None:
            return None
        return transaction.apply(
            Change(table=table, key=key, keys=orjson.dumps(keys), keys_size=15, before=before, after=None)
        )

    return decide


def failures(seeds: Iterable[int], walk: Walk = WHOLE) -> list[str]:
    """What went wrong, with its seed."""
    found = []
    for seed in seeds:
        folder = Path(tempfile.mkdtemp(dir=_IN_MEMORY))
        try:
            found += [f"seed {seed}: {wrong}" for wrong in PassSimulation(seed, folder, walk).run()]
        except Exception as error:  # whatever it was belongs to its seed
            found.append(f"seed {seed}: {type(error).__name__}: {error}")
        finally:
            shutil.rmtree(folder)
    return found
