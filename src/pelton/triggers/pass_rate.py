"""How many records a second a pass gives. What it gave too much it makes up for by waiting."""

from __future__ import annotations

from collections.abc import Callable

from pelton.clock import Clock

#: Seconds' worth of records that may come at once.
_BURST_S = 0.1


class PassRate:
    """An allowance that grows with time."""

    def __init__(self, per_s: float | None, clock: Clock) -> None:
        """``per_s``: records a second; None: as fast as it goes."""
        self._per_s = per_s
        self._clock = clock
        self._left = 1.0
        self._seen_s = clock.monotonic()

    def allows(self, wake: Callable[[], None]) -> bool:
        """Whether something may be given now; else ``wake`` is called when it may."""
        if self._per_s is None:
            return True
        now_s = self._clock.monotonic()
        most = max(self._per_s * _BURST_S, 1.0)
        self._left = min(self._left + (now_s - self._seen_s) * self._per_s, most)
        self._seen_s = now_s
        if self._left >= 1.0:
            return True
        self._clock.call_later((1.0 - self._left) / self._per_s + 0.001, wake)
        return False

    def limit(self, limit: int) -> int:
        """How many may be given at once."""
        return limit if self._per_s is None else max(1, min(limit, int(self._left)))

    def spend(self, count: int) -> None:
        """So many were given."""
        if self._per_s is not None:
            self._left -= count
