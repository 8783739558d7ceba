"""Looking after workers now and then: memory of busy ones, and idle ones that are not needed any more.

Timers run only while there is something to look at: an idle Pelton sleeps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pelton.functions.sandbox import Ending
from pelton.functions.waiting import FunctionPool
from pelton.functions.worker_process import WorkerProcess, WorkerState

#: How often the memory of busy workers is looked at.
_MEMORY_CHECK_S = 0.1


class Watch:
    """Ends busy workers over their memory limit and surplus ones that were idle for ``idle_s``."""

    def __init__(self, workers: Mapping[WorkerProcess, tuple[FunctionPool, int]], *, idle_s: float) -> None:
        self._workers = workers
        self._idle_s = idle_s
        self._memory_timer: asyncio.TimerHandle | None = None
        self._idle_timer: asyncio.TimerHandle | None = None

    def on_busy(self) -> None:
        """A worker has begun a run."""
        if self._memory_timer is None:
            loop = asyncio.get_running_loop()
            self._memory_timer = loop.call_later(_MEMORY_CHECK_S, self._check_memory)

    def on_idle(self) -> None:
        """A worker has become idle."""
        if self._idle_timer is None and any(len(pool.workers) > 1 for pool, _ in self._workers.values()):
            self._idle_timer = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    def stop(self) -> None:
        """Look at nothing any more."""
        for timer in (self._memory_timer, self._idle_timer):
            if timer is not None:
                timer.cancel()

    def _check_memory(self) -> None:
        self._memory_timer = None
        busy = [worker for worker in self._workers if worker.state is WorkerState.BUSY]
        for worker in busy:
            worker.check_memory()
        if busy:
            self.on_busy()

    def _end_idle(self) -> None:
        self._idle_timer = None
        now = asyncio.get_running_loop().time()
        for pool in {id(pool): pool for pool, _ in self._workers.values()}.values():
            surplus = [worker for worker in pool.idle if now - worker.idle_since >= self._idle_s]
            for worker in surplus[: len(pool.workers) - 1]:
                pool.idle.remove(worker)
                worker.end(Ending.RETIRED)
        self.on_idle()
