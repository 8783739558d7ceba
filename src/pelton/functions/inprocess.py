"""The executor inside Pelton's own interpreter, for tests: breakpoints, coverage and a virtual clock work.

Handlers run on the caller's thread, one inside another where a handler causes one. Nothing here can be
killed: a timeout is judged by the Clock after the handler has returned, and memory is not limited.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

from pelton.clock import Clock
from pelton.functions.capture import captured
from pelton.functions.definition import Function
from pelton.functions.executor import Report, Run, Task
from pelton.functions.interpreter import Installation, installation, module_paths
from pelton.functions.invocation import Draining, LogKind
from pelton.functions.namespace import Namespace
from pelton.functions.options import FunctionsOptions
from pelton.functions.platform_lines import init_end_lines, init_lines
from pelton.functions.sandbox import Ending, ended_run, sandbox_run
from pelton.functions.worker.context import LambdaContext
from pelton.functions.worker.faults import error_object, error_payload
from pelton.functions.worker.handler import Handler, resolve_handler
from pelton.functions.worker.marshal import RESPONSE_BYTES_MAX, RESPONSE_TOO_LARGE, escapes, parse_event, render_result
from pelton.functions.workplace import Workplaces
from pelton.functions.wrapping import EXEC_WRAPPER
from pelton.operations import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Imported:
    """A function whose handler was imported."""

    function: Function
    namespace: Namespace
    handler: Handler
    start: JsonObject  #: what a worker process would be told; the context object is made from it
    init_ms: float


class InProcessExecutor:
    """Runs handlers in this interpreter; its coroutines never suspend, so no loop is needed."""

    def __init__(self, options: FunctionsOptions, *, clock: Clock, random: Random) -> None:
        self._options = replace(options, python=Path(sys.executable))
        self._clock = clock
        self._random = random
        self._report: Report = _to_nobody
        self._workplaces = Workplaces(self._options)
        self._workplaces.open()
        self._imported: dict[str, _Imported] = {}
        self._entered: list[Namespace] = []
        self._is_draining = False

    def report_to(self, report: Report) -> None:
        """Tell ``report`` what is written while importing."""
        self._report = report

    def installation(self, function: Function) -> Installation:
        """This interpreter, and the file that lists the function's modules."""
        return installation(function, self._options)

    async def run(self, task: Task) -> Run:
        """Run the handler once, to its end.

        Raises:
            Draining: ``drain`` was called.
        """
        if self._is_draining:
            raise Draining("Pelton is stopping")
        imported = self._imported.get(task.function.identity)
        if imported is not None and imported.function == task.function:
            return self._call(imported, task)
        fresh = self._import(task.function)
        if isinstance(fresh, Run):
            return fresh
        return replace(self._call(fresh, task), init_ms=fresh.init_ms)

    async def prewarm(self, function: Function) -> Run | None:
        """Import the handler now; the failed run, when it cannot be imported."""
        if function.identity in self._imported:
            return None
        fresh = self._import(function)
        return fresh if isinstance(fresh, Run) else None

    def retire(self, function: Function) -> None:
        """Forget what was imported for the function."""
        self._imported.pop(function.identity, None)

    async def drain(self, timeout_s: float) -> None:  # noqa: ARG002  # No run is under way between two calls.
        """Begin no more runs."""
        self._is_draining = True
        self._workplaces.close()

    def _import(self, function: Function) -> _Imported | Run:
        if not function.code_root.is_dir():
            text = f"the code folder {function.code_root} does not exist: correct the function's path"
            return sandbox_run("Runtime.InvalidWorkingDir", text)
        if not function.is_python:
            text = f"function {function.key} ({function.runtime}) needs a process of its own: run it with pelton up"
            return sandbox_run("Runtime.InvalidEntrypoint", text)
        plan = self._workplaces.plan(function, 0, now_ms=self._clock.now_ms(), random=self._random)
        namespace = Namespace(function.code_root, module_paths(function), plan.environment)
        self._note_wrapper(function)
        self._tell(function, init_lines(function, self._clock.now_ms()))
        began = self._clock.monotonic()
        handler = self._resolved(function, namespace, plan.start)
        init_ms = (self._clock.monotonic() - began) * 1000
        failure = handler if isinstance(handler, Run) else None
        self._tell(function, init_end_lines(function, failure, init_ms, self._clock.now_ms()))
        if isinstance(handler, Run):
            return handler
        imported = _Imported(function=function, namespace=namespace, handler=handler, start=plan.start, init_ms=init_ms)
        self._imported[function.identity] = imported
        return imported

    def _resolved(self, function: Function, namespace: Namespace, start: JsonObject) -> Handler | Run:
        try:
            with self._inside(namespace), captured(partial(self._log_outside, function), "", start):
                return resolve_handler(function.handler)
        except SystemExit as error:
            return ended_run(None, function, Ending.EXIT, _status(error))
        except Exception as error:  # A module's body may raise anything; it is the answer.
            return _failed(error, "")

    def _note_wrapper(self, function: Function) -> None:
        if EXEC_WRAPPER in function.environment:
            text = f"function {function.key}: {EXEC_WRAPPER} has no effect in tests: run it with pelton up"
            self._report(function, text, LogKind.ADVICE)

    def _tell(self, function: Function, lines: Iterable[str]) -> None:
        for line in lines:
            self._report(function, line, LogKind.PLATFORM)

    def _call(self, imported: _Imported, task: Task) -> Run:
        task.start()
        began = self._clock.monotonic()
        with self._inside(imported.namespace, task.trace), captured(task.log, task.request_id, imported.start):
            run = self._handle(imported, task, began + task.function.timeout_s)
        took_s = self._clock.monotonic() - began
        if took_s > task.function.timeout_s:
            run = ended_run(task, task.function, Ending.TIMEOUT, 0)
        if run.stack_trace is None and run.error_type in ("Runtime.ExitError", "Sandbox.Timedout"):
            self.retire(task.function)  # As the process would: its globals are gone.
        return replace(run, duration_ms=took_s * 1000)

    def _handle(self, imported: _Imported, task: Task, deadline: float) -> Run:
        invocation: JsonObject = {"id": task.request_id, "arn": task.invoked_arn}
        if task.client_context is not None:
            invocation["client_context"] = task.client_context.decode("utf-8", "replace")
        try:
            context = LambdaContext(imported.start, invocation, lambda: (deadline - self._clock.monotonic()) * 1000)
            result = imported.handler(parse_event(task.payload), context)
            answer = render_result(result, is_ascii=escapes(task.function.runtime))
        except SystemExit as error:
            return ended_run(task, task.function, Ending.EXIT, _status(error))
        except Exception as error:  # Whatever a handler raises is its outcome.
            return _failed(error, task.request_id)
        if len(answer) > RESPONSE_BYTES_MAX:
            return sandbox_run("Function.ResponseSizeTooLarge", RESPONSE_TOO_LARGE)
        return Run(payload=answer)

    def _log_outside(self, function: Function, line: str) -> None:
        self._report(function, line, LogKind.FUNCTION)

    @contextlib.contextmanager
    def _inside(self, namespace: Namespace, trace: str = "") -> Iterator[None]:
        """Be in that namespace alone: the one that caused this call, if any, is left meanwhile."""
        with contextlib.ExitStack() as stack:
            if self._entered:
                stack.enter_context(self._entered[-1].left())
            stack.enter_context(namespace.entered(trace))
            self._entered.append(namespace)
            stack.callback(self._entered.pop)
            yield


def _to_nobody(function: Function, text: str, kind: LogKind) -> None:
    """Nobody listens."""


def _failed(error: Exception, request_id: str) -> Run:
    members = error_object(error, request_id)
    return Run(
        payload=error_payload(members),
        error_type=members["errorType"],
        error_message=members["errorMessage"],
        stack_trace=tuple(members["stackTrace"]),
    )


def _status(error: SystemExit) -> int:
    """The exit status; a text or another object means 1, as for the interpreter."""
    if error.code is None:
        return 0
    return error.code & 0xFF if isinstance(error.code, int) else 1
