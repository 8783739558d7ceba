"""The trigger tests' nouns: a table ``orders`` with a stream, functions that record what they get, and waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeVar

import orjson

from pelton.items.keys import storage_key
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber, Stream, Table
from pelton.storage.change import Change, StoredItem
from pelton.storage.connection import Durability
from pelton.storage.drivers import Driver, InlineDriver
from pelton.storage.engine import Storage, StorageOptions
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.streams.numbers import parse_number
from pelton.testing.clock import ManualClock
from pelton.triggers.events import TriggerEvent
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.options import TriggerOptions
from pelton.triggers.parameters import create_parameters
from pelton.triggers.protocols import Executor, NotInvoked
from pelton.triggers.service import Triggers

T = TypeVar("T")

ACCOUNT, REGION = "000000000000", "us-east-1"
SCHEMA = KeySchema((KeyAttribute("id", "S"),), (KeyAttribute("version", "N"),))
START_MS = 1_761_000_000_000
#: What a handler is: given the records, it returns what the function returns, or raises.
Handler = Callable[[list[JsonObject]], object]


def arn(function: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An invocation's answer."""

    request_id: str
    payload: bytes
    function_error: str | None
    executed_version: str = "$LATEST"


@dataclass
class Workshop:
    """Functions by name, and every batch they were given."""

    handlers: dict[str, Handler] = field(default_factory=dict)
    batches: dict[str, list[list[int]]] = field(default_factory=dict)
    events: dict[str, list[JsonObject]] = field(default_factory=dict)
    origins: list[JsonObject] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    async def __call__(self, function: str, event: bytes, origin: JsonObject) -> Told:
        name = function.rsplit(":", 1)[-1]
        self.origins.append(origin)
        parsed = orjson.loads(event)
        records = parsed["Records"]
        self.batches.setdefault(name, []).append([number_of(record) for record in records])
        self.events.setdefault(name, []).append(parsed)
        if name in self.gates:
            await self.gates[name].wait()
        request_id = f"request-{len(self.origins)}"
        try:
            returned = self.handlers[name](records) if name in self.handlers else None
        except NotInvoked:
            raise
        except Exception as error:
            payload = orjson.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
            return Told(request_id=request_id, payload=payload, function_error="Unhandled")
        return Told(request_id=request_id, payload=orjson.dumps(returned), function_error=None)

    def numbers(self, function: str) -> list[int]:
        """Every number delivered, in order of delivery."""
        return [number for batch in self.batches.get(function, []) for number in batch]

    def versions(self, function: str) -> dict[str, list[int]]:
        """Versions delivered of each id, in order of delivery."""
        seen: dict[str, list[int]] = {}
        for event in self.events.get(function, []):
            for record in event["Records"]:
                keys = record["dynamodb"]["Keys"]
                seen.setdefault(keys["id"]["S"], []).append(int(keys["version"]["N"]))
        return seen


def number_of(record: JsonObject) -> int:
    return parse_number(record["dynamodb"]["SequenceNumber"])


@dataclass
class World:
    """One Pelton's storage and triggers, in line and under a hand-moved clock."""

    storage: Storage
    triggers: Triggers
    clock: ManualClock
    workshop: Workshop
    told: list[TriggerEvent]

    async def map(self, function: str, table: str = "orders", **members: object) -> EventSourceMapping:
        body = {"FunctionName": function, "EventSourceArn": stream_of(self.storage, table).arn}
        asked = create_parameters({**body, "StartingPosition": "TRIM_HORIZON", **members})
        return await self.triggers.create(asked, arn(function))

    async def settle(self, advance_s: float = 0.0) -> None:
        """Let everything happen that can without time passing; then move time on timer by timer, up to a bound."""
        await rest()
        deadline = self.clock.monotonic() + advance_s
        while (due := self.clock.next_due()) is not None and self.clock.monotonic() + due <= deadline:
            self.clock.advance(due)
            await rest()
        self.clock.advance(max(deadline - self.clock.monotonic(), 0.0))
        await rest()

    def tip(self) -> SequenceNumber:
        with self.storage.snapshot() as snapshot:
            return snapshot.tip()


