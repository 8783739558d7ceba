"""The brake of passes: live writers go first, and nobody waits for writers that are not there."""

import pytest

from pelton.testing.clock import ManualClock
from pelton.triggers.pass_brake import PassBrake, may_give


@pytest.mark.parametrize(
    ("since_bite_s", "took_s", "quiet_s", "may"),
    [
        (0.0, 0.010, 0.004, True),  # Nobody writes.
        (0.0, 0.010, 0.003, False),  # Somebody did just now,
        (0.119, 0.010, 0.0, False),  # and has had less than twelve times what the bite took.
        (0.120, 0.010, 0.0, True),
        (0.011, 0.0, 0.0, False),  # A clock that did not move says nothing about the bite.
        (0.012, 0.0, 0.0, True),
    ],
)
def test_a_bite_waits_for_its_share_of_the_time_while_somebody_writes(
    since_bite_s: float, took_s: float, quiet_s: float, may: bool
) -> None:
    assert may_give(since_bite_s, took_s, quiet_s) is may


class Log:
    """A tip that grows."""

    tip = 0


def test_what_passes_write_themselves_does_not_hold_them() -> None:
    log, clock = Log(), ManualClock()
    brake = PassBrake(clock, lambda: log.tip)

    log.tip += 500
    brake.bitten(0.010, 500)

    assert brake.allows("shard", _never)
    assert clock.next_due() is None


def test_writers_hold_all_passes_until_they_pause_and_each_is_woken_once() -> None:
    log, clock, woken = Log(), ManualClock(), list[str]()
    brake = PassBrake(clock, lambda: log.tip)
    brake.bitten(0.010, 0)
    log.tip += 1

    held = [brake.allows(name, lambda name=name: woken.append(name)) for name in ("a", "b", "a")]  # type: ignore[misc]
    clock.advance(0.004)

    assert held == [False, False, False]
    assert woken == ["a", "b"]
    assert brake.allows("a", _never)


def test_writers_that_do_not_pause_hold_a_pass_no_longer_than_twelve_times_its_bite() -> None:
    log, clock = Log(), ManualClock()
    brake = PassBrake(clock, lambda: log.tip)
    brake.bitten(0.010, 0)
    waited_ms = 0

    log.tip += 1
    while not brake.allows("a", _nothing):
        clock.advance(0.001)
        waited_ms += 1
        log.tip += 1

    assert waited_ms == 120


def _never() -> None:
    raise AssertionError("nothing waits")


def _nothing() -> None:
    pass
