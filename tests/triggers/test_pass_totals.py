"""What a pass will send is counted in steps, and what comes after is counted by the transaction that begins it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.pass_requests import ReplayRequest, replay_body
from pelton.triggers.pass_totals import count_replayed
from tests.triggers.reacting import make_table, put, world


@pytest.mark.parametrize("block", [1, 2, 3, 7, 100])
def test_a_replay_is_counted_in_blocks_of_any_size_and_what_came_since_is_added(tmp_path: Path, block: int) -> None:
    async def scenario() -> None:
        with world(tmp_path) as pelton:
            make_table(pelton.storage)
            await pelton.triggers.start()
            mapping = await pelton.map("index")
            first, *_ = [put(pelton.storage, f"k{number}") for number in range(7)]
            await pelton.settle()

            counted = await count_replayed(pelton.storage, mapping, first, block)
            put(pelton.storage, "late")
            await pelton.settle()
            with pelton.storage.snapshot() as snapshot:
                body = replay_body(snapshot, mapping, ReplayRequest(after=first), counted)
                alone = replay_body(snapshot, mapping, ReplayRequest(after=SequenceNumber(0)), {})

            assert [known.records for known in counted.values()] == [6]
            assert (body["total"], alone["total"]) == (7, 8)

    asyncio.run(scenario())
