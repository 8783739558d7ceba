"""What takes its time in the simulator of passes: commits, and workers; and what of both is lost in a kill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from pelton.operations import JsonObject
from pelton.storage.drivers import Done, Outcome, Work
from pelton.testing.clock import ManualClock
from tests.triggers.reacting import Told, Workshop


class SlowDriver:
    """A ``Driver`` on the running loop: others have their turn while a commit is under way."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._loop = asyncio.get_running_loop()
        self._is_dead = False

    def kill(self) -> None:
        """Nothing that is not done yet is ever done."""
        self._is_dead = True

    def soon(self, callback: Callable[[], None]) -> None:
        """In the loop's next round."""
        if not self._is_dead:
            self._loop.call_soon(callback)

    def commit(self, work: Work, done: Done) -> None:
        """At once on disk, and told some rounds later: a kill between the two leaves what nobody was told of."""
        if self._is_dead:
            done(RuntimeError("killed"))
            return
        self._tell(done, _outcome(work), self._random.choice((0, 1, 1, 4)))

    def checkpoint(self, work: Work, done: Done) -> None:
        """At once."""
        done(_outcome(work))

    def is_inline(self) -> bool:
        """No: what rides waits for a commit, or a tenth of a second."""
        return False

    def close(self) -> None:
        """Nothing to end."""

    def _tell(self, done: Done, outcome: Outcome, rounds: int) -> None:
        if self._is_dead:
            return
        if rounds == 0:
            done(outcome)
        else:
            self._loop.call_soon(self._tell, done, outcome, rounds - 1)


class SlowWorkers:
    """An ``Executor`` whose workers take virtual time, before they do their work or after it."""

    def __init__(self, workshop: Workshop, clock: ManualClock, random: Random) -> None:
        self._workshop = workshop
        self._clock = clock
        self._random = random

    async def __call__(self, function: str, event: bytes, origin: JsonObject) -> Told:
        seconds, is_early = self._random.choice((0.0, 0.0, 0.003, 0.05, 0.3)), self._random.random() < 0.5
        if not is_early:
            await self._wait(seconds)
        told = await self._workshop(function, event, origin)
        if is_early:
            await self._wait(seconds)
        return told

    async def _wait(self, seconds: float) -> None:
        over = asyncio.Event()
        self._clock.call_later(seconds, over.set)
        if seconds:
            await over.wait()


def _outcome(work: Work) -> Outcome:
    try:
        work()
    except Exception as error:  # whatever it was, it belongs to the one who asked for the work
        return error
    return None
