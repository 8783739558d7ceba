"""Counting behind positions: always what a plain count says, without reading a backlog again and again."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from pelton.settings import DAY_MS
from pelton.storage.catalog import SequenceNumber
from pelton.storage.tail import count_records
from pelton.storage.trimming import trim_step
from pelton.triggers.record_counter import RecordCounter
from tests.triggers.reacting import make_table, now, put, stream_of, world

UNBOUNDED = 1_000_000


class Counted:
    """A snapshot that says how many index rows its answers counted."""

    def __init__(self, snapshot: object) -> None:
        self.rows = 0
        self._snapshot = snapshot

    def __getattr__(self, name: str) -> object:
        return getattr(self._snapshot, name)

    def select(self, sql: str, bindings: object = ()) -> object:
        rows = self._snapshot.select(sql, bindings)  # type: ignore[attr-defined]
        self.rows += rows[0][0]
        return rows


@pytest.mark.parametrize("seed", range(20))
def test_it_agrees_with_a_plain_count_through_growth_moves_and_trimming(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    with world(tmp_path) as pelton:
        make_table(pelton.storage, shards=2)
        shard = stream_of(pelton.storage).shards[0].number
        counter = RecordCounter(shard, block=7)
        for step in range(60):
            for version in range(random.choice([0, 1, 5, 40])):
                put(pelton.storage, f"k{random.randrange(9)}", step * 100 + version)
            if random.random() < 0.1:
                pelton.clock.advance(3600.0 * 13)
                now(pelton.storage, lambda transaction: trim_step(transaction, pelton.clock.now_ms(), DAY_MS))
            with pelton.storage.snapshot() as snapshot:
                after = SequenceNumber(random.randint(0, snapshot.tip()))
                assert counter.behind(snapshot, after, UNBOUNDED) == count_records(snapshot, shard, after)


def test_a_look_that_may_read_little_tells_less_and_the_next_ones_the_rest(tmp_path: Path) -> None:
    with world(tmp_path) as pelton:
        make_table(pelton.storage)
        shard = stream_of(pelton.storage).shards[0].number
        for version in range(100):
            put(pelton.storage, "k", version)
        counter = RecordCounter(shard, block=30)

        with pelton.storage.snapshot() as snapshot:
            assert [counter.behind(snapshot, SequenceNumber(0), 40) for _ in range(4)] == [40, 80, 100, 100]


def test_a_second_look_reads_what_is_new_and_no_backlog(tmp_path: Path) -> None:
    with world(tmp_path) as pelton:
        make_table(pelton.storage)
        shard = stream_of(pelton.storage).shards[0].number
        for version in range(500):
            put(pelton.storage, "k", version)
        counter = RecordCounter(shard, block=50)
        first, second = Counted(pelton.storage.snapshot()), Counted(pelton.storage.snapshot())

        assert counter.behind(first, SequenceNumber(0), UNBOUNDED) == 500
        put(pelton.storage, "k", 500)
        assert counter.behind(second, SequenceNumber(480), UNBOUNDED) == 21

        assert first.rows == 500
        assert second.rows <= 1 + 50
