"""Discarding: records that are given up are kept, and their destination told, however often that must be tried."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random

from pelton.clock import Clock
from pelton.operations import JsonObject
from pelton.triggers.backoff import retry_delay_ms
from pelton.triggers.narration import Narrator
from pelton.triggers.protocols import Checkpoints, Discarded


class Discarding:
    """Of one shard: nothing goes past discarded records before they are safe."""

    def __init__(self, checkpoints: Checkpoints, narrator: Narrator, clock: Clock, random: Random) -> None:
        self._checkpoints = checkpoints
        self._narrator = narrator
        self._clock = clock
        self._random = random
        self._pauses: set[asyncio.Event] = set()
        self._is_over = False
        self.trouble: str | None = None  #: what keeps records from their destination now

    def hurry(self) -> None:
        """The mapping changed: what waits to be tried again is tried now."""
        for pause in self._pauses:
            pause.set()

    def end(self) -> None:
        """Pelton stops: what waits to be tried again is tried by the next start; a try under way ends."""
        self._is_over = True
        self.hurry()

    async def keep(
        self, discarded: Discarded, state: Callable[[], JsonObject], destination: Callable[[], str | None]
    ) -> None:
        """Return when the records are kept, their destination is told, and the state after them is durable.

        ``destination`` is asked before each try: an update of the mapping may name another one.

        Raises:
            CancelledError: after ``end``, and a try that failed.
        """
        tries = 0
        while not await self._is_kept(discarded, state):
            tries += 1
            delay_ms = retry_delay_ms(tries, self._random)
            self._narrator.undeliverable(discarded, str(self.trouble), self._clock.now_ms() + delay_ms)
            await self._pause(delay_ms / 1000)
            if self._is_over:
                raise asyncio.CancelledError
            discarded = replace(discarded, destination=destination())
        self.trouble = None
        self._narrator.discarded(discarded)

    async def _is_kept(self, discarded: Discarded, state: Callable[[], JsonObject]) -> bool:
        try:
            await self._checkpoints.discard(discarded, state)
        except Exception as error:  # whatever it was (the destination, the disk, a fault of ours): it is tried again
            count = len(discarded.records)
            what = f"{count} discarded record{'s' if count != 1 else ''}"
            self.trouble = f"{what} did not reach {discarded.destination or 'the failure store'}: {error}"
            return False
        return True

    async def _pause(self, delay_s: float) -> None:
        later = asyncio.Event()
        if self._is_over:
            return
        timer = self._clock.call_later(delay_s, later.set)
        self._pauses.add(later)
        try:
            await later.wait()
        finally:
            timer.cancel()
            self._pauses.discard(later)
