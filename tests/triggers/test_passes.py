"""Replay, backfill and redrive over a real log, under a hand-moved clock: order, places, failures, restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import orjson
import pytest

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.failures import failure, failures, latest_failures
from pelton.storage.passes import CANCELLING, PAUSED, RUNNING
from pelton.triggers.errors import PassRefused
from pelton.triggers.pass_requests import BackfillRequest, RedriveRequest, ReplayRequest
from pelton.triggers.redrive_pages import AS_IT_WAS, SKIP_SUPERSEDED
from tests.triggers.reacting import make_table, number_of, put, split, world, writing
from tests.triggers.slowness import SlowDriver

START = ReplayRequest(after=SequenceNumber(0))


def test_a_replay_sends_everything_again_and_then_what_came_meanwhile(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index", BatchSize=2)
            other = await pelton.map("other")
            numbers = [put(pelton.storage, "a", version) for version in range(5)]
            await pelton.settle()
            gate = pelton.workshop.gates["index"] = asyncio.Event()

            row = await pelton.triggers.passes.replay(mapping, START)
            await pelton.settle()
            late = put(pelton.storage, "b")
            await pelton.settle()
            states = {
                status.shard.rpartition("/")[2]: status.state
                for status in pelton.triggers.status()
                if status.mapping_uuid == mapping.uuid
            }
            gate.set()
            await pelton.settle(1)

            assert states["replay-1"] == "running"
            assert "behind its parent" in states.values()
            assert pelton.workshop.numbers("index") == [*numbers, *numbers, late]
            assert pelton.workshop.numbers("other") == [*numbers, late]
            shown = pelton.triggers.passes.row(row.id)
            assert (shown["state"], shown["total"], shown["done"], shown["failed"]) == ("done", 5, 5, 0)
            assert {status.mapping_uuid for status in pelton.triggers.status()} == {mapping.uuid, other.uuid}

    asyncio.run(scenario())


def test_live_delivery_keeps_its_attempts_behind_a_replay(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index", BatchSize=1, MaximumRetryAttempts=3)
            good, poison = put(pelton.storage, "a"), put(pelton.storage, "b")

            def handler(records: list[JsonObject]) -> None:
                if number_of(records[0]) == poison:
                    raise ValueError("no")

            pelton.workshop.handlers["index"] = handler
            await pelton.settle(0.1)
            tries = pelton.workshop.numbers("index").count(poison)

            await pelton.triggers.passes.replay(mapping, START)
            await pelton.settle(600)

            assert 0 < tries < 4
            assert pelton.workshop.numbers("index").count(good) == 2
            assert pelton.workshop.numbers("index").count(poison) == 4
            assert [batch.first for batch in failures(pelton.storage.snapshot())] == [poison]

    asyncio.run(scenario())


def test_a_replay_to_a_place_ends_with_each_keys_newest_version(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            first = [put(pelton.storage, key, text="1") for key in "ab"]
            middle = [put(pelton.storage, key, text="2") for key in "ac"]
            last = [put(pelton.storage, key, text="3") for key in "cba"]
            await pelton.settle()

            await pelton.triggers.passes.replay(mapping, ReplayRequest(after=SequenceNumber(0), to=first[-1]))
            await pelton.settle(1)

            assert pelton.workshop.numbers("index")[7:] == [*first, *last[1:]]
            assert middle[0] not in pelton.workshop.numbers("index")[7:]

    asyncio.run(scenario())


def test_a_filtered_replay_sends_all_of_a_key_from_its_first_match_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            put(pelton.storage, "a", text="new")
            put(pelton.storage, "b", text="new")
            chosen = [put(pelton.storage, "a", text="paid"), put(pelton.storage, "a", text="sent")]
            await pelton.settle()
            pattern = orjson.dumps({"dynamodb": {"NewImage": {"text": {"S": ["paid"]}}}}).decode()

            request = ReplayRequest(after=SequenceNumber(0), patterns=(pattern,))
            preview = await pelton.triggers.passes.preview(
                mapping, request, pelton.triggers.sources.source(mapping.stream_arn)
            )
            await pelton.triggers.passes.replay(mapping, request)
            await pelton.settle(1)

            assert (preview["total"], preview["records"]) == (4, 2)
            assert pelton.workshop.numbers("index")[4:] == chosen

    asyncio.run(scenario())


def test_a_preview_counts_what_was_delivered_a_moment_ago(tmp_path: Path) -> None:
    """Its position is not stored yet: it waits for a commit, or for a tenth of a second."""

    async def scenario() -> None:
        with world(tmp_path) as before:
            make_table(before.storage)
        with world(tmp_path, driver=SlowDriver(Random(7))) as pelton:
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            await pelton.storage.write(writing("a"))
            await pelton.settle()
            assert len(pelton.workshop.numbers("index")) == 1

            preview = await pelton.triggers.passes.preview(
                mapping, START, pelton.triggers.sources.source(mapping.stream_arn)
            )

            assert (preview["total"], preview["records"]) == (1, 1)

    asyncio.run(scenario())


def test_a_cancelled_replay_brings_what_it_began_to_its_newest_version(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index", BatchSize=1)
            numbers = [put(pelton.storage, key, text=str(turn)) for turn in range(4) for key in "ab"]
            await pelton.settle()

            row = await pelton.triggers.passes.replay(mapping, ReplayRequest(after=SequenceNumber(0), rate=1))
            await pelton.settle(0.5)
            await pelton.triggers.passes.turn(mapping, "replay", CANCELLING)
            late = put(pelton.storage, "c")
            await pelton.settle(10)

            assert pelton.workshop.numbers("index")[8:] == [numbers[0], numbers[6], late]
            assert pelton.triggers.passes.row(row.id)["state"] == "cancelled"

    asyncio.run(scenario())


def test_a_replay_goes_on_after_a_restart_and_over_splits(tmp_path: Path) -> None:
    numbers: list[int] = []

    async def first() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index", BatchSize=1)
            numbers.extend(put(pelton.storage, f"k{key}") for key in range(6))
            split(pelton.storage)
            numbers.extend(put(pelton.storage, f"k{key}", text="2") for key in range(6))
            await pelton.settle()
            await pelton.triggers.passes.replay(mapping, ReplayRequest(after=SequenceNumber(0), rate=2))
            await pelton.settle(1.2)

    async def second() -> None:
        with world(tmp_path, seed=9) as pelton:
            await pelton.triggers.start()
            await pelton.settle(20)

            seen = pelton.workshop.numbers("index")
            assert set(seen) >= set(numbers[3:])
            for key in range(6):
                versions = [number for number in seen if number in (numbers[key], numbers[6 + key])]
                assert versions == sorted(versions)
            assert [row["state"] for row in pelton.triggers.passes.rows()] == ["done"]

    asyncio.run(first())
    asyncio.run(second())


def test_a_child_that_has_done_nothing_waits_for_the_replay_of_its_finished_parent(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            first = put(pelton.storage, "a")
            split(pelton.storage)
            await pelton.settle()
            gate = pelton.workshop.gates["index"] = asyncio.Event()
            await pelton.triggers.passes.replay(mapping, START)
            second = put(pelton.storage, "a", text="2")
            await pelton.settle()
            held = pelton.workshop.numbers("index")
            gate.set()
            await pelton.settle(1)

            assert held == [first, first]
            assert pelton.workshop.numbers("index") == [first, first, second]

    asyncio.run(scenario())


def test_a_second_pass_over_a_trigger_is_refused_by_name(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            put(pelton.storage, "a")
            await pelton.settle()
            await pelton.triggers.passes.replay(mapping, START)

            with pytest.raises(PassRefused, match=r"replay-1 of index is running.*pelton replay index --cancel"):
                await pelton.triggers.passes.backfill(mapping, BackfillRequest())
            with pytest.raises(PassRefused, match="replay-1 of index is running"):
                await pelton.triggers.move(mapping.uuid, SequenceNumber(0))

    asyncio.run(scenario())


@pytest.mark.parametrize("shards", [1, 4])
def test_a_backfill_sends_every_item_between_the_changes_around_it(tmp_path: Path, shards: int) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage, shards=shards)
            for key in range(50):
                put(pelton.storage, f"k{key}", text="1")
            await pelton.triggers.start()
            mapping = await pelton.map("index", StartingPosition="LATEST")
            before = put(pelton.storage, "k0", text="2")

            row = await pelton.triggers.passes.backfill(mapping, BackfillRequest())
            await pelton.settle(1)
            after = put(pelton.storage, "k0", text="3")
            await pelton.settle(1)

            texts = [
                record["dynamodb"]["NewImage"]["text"]["S"]
                for event in pelton.workshop.events["index"]
                for record in event["Records"]
                if record["dynamodb"]["Keys"]["id"]["S"] == "k0"
            ]
            names = {
                record["eventName"]
                for event in pelton.workshop.events["index"]
                for record in event["Records"]
                if number_of(record) not in (before, after)
            }
            assert texts == ["2", "2", "3"]
            assert names == {"INSERT"}
            assert len(pelton.workshop.numbers("index")) == 52
            shown = pelton.triggers.passes.row(row.id)
            assert (shown["state"], shown["total"], shown["done"]) == ("done", 50, 50)

    asyncio.run(scenario())


def test_a_backfill_is_sampled_paused_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    async def first() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            for key in range(30):
                put(pelton.storage, f"k{key}")
            await pelton.triggers.start()
            mapping = await pelton.map("index", StartingPosition="LATEST")
            row = await pelton.triggers.passes.backfill(mapping, BackfillRequest(sample=7, rate=1000))
            await pelton.settle(2)
            shown = pelton.triggers.passes.row(row.id)
            assert (shown["state"], shown["done"]) == (PAUSED, 7)
            pelton.workshop.gates["index"] = asyncio.Event()
            await pelton.triggers.passes.turn(mapping, "backfill", RUNNING)
            await pelton.settle(0.3)

    async def second() -> None:
        with world(tmp_path, seed=9) as pelton:
            await pelton.triggers.start()
            await pelton.settle(2)

            assert len(pelton.workshop.versions("index")) == 23
            assert [row["state"] for row in pelton.triggers.passes.rows()] == ["done"]
            assert pelton.triggers.passes.rows()[0]["done"] == 30

    asyncio.run(first())
    asyncio.run(second())


def test_a_backfill_follows_its_keys_into_the_children_of_a_split_shard(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            for key in range(40):
                put(pelton.storage, f"k{key}")
            await pelton.triggers.start()
            mapping = await pelton.map("index", StartingPosition="LATEST")
            await pelton.triggers.passes.backfill(mapping, BackfillRequest(rate=20))
            await pelton.settle(0.8)
            split(pelton.storage)
            await pelton.settle(10)

            assert len(pelton.workshop.versions("index")) == 40
            assert len(pelton.workshop.numbers("index")) == 40
            assert [row["state"] for row in pelton.triggers.passes.rows()] == ["done"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, [("MODIFY", "a", "2"), ("MODIFY", "b", "1")]),  # As they are now, once per item.
        (AS_IT_WAS, [("INSERT", "a", "1"), ("INSERT", "b", "1")]),
        (SKIP_SUPERSEDED, [("INSERT", "b", "1")]),
    ],
)
def test_a_redrive_sends_what_failed(tmp_path: Path, mode: str | None, expected: list[tuple[str, str, str]]) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index", BatchSize=1, MaximumRetryAttempts=0)
            pelton.workshop.handlers["index"] = _fail
            put(pelton.storage, "a", text="1")
            put(pelton.storage, "b", text="1")
            await pelton.settle(1)
            del pelton.workshop.handlers["index"]
            put(pelton.storage, "a", text="2")
            await pelton.settle(1)
            pelton.workshop.events.clear()

            request = RedriveRequest() if mode is None else RedriveRequest(mode=mode)
            row = await pelton.triggers.passes.redrive(mapping, request)
            await pelton.settle(1)

            got = [
                (
                    record["eventName"],
                    record["dynamodb"]["Keys"]["id"]["S"],
                    record["dynamodb"]["NewImage"]["text"]["S"],
                )
                for event in pelton.workshop.events["index"]
                for record in event["Records"]
            ]
            shown = pelton.triggers.passes.row(row.id)
            assert got == expected
            assert (shown["state"], shown["total"], shown["moved_on"], shown["done"]) == ("done", 2, 1, 2)
            marks = [batch.detail["redrives"] for batch in failures(pelton.storage.snapshot())]
            assert [[(mark["pass"], mark["indexes"]) for mark in each] for each in marks] == [
                [("redrive-1", "all")]
            ] * 2
            again = await pelton.triggers.passes.redrive(mapping, request)
            assert again.body["total"] == 0

    asyncio.run(scenario())


def test_a_batch_larger_than_a_page_is_sent_again_part_by_part_and_over_a_restart(tmp_path: Path) -> None:
    keys = [f"k{number}" for number in range(8)]

    async def first() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            for key in keys:
                put(pelton.storage, key)
            await pelton.triggers.start()
            mapping = await pelton.map("index", MaximumRetryAttempts=0)
            pelton.workshop.handlers["index"] = _fail
            await pelton.settle(1)
            del pelton.workshop.handlers["index"]
            pelton.workshop.events.clear()
            assert [batch.detail["records"] for batch in failures(pelton.storage.snapshot())] == [8]
            await pelton.triggers.passes.redrive(mapping, RedriveRequest(rate=4))
            await pelton.settle(0.6)
            sent.update(pelton.workshop.versions("index"))
            pelton.workshop.gates["index"] = asyncio.Event()
            await pelton.settle(0.3)

    async def second() -> None:
        with world(tmp_path, seed=9) as pelton:
            await pelton.triggers.start()
            await pelton.settle(5)

            shown = pelton.triggers.passes.rows()[0]
            (batch,) = failures(pelton.storage.snapshot())
            assert (shown["state"], shown["done"], shown["total"]) == ("done", 8, 8)
            assert sorted(index for mark in batch.detail["redrives"] for index in mark["indexes"]) == list(range(8))
            assert set(pelton.workshop.versions("index")) == set(keys) - set(sent)

    sent: dict[str, list[int]] = {}
    asyncio.run(first())
    assert 0 < len(sent) < 8
    asyncio.run(second())


def test_what_fails_again_names_the_failure_it_comes_from(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index", BatchSize=10, MaximumRetryAttempts=0)
            pelton.workshop.handlers["index"] = _fail
            put(pelton.storage, "a")
            await pelton.settle(1)

            row = await pelton.triggers.passes.redrive(mapping, RedriveRequest(mode=AS_IT_WAS))
            await pelton.settle(1)

            shown = pelton.triggers.passes.row(row.id)
            newest = latest_failures(pelton.storage.snapshot(), "index")[0]
            assert (shown["state"], shown["failed"]) == ("done", 1)
            assert newest.detail["redriveOf"] == [1]
            assert newest.detail["pass"] == "redrive-1"

    asyncio.run(scenario())


def test_an_edited_record_is_sent_edited_and_kept_beside_the_original(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index", MaximumRetryAttempts=0)
            pelton.workshop.handlers["index"] = _fail
            put(pelton.storage, "a", text="bad")
            await pelton.settle(1)
            del pelton.workshop.handlers["index"]
            event = pelton.workshop.events["index"][0]["Records"][0]
            edited = orjson.loads(orjson.dumps(event).replace(b"bad", b"good"))

            request = RedriveRequest(mode=AS_IT_WAS, edits={"1": {"0": edited}})
            await pelton.triggers.passes.redrive(mapping, request)
            await pelton.settle(1)

            sent = pelton.workshop.events["index"][-1]["Records"][0]["dynamodb"]["NewImage"]["text"]
            kept = failure(pelton.storage.snapshot(), 1)
            assert sent == {"S": "good"}
            assert kept is not None
            assert kept.detail["redrives"][0]["edited"] == {"0": edited}

    asyncio.run(scenario())


def test_a_pass_over_a_deleted_trigger_ends_with_the_reason(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            put(pelton.storage, "a")
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            await pelton.triggers.pause(mapping.uuid, is_paused=True)
            row = await pelton.triggers.passes.backfill(mapping, BackfillRequest())
            await pelton.triggers.delete(mapping.uuid)
            await pelton.settle(1)

            shown = pelton.triggers.passes.row(row.id)
            assert (shown["state"], shown["reason"]) == ("ended", "the trigger was deleted")

    asyncio.run(scenario())


def _fail(_records: list[JsonObject]) -> None:
    raise ValueError("no")
