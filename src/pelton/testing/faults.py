"""Faults of functions on a seed: invocations that fail before the handler runs, or whose outcome is lost after it.

The second kind is what "at least once" means: the work was done, nobody heard of it, and the records come again. The
same seed and calls give the same faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pelton.functions.definition import Function
from pelton.functions.executor import Executor, Report, Run, Task
from pelton.functions.interpreter import Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often invocations meet a fault, from 0 (never) to 1 (always)."""

    failing: float = 0.0  #: the handler does not run
    losing: float = 0.0  #: the handler runs to its end, and the outcome is lost
    functions: tuple[str, ...] = ()  #: keys of the functions concerned; empty: all

    def __post_init__(self) -> None:
        if not (self.failing >= 0 and self.losing >= 0 and self.failing + self.losing <= 1):
            raise ValueError(f"failing {self.failing} and losing {self.losing}: both from 0, together at most 1")


class FaultyExecutor:
    """An executor some of whose runs meet a fault; ``faults`` may be changed at any time."""

    def __init__(self, executor: Executor, random: Random) -> None:
        self._executor = executor
        self._random = random
        self.faults = Faults()

    def report_to(self, report: Report) -> None:
        """Tell ``report`` what is not part of a run."""
        self._executor.report_to(report)

    def installation(self, function: Function) -> Installation:
        """The wrapped executor's."""
        return self._executor.installation(function)

    async def run(self, task: Task) -> Run:
        """Run the handler once, unless a fault comes before it."""
        if self.faults.functions and task.function.key not in self.faults.functions:
            return await self._executor.run(task)
        drawn = self._random.random() if self.faults != Faults() else 1.0
        if drawn < self.faults.failing:
            return _failed("the invocation failed before the handler ran")
        run = await self._executor.run(task)
        return _failed("the outcome was lost") if drawn < self.faults.failing + self.faults.losing else run

    async def prewarm(self, function: Function) -> Run | None:
        """Import the handler now."""
        return await self._executor.prewarm(function)

    def retire(self, function: Function) -> None:
        """Forget what was imported."""
        self._executor.retire(function)

    async def drain(self, timeout_s: float) -> None:
        """End everything."""
        await self._executor.drain(timeout_s)


def _failed(text: str) -> Run:
    message = f"{text} (a fault of pelton.testing)"
    return Run(
        payload=f'{{"errorMessage": "{message}", "errorType": "Fault"}}'.encode(),
        error_type="Fault",
        error_message=message,
    )
