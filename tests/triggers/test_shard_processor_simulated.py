"""ShardProcessor under a simulator: the invariants hold for every seed. ``PELTON_SEEDS`` sets how many the proof runs.

Of one seed: ``python -c "from tests.triggers.simulating import Simulation; Simulation(SEED).run()"``.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import pytest

from tests.triggers.simulating import failures

SEEDS = 1_000
PROOF_SEEDS = int(os.environ.get("PELTON_SEEDS", "100000"))
CHUNK = 100


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_record_is_delivered_or_given_up_and_order_is_kept(first: int) -> None:
    assert failures(range(first, first + CHUNK)) == []


@pytest.mark.proof
def test_the_invariants_hold_for_very_many_seeds(capfd: pytest.CaptureFixture[str]) -> None:
    found: list[str] = []
    began = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool, capfd.disabled():
        chunks = [pool.submit(failures, range(first, first + CHUNK)) for first in range(0, PROOF_SEEDS, CHUNK)]
        for done, chunk in enumerate(as_completed(chunks), 1):
            found += chunk.result()
            if sys.stderr.isatty() or done % 100 == 0:
                rate = done * CHUNK / (time.monotonic() - began)
                print(
                    f"\r{done * CHUNK} of {PROOF_SEEDS} seeds, {rate:.0f}/s, {len(found)} failed ",
                    end="",
                    file=sys.stderr,
                )

    assert found == []
