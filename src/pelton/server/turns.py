"""Long reads in turn: one piece at a time, with the loop's other work between two of them.

However many are under way, a request that comes in between waits for one piece, not for a page.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from pelton.operations import Unfinished
from pelton.storage.transaction import Snapshot


class Turns:
    """The reads that are under way, the next one first."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        """``snapshot``: gives each piece the last commit."""
        self._snapshot = snapshot
        self._waiting: deque[tuple[Unfinished, Callable[[Any], None]]] = deque()

    def read(self, decide: Callable[[Snapshot], Any], done: Callable[[Any], None]) -> None:
        """Run a decision; ``done`` is called with its answer, or with what a later piece of it raised.

        Raises:
            WireError: or anything else, in the first piece.
        """
        found = decide(self._snapshot())
        if type(found) is not Unfinished:
            done(found)
            return
        self._waiting.append((found, done))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._piece)

    def _piece(self) -> None:
        read, done = self._waiting[0]
        try:
            found = read.go_on(self._snapshot())
        except Exception as fault:  # The client gets an answer whatever the read meets.
            found = fault
        if len(self._waiting) > 1 or isinstance(found, Unfinished):
            asyncio.get_running_loop().call_soon(self._piece)
        self._waiting.popleft()
        if isinstance(found, Unfinished):
            self._waiting.append((found, done))
        else:
            done(found)
