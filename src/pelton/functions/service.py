"""Functions: which are defined, and invoking them through an executor.

A failing function is an outcome, not an exception. Every invocation that ran writes START, END and
REPORT lines around its own, as Lambda does, and one line of advice when it failed for a cause that
has a cure.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Sequence
from random import Random

from pelton.clock import Clock
from pelton.functions.advice import advice
from pelton.functions.concurrency import Concurrency
from pelton.functions.definition import Function
from pelton.functions.directory import Directory
from pelton.functions.executor import Executor, Run, Task
from pelton.functions.invocation import Draining, Invocation, LogKind, LogLine, Outcome, UnknownFunction
from pelton.functions.logs import InvocationLog
from pelton.functions.names import parse_function_name
from pelton.functions.platform_lines import end_lines, error_event
from pelton.functions.trace import new_trace


class Functions:
    """The functions that are defined, and what runs them.

    ``invoke`` suspends only where the executor does: with the in-process executor it runs to its end at
    the first step.
    """

    def __init__(self, executor: Executor, *, clock: Clock, random: Random) -> None:
        self._executor = executor
        self.clock = clock
        self.random = random
        self.directory = Directory()
        self.concurrency = Concurrency()
        self._log_listeners: list[Callable[[LogLine], None]] = []
        self._outcome_listeners: list[Callable[[Invocation, Outcome], None]] = []
        self._is_draining = False
        executor.report_to(self._report)

    def on_log(self, callback: Callable[[LogLine], None]) -> None:
        """Call ``callback`` with every log line from now on, in order per invocation."""
        self._log_listeners.append(callback)

    def on_outcome(self, callback: Callable[[Invocation, Outcome], None]) -> None:
        """Call ``callback`` when an invocation has ended, before ``invoke`` returns its outcome."""
        self._outcome_listeners.append(callback)

    def define(self, function: Function) -> None:
        """Add the function, or replace the one with its account, region and name; later invocations use it."""
        previous = self.directory.same(function)
        if previous == function:
            return
        if previous is not None:
            self._executor.retire(previous)
        self.directory.put(function)

    def remove(self, name: str) -> bool:
        """Forget the function with that name, key or ARN; False when there is none."""
        function = self.get(name)
        if function is None:
            return False
        for each in self.directory.drop(function):
            self._executor.retire(each)
        return True

    def remove_version(self, arn: str, version: str) -> None:
        """Forget a published version."""
        function = self.directory.drop_version(arn, version)
        if function is not None:
            self._executor.retire(function)

    def get(self, name: str) -> Function | None:
        """The function with that name, project key or ARN; a bare name means the default account and region."""
        return self.directory.get(name)

    def list(self) -> list[Function]:
        """All functions, sorted by account, region and name."""
        return self.directory.listed()

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run the function once and say what came of it.

        Raises:
            NotInvoked: no handler ran (``UnknownFunction``, ``Throttled``, ``Draining``).
        """
        if self._is_draining:
            raise Draining("Pelton is stopping")
        function = self.directory.get(invocation.function_name, self.random)
        if function is None:
            raise UnknownFunction(invocation.function_name)
        self.concurrency.begin(function)
        try:
            return await self._run(function, invocation)
        finally:
            self.concurrency.end(function)

    async def _run(self, function: Function, invocation: Invocation) -> Outcome:
        request_id = invocation.request_id or self._new_request_id()
        log = self._log(function, request_id, keeps=invocation.wants_log_tail)
        task = Task(
            function=function,
            request_id=request_id,
            trace=invocation.trace or new_trace(self.random),
            payload=invocation.payload,
            client_context=invocation.client_context,
            invoked_arn=_invoked_arn(function, invocation.function_name),
            start=log.start,
            log=log.write,
        )
        started_ms = self.clock.now_ms()
        run = await self._executor.run(task)
        self._log_end(log, task, run)
        outcome = _outcome(task, run, started_ms, log.tail())
        for listener in self._outcome_listeners:
            listener(invocation, outcome)
        return outcome

    async def prewarm(self, names: Iterable[str]) -> None:
        """Import these functions' handlers now, all at a time; unknown names are passed over."""
        functions = [function for name in names if (function := self.get(name)) is not None]
        for run, function in zip(await self._imported(functions), functions, strict=True):
            if run is not None:
                self._report(function, error_event(function, run, at_ms=self.clock.now_ms()), LogKind.FUNCTION)
                self._advise(function, run, self._log(function))

    async def reload(self, names: Iterable[str]) -> None:
        """Make later invocations of these functions import their code anew; those under way end undisturbed."""
        chosen = [name for name in names if self.get(name) is not None]
        for name in chosen:
            function = self.get(name)
            assert function is not None, "chosen above"
            self._executor.retire(function)
        await self.prewarm(chosen)

    async def drain(self, timeout_s: float) -> None:
        """Take no more invocations, wait that long for those under way, then end every worker."""
        self._is_draining = True
        await self._executor.drain(timeout_s)

    def _log_end(self, log: InvocationLog, task: Task, run: Run) -> None:
        log.start()  # No worker could be started: nothing else has begun it.
        if run.error_type is not None:
            log.write(error_event(task.function, run, task.request_id, self.clock.now_ms()))
        log.platform(end_lines(task.request_id, task.function, run, self.clock.now_ms()))
        self._advise(task.function, run, log)

    def _advise(self, function: Function, run: Run, log: InvocationLog) -> None:
        if run.error_type is None:
            return
        if (line := advice(function, run, self._executor.installation(function))) is not None:
            log.advise(line)

    def _report(self, function: Function, text: str, kind: LogKind) -> None:
        self._log(function).tell(text, kind)

    def _log(self, function: Function, request_id: str | None = None, *, keeps: bool = False) -> InvocationLog:
        return InvocationLog(function, request_id, self.clock, self._log_listeners, keeps=keeps)

    async def _imported(self, functions: Sequence[Function]) -> Sequence[Run | None]:
        if len(functions) == 1:  # Without a loop's tasks: the in-process executor needs no loop.
            return [await self._executor.prewarm(functions[0])]
        return await asyncio.gather(*(self._executor.prewarm(function) for function in functions))

    def _new_request_id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))


def _invoked_arn(function: Function, asked: str) -> str:
    """Unqualified, unless the caller gave a qualifier."""
    parts = parse_function_name(asked) if ":" in asked else None
    return f"{function.arn}:{parts.qualifier}" if parts is not None and parts.qualifier else function.arn


def _outcome(task: Task, run: Run, started_ms: int, log_tail: bytes) -> Outcome:
    return Outcome(
        request_id=task.request_id,
        trace=task.trace,
        payload=run.payload,
        function_error=None if run.error_type is None else "Unhandled",
        error_type=run.error_type,
        error_message=run.error_message,
        log_tail=log_tail,
        started_ms=started_ms,
        duration_ms=run.duration_ms,
        init_duration_ms=run.init_ms,
        executed_version=task.function.version,
        memory_used_mb=run.memory_used_mb,
    )
