"""What an operator does to triggers: pausing them, and moving them to another place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.failures import failures
from pelton.streams.numbers import wire_number
from pelton.triggers.errors import NoSuchPlace, StillMoving
from pelton.triggers.parameters import LATEST, TRIM_HORIZON
from pelton.triggers.seeking import moves, place
from tests.triggers.reacting import Workshop, make_table, put, split, world


def test_a_paused_trigger_delivers_nothing_across_a_restart_until_it_is_resumed(tmp_path: Path) -> None:
    async def first() -> str:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            await pelton.triggers.pause(mapping.uuid, is_paused=True)
            put(pelton.storage, "a")
            await pelton.settle(60)
            assert pelton.workshop.batches == {}
            assert [status.state for status in pelton.triggers.status()] == ["paused"]
            assert pelton.triggers.shown(pelton.triggers.get(mapping.uuid))["State"] == "Enabled"
            await pelton.triggers.drain(1)
            return mapping.uuid

    async def second(uuid: str) -> None:
        with world(tmp_path, seed=8) as pelton:
            await pelton.triggers.start()
            number = put(pelton.storage, "b")
            await pelton.settle(60)
            assert pelton.workshop.batches == {}

            await pelton.triggers.pause(uuid, is_paused=False)
            await pelton.settle()

            assert pelton.workshop.numbers("index") == [number - 1, number]

    asyncio.run(second(asyncio.run(first())))


def test_seeking_back_delivers_again_and_seeking_ahead_skips(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            numbers = [put(pelton.storage, "a", version) for version in range(5)]
            await pelton.settle()
            snapshot = pelton.storage.snapshot()
            third = place(snapshot, wire_number(numbers[2]), pelton.clock.now_ms())

            assert [move.records for move in moves(snapshot, mapping, third)] == [3]
            await pelton.triggers.move(mapping.uuid, third)
            await pelton.settle()
            assert pelton.workshop.numbers("index") == [*numbers, *numbers[2:]]

            await pelton.triggers.pause(mapping.uuid, is_paused=True)
            put(pelton.storage, "b")
            newest = place(pelton.storage.snapshot(), LATEST, pelton.clock.now_ms())
            await pelton.triggers.move(mapping.uuid, newest)
            await pelton.triggers.pause(mapping.uuid, is_paused=False)
            last = put(pelton.storage, "c")
            await pelton.settle()
            assert pelton.workshop.numbers("index")[8:] == [last]

    asyncio.run(scenario())


def test_seeking_waits_for_the_batch_in_flight(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            gate = pelton.workshop.gates["index"] = asyncio.Event()
            number = put(pelton.storage, "a")
            await pelton.settle()
            moving = asyncio.create_task(pelton.triggers.move(mapping.uuid, pelton.storage.snapshot().horizon()))
            await pelton.settle()
            assert pelton.workshop.numbers("index") == [number]

            gate.set()
            await moving
            await pelton.settle()

            assert pelton.workshop.numbers("index") == [number, number]

    asyncio.run(scenario())


def test_a_trigger_that_is_being_moved_is_not_moved_again_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            gate = pelton.workshop.gates["index"] = asyncio.Event()
            number = put(pelton.storage, "a")
            await pelton.settle()
            start = pelton.storage.snapshot().horizon()
            moving = asyncio.create_task(pelton.triggers.move(mapping.uuid, start))
            await pelton.settle()

            with pytest.raises(StillMoving, match="index is still being moved"):
                await pelton.triggers.move(mapping.uuid, start)
            await pelton.triggers.pause(mapping.uuid, is_paused=True)
            gate.set()
            await moving
            await pelton.settle()

            assert pelton.workshop.numbers("index") == [number]
            assert [status.state for status in pelton.triggers.status()] == ["paused"]

    asyncio.run(scenario())


def test_a_move_that_cannot_be_stored_leaves_the_trigger_where_it_stood(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            first = put(pelton.storage, "a")
            await pelton.settle()

            with pytest.raises(TypeError):  # No position at all: the transaction fails, as on a full disk.
                await pelton.triggers.move(mapping.uuid, cast(SequenceNumber, object()))
            second = put(pelton.storage, "b")
            await pelton.settle()

            assert pelton.workshop.numbers("index") == [first, second]

    asyncio.run(scenario())


def test_seeking_to_the_beginning_reads_parents_before_their_children_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            before = [put(pelton.storage, f"k{number}") for number in range(6)]
            split(pelton.storage)
            after = [put(pelton.storage, f"k{number}", 1) for number in range(6)]
            await pelton.settle()
            assert sorted(pelton.workshop.numbers("index")) == [*before, *after]

            start = place(pelton.storage.snapshot(), TRIM_HORIZON, pelton.clock.now_ms())
            await pelton.triggers.move(mapping.uuid, start)
            await pelton.settle()

            again = pelton.workshop.numbers("index")[12:]
            assert again[:6] == before
            assert sorted(again[6:]) == after

    asyncio.run(scenario())


def test_a_place_may_be_a_time(tmp_path: Path) -> None:
    with world(tmp_path) as pelton:
        make_table(pelton.storage)
        numbers = []
        for version in range(6):
            numbers.append(put(pelton.storage, "a", version))
            pelton.clock.advance(10)
        now_ms = pelton.clock.now_ms()

        places = {text: place(pelton.storage.snapshot(), text, now_ms) for text in ("25s", "1h", "0s")}

    assert places["25s"] == numbers[3]
    assert places["1h"] < numbers[0]
    assert places["0s"] >= numbers[-1]


@pytest.mark.parametrize("text", ["", "yesterday", "12", "9" * 21, "2999-01-01", "-5m"])
def test_what_is_no_place_is_refused_with_the_cure(tmp_path: Path, text: str) -> None:
    with world(tmp_path) as pelton:
        make_table(pelton.storage)
        put(pelton.storage, "a")

        with pytest.raises(NoSuchPlace, match="give TRIM_HORIZON, LATEST"):
            place(pelton.storage.snapshot(), text, pelton.clock.now_ms())


def test_a_stuck_trigger_says_what_waits_behind_it_and_until_when(tmp_path: Path) -> None:
    def fails(_records: object) -> None:
        raise ValueError("no paper")

    async def scenario() -> None:
        with world(tmp_path, Workshop(handlers={"crm": fails})) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            await pelton.map("crm", BatchSize=2, MaximumRecordAgeInSeconds=600)
            for version in range(5):
                put(pelton.storage, "a", version)
            await pelton.settle(advance_s=5)

            (status,) = pelton.triggers.status()

            assert status.state == "waiting"
            assert (status.batch_records, status.behind_records, status.lag_records) == (2, 3, 5)
            assert status.expires_ms == pelton.clock.now_ms() + 595_000
            assert "after: ValueError: no paper; 3 records wait behind it, given up in 9 min" in str(status.waits_for)
            assert status.lag_s == 5.0

    asyncio.run(scenario())


def test_a_paused_trigger_knows_how_far_behind_it_is_before_it_has_read_anything(tmp_path: Path) -> None:
    async def first() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            mapping = await pelton.map("index")
            await pelton.triggers.pause(mapping.uuid, is_paused=True)

    async def second() -> None:
        with world(tmp_path, seed=8) as pelton:
            await pelton.triggers.start()
            for version in range(3):
                put(pelton.storage, "a", version)
            split(pelton.storage)
            pelton.clock.advance(7)

            parent, *children = pelton.triggers.status()

            assert (parent.state, parent.lag_records, parent.lag_s) == ("paused", 3, 7.0)
            assert children == []

    asyncio.run(first())
    asyncio.run(second())


def test_a_rate_is_that_of_the_last_ten_seconds(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            for version in range(20):
                put(pelton.storage, "a", version)
            await pelton.settle()
            rates = [pelton.triggers.status()[0].rate_per_s]
            pelton.clock.advance(11)
            rates.append(pelton.triggers.status()[0].rate_per_s)

            assert rates == [2.0, 0.0]
            counts = pelton.triggers.counts[mapping.uuid]
            assert (counts.polled, counts.invoked, counts.failed_invoke, counts.dropped) == (20, 20, 0, 0)

    asyncio.run(scenario())


def test_what_is_skipped_is_kept_and_the_next_records_are_delivered(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path, Workshop(handlers={"crm": _refuse_version_0})) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("crm")
            poison = put(pelton.storage, "a", 0)
            await pelton.settle()
            following = put(pelton.storage, "a", 1)

            ((shard, pieces),) = pelton.triggers.skippable(mapping.uuid).items()
            pelton.triggers.skip(mapping.uuid, shard)
            await pelton.settle()

            assert [len(piece.records) for piece in pieces] == [1]
            assert pelton.workshop.numbers("crm") == [poison, following]
            (kept,) = failures(pelton.storage.snapshot())
            assert (kept.reason, kept.first, kept.last, kept.is_waiting) == ("Skipped", poison, poison, False)
            assert pelton.triggers.skippable(mapping.uuid) == {}
            assert pelton.triggers.counts[mapping.uuid].dropped == 1

    asyncio.run(scenario())


def _refuse_version_0(records: list[JsonObject]) -> None:
    if any(record["dynamodb"]["Keys"]["version"]["N"] == "0" for record in records):
        raise ValueError("no")
