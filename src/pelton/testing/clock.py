"""A Clock that stands still until a test moves it; timers run in the order they are due.

Rule: time moves only inside ``advance``, and every timer sees exactly the moment it asked for.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class ManualTimer:
    """A call that is due at ``due_s``; timers due together run in the order they were made."""

    due_s: float
    order: int
    callback: Callable[[], None] = field(compare=False)
    is_cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Take the call back; harmless when it has happened."""
        self.is_cancelled = True


class ManualClock:
    """Time and timers under a test's hand. Implements ``pelton.clock.Clock``."""

    def __init__(self, now_ms: int = 1_761_000_000_000) -> None:
        self._start_ms = now_ms
        self._elapsed_s = 0.0
        self._timers: list[ManualTimer] = []
        self._made = 0

    def now_ms(self) -> int:
        """Wall-clock time, milliseconds since the epoch (UTC)."""
        return self._start_ms + round(self._elapsed_s * 1000)

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed_s

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> ManualTimer:
        """Call ``callback`` inside the ``advance`` that reaches ``delay_s`` seconds (>= 0) from now."""
        self._made += 1
        timer = ManualTimer(self._elapsed_s + max(delay_s, 0.0), self._made, callback)
        heapq.heappush(self._timers, timer)
        return timer

    def next_due(self) -> float | None:
        """Seconds until the next timer that was not cancelled; None when there is none."""
        while self._timers and self._timers[0].is_cancelled:
            heapq.heappop(self._timers)
        return max(self._timers[0].due_s - self._elapsed_s, 0.0) if self._timers else None

    def advance(self, seconds: float) -> None:
        """Move time on by ``seconds`` (>= 0), running what falls due on the way, timers made meanwhile too."""
        until_s = self._elapsed_s + seconds
        while (due := self.next_due()) is not None and self._elapsed_s + due <= until_s:
            timer = heapq.heappop(self._timers)
            self._elapsed_s = max(timer.due_s, self._elapsed_s)
            timer.callback()
        self._elapsed_s = until_s

    def jump_wall(self, milliseconds: int) -> None:
        """Set the wall clock forward or back, as an administrator would; timers do not notice."""
        self._start_ms += milliseconds
