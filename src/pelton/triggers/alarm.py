"""An alarm: one call that is due at a time, and can be set to another time or off."""

from __future__ import annotations

from collections.abc import Callable

from pelton.clock import Clock, Timer


class Alarm:
    """Calls ``ring`` once at the time it was last set to."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._timer: tuple[int, Timer] | None = None

    def set(self, at_ms: int | None) -> None:
        """Ring at that time (milliseconds since the epoch; what has passed: at once), or not at all."""
        if self._timer is not None:
            if self._timer[0] == at_ms:
                return
            self._timer[1].cancel()
            self._timer = None
        if at_ms is not None:
            delay_s = max(at_ms - self._clock.now_ms(), 0) / 1000
            self._timer = at_ms, self._clock.call_later(delay_s, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._ring()