async def rest(rounds: int = 60) -> None:
    """Let the loop's ready tasks run, so many rounds at most; none is left out in which anything could run."""
    ready = getattr(asyncio.get_running_loop(), "_ready", None)  # Asyncio's own loop keeps them there.
    for _ in range(rounds):
        await asyncio.sleep(0)
        if ready is not None and not ready:
            return


@contextmanager
def world(
    folder: Path,
    workshop: Workshop | None = None,
    clock: ManualClock | None = None,
    seed: int = 7,
    durability: Durability = Durability.FULL,
    *,
    driver: Driver | None = None,
    execute: Executor | None = None,
) -> Iterator[World]:
    """A data folder opened, its triggers not yet started; in line, and the workshop's own, unless told otherwise."""
    clock = clock or ManualClock()
    options = StorageOptions(durability=durability)
    storage = Storage.open(folder, clock=clock, driver=driver or InlineDriver(), options=options)
    workshop = workshop or Workshop()
    told: list[TriggerEvent] = []
    triggers = Triggers(
        storage, execute or workshop, clock=clock, random=Random(seed), on_event=told.append, options=TriggerOptions()
    )
    storage.on_commit(triggers.wake)
    try:
        yield World(storage, triggers, clock, workshop, told)
    finally:
        storage.close()


def make_table(storage: Storage, name: str = "orders", shards: int = 1, view: str = "NEW_AND_OLD_IMAGES") -> Table:
    def decide(transaction: WriteTransaction) -> Table:
        table = transaction.create_table(
            account=ACCOUNT,
            region=REGION,
            name=name,
            uuid="7d9",
            schema=SCHEMA,
            definition={"BillingMode": "PAY_PER_REQUEST"},
            now_ms=START_MS,
        )
        return transaction.enable_stream(table, view, START_MS, shards)

    return now(storage, decide)


def now(storage: Storage, decide: Callable[[WriteTransaction], T]) -> T:
    answers: list[T | BaseException] = []
    storage.submit(decide, answers.append)
    if isinstance(answers[0], BaseException):
        raise answers[0]
    return answers[0]


def put(storage: Storage, identifier: str, version: int = 0, table: str = "orders", text: str = "x") -> SequenceNumber:
    """Store a new item; returns its change's number."""
    number = now(storage, writing(identifier, version, table, text))
    assert number is not None
    return number


def writing(
    identifier: str, version: int = 0, table: str = "orders", text: str = "x"
) -> Callable[[WriteTransaction], SequenceNumber | None]:
    keys = {"id": {"S": identifier}, "version": {"N": str(version)}}
    key = storage_key(SCHEMA, keys)
    body = orjson.dumps({**keys, "text": {"S": text}})

    def decide(transaction: WriteTransaction) -> SequenceNumber | None:
        return transaction.apply(
            Change(
                table=table_of(transaction, table),
                key=key,
                keys=orjson.dumps(keys),
                keys_size=15,
                before=transaction.item(table_of(transaction, table), key),
                after=StoredItem(key=key, body=body, size=38),
            )
        )

    return decide


def table_of(snapshot: Snapshot, name: str = "orders") -> Table:
    table = snapshot.table(ACCOUNT, REGION, name)
    assert table is not None
    return table


def stream_of(storage: Storage, name: str = "orders") -> Stream:
    with storage.snapshot() as snapshot:
        stream = table_of(snapshot, name).stream
    assert stream is not None
    return stream


def split(storage: Storage, shard: int = 0, name: str = "orders") -> None:
    """Split an open shard of the table's stream."""
    stream = stream_of(storage, name)
    chosen = [each for each in stream.shards if each.ending is None][shard]
    now(storage, lambda transaction: transaction.split_shard(stream.id, chosen.id, START_MS))
