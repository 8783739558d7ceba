"""Where storage's work runs: decisions on the loop's thread, commits and checkpoints beside it or in line.

Storage never touches a thread or a loop itself; a driver does, so the same engine runs under a
server (``ThreadDriver``) and inside a plain call (``InlineDriver``).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

#: What a piece of work beside the loop ended with: None, or what it raised.
Outcome = BaseException | None
Work = Callable[[], None]
Done = Callable[[Outcome], None]


class Driver(Protocol):
    """Runs callbacks on the loop's thread and blocking work beside it."""

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back on the loop's thread when what is going on there has returned."""

    def commit(self, work: Work, done: Done) -> None:
        """Do blocking work beside the loop, then call ``done`` on the loop's thread; one at a time."""

    def checkpoint(self, work: Work, done: Done) -> None:
        """The same in another lane: it may run while a commit does."""

    def is_inline(self) -> bool:
        """Whether all of this happens inside the calls."""

    def close(self) -> None:
        """End the lanes when their work is done."""


class InlineDriver:
    """Everything happens inside the call: no threads, no loop. For tests and for offline tools."""

    def soon(self, callback: Callable[[], None]) -> None:
        """Call at once."""
        callback()

    def commit(self, work: Work, done: Done) -> None:
        """Do it now."""
        done(_outcome(work))

    def checkpoint(self, work: Work, done: Done) -> None:
        """Do it now."""
        done(_outcome(work))

    def is_inline(self) -> bool:
        """Yes."""
        return True

    def close(self) -> None:
        """Nothing to end."""


class ThreadDriver:
    """Decisions on the running asyncio loop; commits and checkpoints in one thread each."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_running_loop()
        self._commits = _Lane("pelton-commit", self._loop)
        self._checkpoints = _Lane("pelton-checkpoint", self._loop)

    def soon(self, callback: Callable[[], None]) -> None:
        """Call in the loop's next round, so that what is readable now joins the batch."""
        self._loop.call_soon(callback)

    def commit(self, work: Work, done: Done) -> None:
        """Hand it to the commit thread."""
        self._commits.put(work, done)

    def checkpoint(self, work: Work, done: Done) -> None:
        """Hand it to the checkpoint thread."""
        self._checkpoints.put(work, done)

    def is_inline(self) -> bool:
        """No."""
        return False

    def close(self) -> None:
        """Wait for the work under way, deliver its outcomes, and end both threads; later work is done in line."""
        self._checkpoints.close()
        self._commits.close()


class _Lane:
    """One thread that works through a queue. A plain thread: an executor's futures cost more than a commit."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: SimpleQueue[tuple[Work, Done] | None] = SimpleQueue()
        self._finished: deque[tuple[Done, Outcome]] = deque()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, work: Work, done: Done) -> None:
        if self._is_closed:
            done(_outcome(work))
        else:
            self._queue.put((work, done))

    def close(self) -> None:
        """Wait for the thread and deliver here what the loop has not delivered yet."""
        if self._is_closed:
            return
        self._is_closed = True
        self._queue.put(None)
        self._thread.join()
        while self._finished:
            self._deliver()

    def _run(self) -> None:
        while (entry := self._queue.get()) is not None:
            work, done = entry
            self._finished.append((done, _outcome(work)))
            with contextlib.suppress(RuntimeError):  # the loop was closed first: ``close`` delivers
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        if self._finished:
            done, outcome = self._finished.popleft()
            done(outcome)


def _outcome(work: Work) -> Outcome:
    try:
        work()
    except BaseException as error:  # whatever it was, it belongs to the one who asked for the work
        return error
    return None
