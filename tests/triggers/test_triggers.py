"""Mappings end to end over real storage, in one thread and under a clock moved by hand."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pelton.operations import JsonObject
from pelton.triggers.events import TriggerEventKind
from pelton.triggers.mappings import RESULTS
from pelton.triggers.protocols import NotInvoked
from tests.triggers.reacting import Workshop, World, make_table, put, rest, split, stream_of, world


def test_a_write_reaches_the_function_without_time_passing(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            await pelton.map("index")
            number = put(pelton.storage, "a")

            await pelton.settle()

            assert pelton.workshop.batches == {"index": [[number]]}
            assert pelton.triggers.outstanding(pelton.tip()) == []

    asyncio.run(scenario())


def test_what_is_not_done_yet_is_outstanding(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            await pelton.map("index")
            await pelton.settle()

            put(pelton.storage, "a")

            assert pelton.triggers.outstanding(pelton.tip())[0].startswith("index: ")

    asyncio.run(scenario())


def test_a_restart_resumes_at_the_checkpoint_with_the_same_mapping(tmp_path: Path) -> None:
    async def first() -> str:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            put(pelton.storage, "a")
            await pelton.settle()
            await pelton.triggers.drain(1)
            put(pelton.storage, "b")
            return mapping.uuid

    async def second(uuid: str) -> None:
        with world(tmp_path, seed=8) as pelton:
            await pelton.triggers.start()
            await pelton.settle()

            assert [mapping.uuid for mapping in pelton.triggers.mappings()] == [uuid]
            assert pelton.workshop.versions("index") == {"b": [0]}

    asyncio.run(second(asyncio.run(first())))


@pytest.mark.parametrize(("fails", "expected"), [(False, True), (True, False)])
def test_what_the_last_invocation_came_to_is_known_after_a_restart_and_a_move(
    tmp_path: Path, fails: bool, expected: bool
) -> None:
    def refuse(records: list[JsonObject]) -> object:
        raise ValueError("no")

    def accept(records: list[JsonObject]) -> object:
        return None

    def shown(pelton: World) -> object:
        (mapping,) = pelton.triggers.mappings()
        return pelton.triggers.shown(mapping)["LastProcessingResult"]

    async def first() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index", MaximumRetryAttempts=0)
            assert shown(pelton) == "No records processed"
            put(pelton.storage, "a")
            await pelton.settle()
            pelton.workshop.handlers["index"] = refuse if fails else accept
            put(pelton.storage, "b")
            await pelton.settle()
            await pelton.triggers.move(mapping.uuid, pelton.tip())
            await pelton.triggers.drain(1)

    async def second() -> None:
        with world(tmp_path, seed=8) as pelton:
            await pelton.triggers.start()
            assert shown(pelton) == RESULTS[expected]

    asyncio.run(first())
    asyncio.run(second())


def test_a_failing_batch_is_retried_in_order_until_it_succeeds(tmp_path: Path) -> None:
    tries = []

    def fails_twice(records: list[dict[str, object]]) -> None:
        tries.append(len(records))
        if len(tries) < 3:
            raise ValueError("CRM is down")

    async def scenario() -> None:
        with world(tmp_path, Workshop(handlers={"crm": fails_twice})) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            await pelton.map("crm")
            first = put(pelton.storage, "a")
            await pelton.settle()
            second = put(pelton.storage, "b")

            await pelton.settle(advance_s=10)

            assert pelton.workshop.batches["crm"] == [[first], [first], [first], [second]]
            failed = [event for event in pelton.told if event.kind is TriggerEventKind.BATCH_FAILED]
            assert failed[0].text.startswith("crm: attempt 1 with 1 record failed: ValueError: CRM is down. Next: the")
            assert failed[0].next_attempt_ms is not None
            assert failed[0].text.endswith("the stream waits for it: 0 records wait behind it, given up in 24 h 0 min")
            assert failed[1].text.endswith("1 record waits behind it, given up in 23 h 59 min")
            assert pelton.told[-1].kind is TriggerEventKind.RECOVERED

    asyncio.run(scenario())


def test_attempts_and_the_waiting_batch_survive_a_restart(tmp_path: Path) -> None:
    def fails(_records: object) -> None:
        raise ValueError("no")

    async def run(seconds: float) -> Workshop:
        workshop = Workshop(handlers={"crm": fails})
        with world(tmp_path, workshop) as pelton:
            if not pelton.triggers.mappings():
                make_table(pelton.storage)
                await pelton.map("crm", MaximumRetryAttempts=3)
                put(pelton.storage, "a")
            await pelton.triggers.start()
            await pelton.settle(advance_s=seconds)
            await pelton.triggers.drain(1)
        return workshop

    before = asyncio.run(run(1.5))
    after = asyncio.run(run(100))

    assert len(before.batches["crm"]) + len(after.batches["crm"]) == 4


def test_one_hanging_function_does_not_disturb_the_others(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            pelton.workshop.gates["hangs"] = asyncio.Event()
            make_table(pelton.storage)
            await pelton.triggers.start()
            await pelton.map("hangs")
            await pelton.map("works")
            numbers = []
            for number in range(5):
                numbers.append(put(pelton.storage, f"k{number}"))
                await pelton.settle()

            assert pelton.workshop.numbers("works") == numbers
            assert pelton.workshop.batches["hangs"] == [numbers[:1]]

            pelton.workshop.gates["hangs"].set()
            await pelton.settle()

            assert pelton.workshop.batches["hangs"] == [numbers[:1], numbers[1:]]

    asyncio.run(scenario())


def test_latest_is_fixed_when_the_mapping_is_made_although_nothing_runs_yet(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage, shards=4)
            put(pelton.storage, "before")
            await pelton.map("index", StartingPosition="LATEST")
            put(pelton.storage, "after")

            await pelton.triggers.start()
            await pelton.settle()

            assert pelton.workshop.versions("index") == {"after": [0]}

    asyncio.run(scenario())


def test_a_new_mapping_says_how_many_past_records_it_begins_with(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage, shards=4)
            for number in range(3):
                put(pelton.storage, f"k{number}")

            await pelton.map("index")

            assert pelton.told[0].text == "index: begins at TRIM_HORIZON: 3 past records are delivered first"

    asyncio.run(scenario())


@pytest.mark.parametrize("shards", [1, 4])
def test_sixty_four_writers_on_one_key_are_seen_in_order(tmp_path: Path, shards: int) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage, shards=shards)
            await pelton.triggers.start()
            await pelton.map("index", BatchSize=7)
            await pelton.map("lanes", BatchSize=3, ParallelizationFactor=4)
            for writer in range(64):
                put(pelton.storage, "hot", writer)
                put(pelton.storage, f"cold{writer}")
                if writer % 5 == 0:
                    await pelton.settle()

            await pelton.settle()

            for function in ("index", "lanes"):
                assert pelton.workshop.versions(function)["hot"] == list(range(64))
                assert len(pelton.workshop.numbers(function)) == 128

    asyncio.run(scenario())


def test_a_split_delivers_the_parent_before_its_children(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            pelton.workshop.gates["index"] = asyncio.Event()
            make_table(pelton.storage)
            await pelton.triggers.start()
            await pelton.map("index")
            for version in range(10):
                put(pelton.storage, "hot", version)
                put(pelton.storage, f"k{version}")
                if version in (3, 6):
                    split(pelton.storage)
                await pelton.settle()
            assert len(pelton.workshop.batches["index"]) == 1

            pelton.workshop.gates["index"].set()
            await pelton.settle()

            assert pelton.workshop.versions("index")["hot"] == list(range(10))
            assert len(pelton.workshop.numbers("index")) == 20
            assert pelton.triggers.outstanding(pelton.tip()) == []
            assert {status.state for status in pelton.triggers.status()} == {"idle"}

    asyncio.run(scenario())


def test_finished_shards_stay_finished_after_a_restart(tmp_path: Path) -> None:
    async def first() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            await pelton.map("index")
            put(pelton.storage, "a")
            split(pelton.storage)
            put(pelton.storage, "a", 1)
            await pelton.settle()
            await pelton.triggers.drain(1)

    async def second() -> None:
        with world(tmp_path) as pelton:
            await pelton.triggers.start()
            put(pelton.storage, "a", 2)
            await pelton.settle()

            assert pelton.workshop.versions("index") == {"a": [2]}
            assert len(stream_of(pelton.storage).shards) == 3

    asyncio.run(first())
    asyncio.run(second())


def test_a_throttled_function_uses_up_no_retry(tmp_path: Path) -> None:
    tries: list[int] = []

    def throttled(records: list[dict[str, object]]) -> None:
        tries.append(len(records))
        if len(tries) < 20:
            raise NotInvoked("no worker is free")

    async def scenario() -> None:
        with world(tmp_path, Workshop(handlers={"crm": throttled})) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            await pelton.map("crm", MaximumRetryAttempts=0)
            put(pelton.storage, "a")

            await pelton.settle(advance_s=3600)

            assert len(tries) == 20
            assert not [event for event in pelton.told if event.kind is TriggerEventKind.DISCARDED]
            assert pelton.triggers.outstanding(pelton.tip()) == []

    asyncio.run(scenario())


def test_an_update_holds_from_the_next_batch_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index", BatchSize=1)
            first = [put(pelton.storage, "a", version) for version in range(2)]
            await pelton.settle()

            only_b = '{"dynamodb":{"Keys":{"id":{"S":["b"]}}}}'
            await pelton.triggers.update(mapping.uuid, replace(mapping.settings, batch_size=10, filters=(only_b,)))
            put(pelton.storage, "a", 2)
            later = [put(pelton.storage, "b", version) for version in range(3)]
            await pelton.settle()

            delivered = pelton.workshop.batches["index"]
            assert delivered[:2] == [[first[0]], [first[1]]]
            assert [number for batch in delivered[2:] for number in batch] == later

    asyncio.run(scenario())


def test_what_a_filter_refused_is_not_read_again_after_a_restart(tmp_path: Path) -> None:
    never = {"Filters": [{"Pattern": '{"eventName":["NEVER"]}'}]}

    async def run(*, is_first: bool) -> int:
        with world(tmp_path) as pelton:
            if is_first:
                make_table(pelton.storage)
                await pelton.map("index", FilterCriteria=never)
                for version in range(20):
                    put(pelton.storage, "a", version)
            await pelton.triggers.start()
            await pelton.settle(advance_s=1)
            await pelton.triggers.drain(1)
            (counts,) = pelton.triggers.counts.values()
            assert pelton.workshop.batches == {}
            return counts.polled

    assert asyncio.run(run(is_first=True)) == 20
    assert asyncio.run(run(is_first=False)) == 0


def test_a_crash_between_an_invocation_and_its_checkpoint_delivers_the_batch_again(tmp_path: Path) -> None:
    def crash(_records: object) -> None:
        shutil.copytree(tmp_path / "data", tmp_path / "crashed")

    async def before() -> list[int]:
        with world(tmp_path / "data", Workshop(handlers={"index": crash})) as pelton:
            make_table(pelton.storage)
            await pelton.map("index")
            put(pelton.storage, "a")
            await pelton.triggers.start()
            await rest()
            return pelton.workshop.numbers("index")

    async def after() -> list[int]:
        with world(tmp_path / "crashed") as pelton:
            await pelton.triggers.start()
            await rest()
            return pelton.workshop.numbers("index")

    once, again = asyncio.run(before()), asyncio.run(after())

    assert len(once) == 1
    assert again == once


def test_another_starting_position_in_a_project_changes_its_mapping_in_place(tmp_path: Path) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            declared = {"FunctionName": "index", "EventSourceArn": stream_of(pelton.storage).arn}
            (first,) = await pelton.triggers.reconcile([{**declared, "StartingPosition": "TRIM_HORIZON"}])
            before = put(pelton.storage, "a")
            await pelton.settle()

            (second,) = await pelton.triggers.reconcile([{**declared, "StartingPosition": "LATEST"}])
            after = put(pelton.storage, "b")
            await pelton.settle()

            assert (second.uuid, second.starting_position) == (first.uuid, "LATEST")
            assert pelton.workshop.numbers("index") == [before, after]

    asyncio.run(scenario())
