"""Live writers go first: what a pass takes of the one thread that serves all is given back to them, many times.

A bite is what a pass reads, or claims in one commit, at once. While nothing else is written the next bite follows at
once; while something is, the passes together keep to a share of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import inf

from pelton.clock import Clock, Timer

#: After a bite live writers have so many times what it took. Delivering it costs nearly half as much once more.
_TIMES = 12.0
#: What a bite took, at least: a clock may be coarse.
_TOOK_MIN_S = 0.001
#: Without a live change for so long, nobody writes.
_QUIET_S = 0.004


def may_give(since_bite_s: float, took_s: float, quiet_s: float) -> bool:
    """Whether a pass may take its next bite.

    Args:
        since_bite_s: since the last bite of any pass.
        took_s: what that took of the time of all.
        quiet_s: since a live change was last seen.
    """
    return quiet_s >= _QUIET_S or since_bite_s >= _TIMES * max(took_s, _TOOK_MIN_S)


class PassBrake:
    """Of all passes over one storage."""

    def __init__(self, clock: Clock, tip: Callable[[], int]) -> None:
        """``tip``: the newest number of the log; passes use up numbers, too."""
        self._clock = clock
        self._tip = tip
        self._own = 0  #: numbers that passes have used up
        self._seen = tip()  #: all other numbers, when last looked at
        self._seen_s = -inf
        self._bite_s = -inf
        self._took_s = 0.0
        self._waiting: dict[Hashable, Callable[[], None]] = {}
        self._timer: Timer | None = None

    def allows(self, who: Hashable, wake: Callable[[], None]) -> bool:
        """Whether a bite may be taken now; else ``wake`` is called, once for each ``who``, when to ask again."""
        now_s, live = self._clock.monotonic(), self._tip() - self._own
        if live != self._seen:
            self._seen, self._seen_s = live, now_s
        if may_give(now_s - self._bite_s, self._took_s, now_s - self._seen_s):
            return True
        self._waiting[who] = wake
        if self._timer is None:
            self._timer = self._clock.call_later(_QUIET_S, self._wake)
        return False

    def bitten(self, took_s: float, numbers: int) -> None:
        """A pass took a bite, which used up so many numbers of the log."""
        self._own += numbers
        self._bite_s, self._took_s = self._clock.monotonic(), took_s

    def _wake(self) -> None:
        self._timer = None
        waiting, self._waiting = self._waiting, {}
        for wake in waiting.values():
            wake()
