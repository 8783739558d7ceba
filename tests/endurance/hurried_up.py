"""``pelton up`` whose days pass quickly: ``python -m tests.endurance.hurried_up PROJECT DATA_DIR SPEED``.

Wall clock and timers run SPEED times as fast: retention, trimming, record age, checkpoints of triggers. What is
measured (``monotonic``: the bound of a batch) stays real.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import uvloop

from pelton.cli.terminal import Terminal
from pelton.clock import SystemClock, Timer
from pelton.settings import Settings, process_environment
from pelton.stack.running import run


class HurriedClock(SystemClock):
    """The machine's clock, some times as fast."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start_ms = super().now_ms()

    def now_ms(self) -> int:
        return self._start_ms + round((super().now_ms() - self._start_ms) * self._speed)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        return super().call_later(delay_s / self._speed, callback)


async def main(project: str, data_dir: str, speed: str) -> None:
    settings = Settings(
        project=Path(project),
        data_dir=Path(data_dir),
        port=0,
        http_port=0,
        companions_port=0,
        mail_port=0,
        is_watching=False,
        environment=process_environment(),
    )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, ended.set)

    async def until(_say: Callable[[str], None]) -> None:
        await ended.wait()

    await run(settings, Terminal(SystemClock(), as_json=True), until, HurriedClock(float(speed)))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
