"""ShardProcessor under a simulator: the invariants hold for every seed. ``PELTON_SEEDS`` sets how many."""

from __future__ import annotations

import os

import pytest

from tests.triggers.simulating import Simulation

SEEDS = int(os.environ.get("PELTON_SEEDS", "600"))
CHUNK = 50


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_record_is_delivered_or_given_up_and_order_is_kept(first: int) -> None:
    for seed in range(first, first + CHUNK):
        simulation = Simulation(seed)

        try:
            simulation.run()
            check_history(simulation)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error


def check_history(simulation: Simulation) -> None:
    history, settings = simulation.history, simulation.settings
    everything = set(range(1, len(simulation.records) + 1))
    delivered, given_up = set(history.delivered), set(history.conditions)
    assert delivered | given_up == everything, "a record was lost"
    if not history.crashes:
        assert len(history.delivered) == len(delivered), "a record succeeded twice without a crash"
        assert not delivered & given_up, "a record was delivered and given up"
        check_order(simulation)
        check_windows(simulation)
    if settings.is_bisecting and settings.record_age_max_s < 0:
        assert simulation.poison <= given_up <= simulation.poison | history.unlucky, "bisecting isolates the poison"


def check_order(simulation: Simulation) -> None:
    """Successes of one partition key come in the order of its numbers."""
    last: dict[str, int] = {}
    for number in simulation.history.delivered:
        key = simulation.key_of(number)
        assert last.get(key, 0) < number, f"{number} came after {last[key]} of the same key"
        last[key] = number


def check_windows(simulation: Simulation) -> None:
    """A record is seen in one window only; windows do not run backwards."""
    windows = simulation.history.windows
    starts = [start for start, _ in windows]
    assert starts == sorted(starts)
    assert len({number for _, number in windows}) == len(windows)
