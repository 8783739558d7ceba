"""A workshop: functions from source text, run by either executor, with what they logged."""

import asyncio
import os
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from pelton.clock import SystemClock
from pelton.functions.definition import Function
from pelton.functions.inprocess import InProcessExecutor
from pelton.functions.invocation import Invocation, LogKind, LogLine, Outcome
from pelton.functions.options import FunctionsOptions
from pelton.functions.processes import ProcessExecutor
from pelton.functions.service import Functions
from pelton.testing.clock import ManualClock

T = TypeVar("T")


class Workshop:
    """Makes functions and invokes them; ``lines`` is what was logged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.clock = ManualClock()
        self.lines: list[LogLine] = []
        self.options = FunctionsOptions(
            data_dir=self.data_dir,
            endpoint_url="http://127.0.0.1:8000",
            inherited={**os.environ, "AWS_PROFILE": "production", "GREETING": "inherited"},
            idle_s=60,
        )

    def function(self, source: str, name: str = "reaction", **settings: object) -> Function:
        """A function ``name`` whose ``app.py`` has that source and a ``handler``."""
        root = self.folder / name
        root.mkdir(exist_ok=True)
        (root / "app.py").write_text(textwrap.dedent(source))
        return Function(name=name, **{"handler": "app.handler", "code_root": root, "timeout_s": 20.0, **settings})  # type: ignore[arg-type]

    def in_workers(self, work: Callable[[Functions], Awaitable[T]], *functions: Function) -> T:
        """Do the work with worker processes."""

        async def main() -> T:
            executor = ProcessExecutor(self.options, clock=SystemClock(), random=Random(1))
            service = self._service(Functions(executor, clock=SystemClock(), random=Random(2)), functions)
            try:
                return await work(service)
            finally:
                await service.drain(0)

        return asyncio.run(main())

    def here(self, *functions: Function) -> Functions:
        """The service with the in-process executor, under the manual clock."""
        executor = InProcessExecutor(self.options, clock=self.clock, random=Random(1))
        return self._service(Functions(executor, clock=self.clock, random=Random(2)), functions)

    def outcome_in_worker(self, function: Function, payload: bytes = b"{}") -> Outcome:
        """One invocation in a worker process."""
        return self.in_workers(lambda functions: functions.invoke(ask(function.name, payload)), function)

    def outcome_here(self, function: Function, payload: bytes = b"{}") -> Outcome:
        """One invocation in this interpreter."""
        return finished(self.here(function).invoke(ask(function.name, payload)))

    def texts(self, kind: LogKind = LogKind.FUNCTION) -> list[str]:
        """What was logged by that kind of writer."""
        return [line.text for line in self.lines if line.kind is kind]

    def _service(self, service: Functions, functions: tuple[Function, ...]) -> Functions:
        service.on_log(self.lines.append)
        for function in functions:
            service.define(function)
        return service


def ask(name: str, payload: bytes = b"{}") -> Invocation:
    return Invocation(function_name=name, payload=payload, wants_log_tail=True)


def finished(work: Awaitable[T]) -> T:
    """The result of a coroutine that never suspends."""
    step = work.__await__()
    try:
        next(step)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it suspended")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture(params=["worker", "in process"])
def outcome(request: pytest.FixtureRequest, workshop: Workshop) -> Callable[..., Outcome]:
    """One invocation, by either executor: what follows holds for both."""
    return workshop.outcome_in_worker if request.param == "worker" else workshop.outcome_here
