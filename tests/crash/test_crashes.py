"""A loaded Pelton is killed again and again, and nothing is missing."""

from __future__ import annotations

from pathlib import Path
from random import SystemRandom

import pytest

from tests.crash.campaign import run


@pytest.mark.parametrize("kills", [4, 4])
def test_a_loaded_pelton_that_is_killed_loses_nothing(tmp_path: Path, kills: int) -> None:
    seed = SystemRandom().getrandbits(32)

    totals = run(tmp_path, kills, seed, lambda _: None)

    assert totals.problems == [], f"make crash KILLS={kills} SEED={seed}"
    assert totals.kills.total() == kills
    assert totals.acknowledged > 0


@pytest.mark.proof
def test_a_loaded_pelton_that_is_killed_300_times_loses_nothing(tmp_path: Path) -> None:
    seed = SystemRandom().getrandbits(32)

    totals = run(tmp_path, 300, seed, lambda _: None)

    assert totals.problems == [], f"make crash KILLS=300 SEED={seed}"
    assert totals.kills.total() == 300
    assert totals.trimmed > 0
