"""What an operator does to triggers: pausing them, and moving them to another place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from pelton.storage.catalog import SequenceNumber
from pelton.streams.numbers import wire_number
from pelton.triggers.errors import NoSuchPlace, StillMoving
from pelton.triggers.parameters import LATEST, TRIM_HORIZON
from pelton.triggers.seeking import moves, place
from tests.triggers.reacting import make_table, put, split, world


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
