"""Time and timers, handed in: windows, backoff, record age, retention and tokens all ask one Clock.

Socket timeouts, handler timeouts and signature skew stay on real time (they guard against the
world outside); everything a test may want to hurry is here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """A call that is due later and can be taken back."""

    def cancel(self) -> None:
        """Take the call back; harmless when it has happened."""


class Clock(Protocol):
    """What time it is, and a call when it is later."""

    def now_ms(self) -> int:
        """Wall-clock time, milliseconds since the epoch (UTC)."""

    def monotonic(self) -> float:
        """Seconds that never go backwards; only differences mean anything."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` on the loop's thread once, ``delay_s`` seconds (>= 0) from now."""


class SystemClock:
    """The machine's clock and the running event loop's timers."""

    def now_ms(self) -> int:
        """Wall-clock time, milliseconds since the epoch (UTC)."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never go backwards; only differences mean anything."""
        return time.monotonic()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` on the running loop once, ``delay_s`` seconds (>= 0) from now."""
        return asyncio.get_running_loop().call_later(delay_s, callback)
