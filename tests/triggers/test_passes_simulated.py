"""Passes under a simulator: the sink ends equal to the table. ``PELTON_SEEDS`` sets how many seeds the proof runs.

Lives are short here and of full length in the proof. Of one seed of the proof:
``python -c "from tests.triggers.simulated_passes import failures; print(failures([SEED]))"``.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.triggers.simulated_passes import SHORT, WHOLE, failures

SEEDS = 1000
PROOF_SEEDS = int(os.environ.get("PELTON_SEEDS", "100000"))
CHUNK = 20


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_the_sink_ends_equal_to_the_table_and_others_notice_nothing(first: int) -> None:
    assert failures(range(first, first + CHUNK), SHORT) == []


def test_a_replay_cancelled_in_a_later_life_takes_back_what_an_earlier_one_delivered() -> None:
    """There a lane was ahead of the checkpoint's position when Pelton was killed."""
    assert failures([63509], WHOLE._replace(losing=0.0, updating=0.0, is_slow=False)) == []


def test_two_looks_at_the_shards_at_once_may_forget_the_same_one() -> None:
    """The beginning of a replay met a KeyError there."""
    assert failures([26], WHOLE) == []


@pytest.mark.proof
def test_the_sink_ends_equal_to_the_table_for_very_many_seeds() -> None:
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        chunks = pool.map(failures, [range(first, first + CHUNK) for first in range(0, PROOF_SEEDS, CHUNK)])
        found = [failure for chunk in chunks for failure in chunk]

    assert found == []
