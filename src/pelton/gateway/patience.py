"""Waiting for a function for so long and no longer: the client has its answer then, and the function goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from pelton.gateway.options import Result


class Patience:
    """Waits, and keeps what came too late until it is over: nobody asks for its outcome."""

    def __init__(self) -> None:
        self._late: set[asyncio.Future[Result]] = set()

    async def within(self, seconds: float, call: Awaitable[Result]) -> Result:
        """The call's outcome.

        Raises:
            TimeoutError: it takes longer; it goes on, as on Amazon.
        """
        task = asyncio.ensure_future(call)
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
        self._late.add(task)
        task.add_done_callback(self._forget)
        raise TimeoutError

    def _forget(self, done: asyncio.Future[Result]) -> None:
        self._late.discard(done)
        if not done.cancelled():
            done.exception()
