"""Passes of each kind while something else happens: trimming, another stream, no table, splits, updates, a cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.passes import CANCELLING, Pass
from pelton.storage.transaction import WriteTransaction
from pelton.storage.trimming import trim_step
from pelton.triggers.events import TriggerEventKind
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pass_requests import BackfillRequest, RedriveRequest, ReplayRequest
from tests.triggers.reacting import (
    START_MS,
    World,
    make_table,
    now,
    put,
    split,
    stream_of,
    table_of,
    world,
)

KINDS = ("replay", "backfill", "redrive")
KEYS = [f"k{number}" for number in range(8)]
DAY_MS = 24 * 3600 * 1000
#: Records a second: eight of them take two.
RATE = 4.0

Newest = dict[str, str]


def sink(newest: Newest) -> Callable[[list[JsonObject]], None]:
    """A handler that keeps the last text of each key."""

    def take(records: list[JsonObject]) -> None:
        for record in records:
            newest[record["dynamodb"]["Keys"]["id"]["S"]] = record["dynamodb"]["NewImage"]["text"]["S"]

    return take


def fail(_records: list[JsonObject]) -> None:
    raise ValueError("no")


async def begun(pelton: World, kind: str, newest: Newest) -> tuple[EventSourceMapping, Pass]:
    """Eight items that a function has seen, or failed on; and a slow pass that has just begun to send them again."""
    make_table(pelton.storage)
    await pelton.triggers.start()
    mapping = await pelton.map("index", BatchSize=1, MaximumRetryAttempts=0)
    pelton.workshop.handlers["index"] = fail if kind == "redrive" else sink({})
    for key in KEYS:
        put(pelton.storage, key, text="1")
    await pelton.settle(1)
    pelton.workshop.handlers["index"] = sink(newest)
    pelton.workshop.batches.clear()
    passes = pelton.triggers.passes
    if kind == "replay":
        return mapping, await passes.replay(mapping, ReplayRequest(after=SequenceNumber(0), rate=RATE))
    if kind == "backfill":
        return mapping, await passes.backfill(mapping, BackfillRequest(rate=RATE))
    return mapping, await passes.redrive(mapping, RedriveRequest(rate=RATE))


def state(pelton: World, row: Pass) -> str:
    return str(pelton.triggers.passes.row(row.id)["state"])


def test_a_replay_passes_over_what_is_trimmed_while_it_runs(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            newest: Newest = {}
            _, row = await begun(pelton, "replay", newest)
            await pelton.settle(0.6)
            before = dict(newest)

            now(pelton.storage, lambda transaction: trim_step(transaction, START_MS + 2 * DAY_MS, DAY_MS))
            put(pelton.storage, "late", text="2")
            await pelton.settle(5)

            assert 0 < len(before) < len(KEYS)
            assert state(pelton, row) == "done"
            assert newest == {**before, "late": "2"}
            assert TriggerEventKind.GAP in {event.kind for event in pelton.told}

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_replaced", [True, False], ids=["replaced", "deleted"])
def test_a_pass_over_a_stream_that_ends_is_brought_to_its_end(tmp_path: Path, kind: str, is_replaced: bool) -> None:
    def end(transaction: WriteTransaction) -> None:
        table = transaction.disable_stream(table_of(transaction), START_MS)
        if is_replaced:
            transaction.enable_stream(table, "NEW_AND_OLD_IMAGES", START_MS + 1)
        else:
            transaction.drop_table(table, START_MS)

    async def scenario() -> None:
        with world(tmp_path) as pelton:
            newest: Newest = {}
            _, row = await begun(pelton, kind, newest)
            await pelton.settle(0.6)
            now(pelton.storage, end)
            await pelton.settle(5)

            shown = pelton.triggers.passes.row(row.id)
            if kind == "replay":  # Its records can be read for a day.
                assert (shown["state"], newest) == ("done", dict.fromkeys(KEYS, "1"))
            else:
                assert (shown["state"], shown["reason"]) == ("ended", "the stream was disabled, or its table deleted")
                assert 0 < len(newest) < len(KEYS)
            assert not pelton.triggers.outstanding(pelton.tip())

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_split", [True, False], ids=["split", "rolled"])
def test_a_pass_goes_on_over_a_shard_that_closes(tmp_path: Path, kind: str, is_split: bool) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            newest: Newest = {}
            _, row = await begun(pelton, kind, newest)
            await pelton.settle(0.6)
            if is_split:
                split(pelton.storage)
            else:
                stream = stream_of(pelton.storage)
                now(
                    pelton.storage,
                    lambda transaction: transaction.roll_shard(stream.id, stream.shards[0].id, START_MS),
                )
            put(pelton.storage, KEYS[0], text="2")
            put(pelton.storage, KEYS[7], text="2")
            await pelton.settle(10)

            assert state(pelton, row) == "done"
            assert newest == {**dict.fromkeys(KEYS, "1"), KEYS[0]: "2", KEYS[7]: "2"}

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_of_the_mapping_holds_for_the_pass_from_its_next_batch_on(tmp_path: Path, kind: str) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            newest: Newest = {}
            mapping, row = await begun(pelton, kind, newest)
            await pelton.settle(0.6)
            few = set(newest)
            pattern = '{"dynamodb":{"Keys":{"id":{"S":["k7","late"]}}}}'
            settings = replace(mapping.settings, parallelization_factor=3, filters=(pattern,))
            await pelton.triggers.update(mapping.uuid, settings)
            put(pelton.storage, "late", text="2")
            await pelton.settle(10)

            assert state(pelton, row) == "done"
            assert set(newest) - few == {"k7", "late"} - few
            assert not pelton.triggers.outstanding(pelton.tip())

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after_s", [0.0, 0.3, 0.9, 1.6, 2.4])
def test_a_pass_is_cancelled_at_any_moment_and_another_can_begin(tmp_path: Path, kind: str, after_s: float) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            newest: Newest = {}
            mapping, row = await begun(pelton, kind, newest)
            await pelton.settle(after_s)
            was_running = state(pelton, row) == "running"
            put(pelton.storage, KEYS[0], text="2")
            if was_running:
                await pelton.triggers.passes.turn(mapping, kind, CANCELLING)
            put(pelton.storage, KEYS[7], text="2")
            await pelton.settle(5)
            cut = dict(newest)
            calls = len(pelton.workshop.numbers("index"))
            await pelton.settle(5)

            assert state(pelton, row) == ("cancelled" if was_running else "done")
            assert (cut[KEYS[0]], cut[KEYS[7]]) == ("2", "2")
            assert len(pelton.workshop.numbers("index")) == calls
            again = await pelton.triggers.passes.backfill(mapping, BackfillRequest())
            await pelton.settle(5)
            assert state(pelton, again) == "done"
            assert newest == {**dict.fromkeys(KEYS, "1"), KEYS[0]: "2", KEYS[7]: "2"}

    asyncio.run(scenario())
