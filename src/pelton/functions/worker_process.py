"""One worker process as its parent sees it: start, one run at a time, and every way it can end.

Raw frames over a non-blocking socket pair, no threads. A run ends exactly once: with the worker's answer,
or, when the process ended first (a timeout and the memory limit end it), after it is certainly gone: a
retry must not overlap a handler that still writes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import cast

from pelton.functions.definition import Function
from pelton.functions.executor import Run, Task
from pelton.functions.launch import Child
from pelton.functions.lines import LineSplitter
from pelton.functions.resident import resident_bytes
from pelton.functions.sandbox import Ending, ended_run
from pelton.functions.worker.frames import FrameReader, encode_frame
from pelton.operations import JsonObject

_READ_BYTES = 1 << 16
#: How much output is read before other work gets its turn.
_READS_PER_TURN = 16
#: What a pipe holds on Linux and macOS, unless asked otherwise.
_PIPE_BYTES_MAX = 1 << 16
#: After its socket closed, a process is looked for this often; then its group is killed.
_GONE_CHECK_S = 0.001
_GONE_CHECKS = 50


class WorkerState(Enum):
    """What a worker is doing."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    GONE = "gone"  #: ended, or about to: it takes no more runs


class WorkerProcess(asyncio.Protocol):
    """A worker for one function. Its owner is told through ``on_ready`` and ``on_gone``."""

    def __init__(
        self,
        function: Function,
        child: Child,
        *,
        on_ready: Callable[[WorkerProcess], None],
        on_gone: Callable[[WorkerProcess, Run | None], None],
        log_outside: Callable[[Function, str], None],
    ) -> None:
        """``on_gone`` gets the run that says why, where the worker ended before it was ready."""
        self.function = function
        self.state = WorkerState.STARTING
        self.python_version = ""
        self.init_ms: float | None = None  #: until the first run took it
        self.idle_since = 0.0
        self.ending = Ending.EXIT
        self._child = child
        self._on_ready = on_ready
        self._on_gone = on_gone
        self._log_outside = log_outside
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader()
        self._lines = LineSplitter()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: Task | None = None
        self._done: Callable[[Run], None] | None = None
        self._failed: Run | None = None  #: why it could not start
        self._began = self._loop.time()  #: the run under way, or the start
        self._resident_bytes = 0  #: the largest size seen from outside
        self._is_over = False

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    async def connect(self, start: JsonObject, timeout_s: float) -> None:
        """Send the ``start`` frame; ``on_ready`` or ``on_gone`` follows within ``timeout_s``."""
        self._loop.add_reader(self._child.output, self._read_output)
        self._timer = self._loop.call_later(timeout_s, self.end, Ending.INIT_TIMEOUT)
        await self._loop.create_unix_connection(lambda: self, sock=self._child.connection)
        self._send(encode_frame(start))

    def run(self, task: Task, done: Callable[[Run], None]) -> None:
        """Run the task; ``done`` is called once, on the loop. The worker must be idle."""
        assert self.state is WorkerState.IDLE, f"worker {self.pid} is {self.state.value}"
        self.state = WorkerState.BUSY
        self._began = self._loop.time()
        self._task = task
        self._done = done
        timeout_s = task.function.timeout_s
        self._timer = self._loop.call_later(timeout_s, self.end, Ending.TIMEOUT)
        header = {"id": task.request_id, "trace": task.trace, "timeout_s": timeout_s, "arn": task.invoked_arn}
        if task.client_context is not None:
            header["client_context"] = task.client_context.decode("utf-8", "replace")
        self._send(encode_frame(header, task.payload))

    def end(self, ending: Ending) -> None:
        """Kill the worker and all it started; a run under way ends with that reason."""
        if self._is_over:
            return
        self.ending = ending
        if self.state is not WorkerState.BUSY:
            self.state = WorkerState.GONE
        self._child.kill()

    def check_memory(self) -> None:
        """End the worker when its resident size is over its function's limit; only Linux says how large it is."""
        self._resident_bytes = max(
            self._resident_bytes, resident_bytes(self.pid, is_bridge=not self.function.is_python)
        )
        if self._resident_bytes > self.function.memory_mb << 20:
            self.end(Ending.MEMORY)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take what whole frames there are."""
        self._frames.feed(data)
        while (frame := self._frames.next_frame()) is not None:
            self._on_frame(*frame)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # The process's status says more.
        """The process has ended, or is ending."""
        if not self._is_over:
            self._await_exit(_GONE_CHECKS)

    # The worker's answers.

    def _on_frame(self, header: JsonObject, payload: bytes) -> None:
        kind = header["kind"]
        self._take_output()
        if kind == "ready":
            self._stop_timer()
            self.state = WorkerState.IDLE
            self.python_version = header["python"]
            self.init_ms = header["ms"]
            self._on_ready(self)
        elif kind == "failed":
            self._failed = _run(header, payload, header["ms"])
        else:
            is_last = header.get("is_last", False)
            self._finish(_run(header, payload, self._take_init_ms()), WorkerState.GONE if is_last else WorkerState.IDLE)

    def _finish(self, run: Run, state: WorkerState) -> None:
        if self.ending is not Ending.EXIT:  # It is being killed: the answer came too late.
            return
        self._stop_timer()
        self._task = None
        done, self._done = self._done, None
        self.state = state
        if done is not None:
            done(run)

    def _take_init_ms(self) -> float | None:
        init_ms, self.init_ms = self.init_ms, None
        return init_ms

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    # The end.

    def _await_exit(self, checks_left: int) -> None:
        status = self._child.status()
        if status is not None:
            self._over(status)
            return
        if checks_left == 0:
            self._child.kill()
        self._loop.call_later(_GONE_CHECK_S, self._await_exit, max(checks_left - 1, 0))

    def _over(self, status: int) -> None:
        self._is_over = True
        self._stop_timer()
        self._child.kill()  # What it started and left behind.
        self._take_output()
        self._loop.remove_reader(self._child.output)
        os.close(self._child.output)
        if self._transport is not None:
            self._transport.close()
        was_starting = self.state is WorkerState.STARTING or self.ending is Ending.INIT_TIMEOUT
        self.state = WorkerState.GONE
        run = self._failed or self._ended(status)
        task, self._task = self._task, None
        done, self._done = self._done, None
        self._on_gone(self, run if was_starting else None)
        if task is not None and done is not None:
            done(run)

    def _ended(self, status: int) -> Run:
        run = ended_run(self._task, self.function, self.ending, status)
        duration_ms = (self._loop.time() - self._began) * 1000
        return replace(run, duration_ms=duration_ms, memory_used_mb=self._resident_bytes >> 20)

    # Output.

    def _read_output(self) -> None:
        for _ in range(_READS_PER_TURN):
            data = self._read()
            if not data:
                return
            self._log(self._lines.feed(data))

    def _take_output(self) -> None:
        """All that is in the pipe now; the worker flushed before it answered.

        No more than a pipe holds: a thread that prints without end must not keep us here.
        """
        taken = 0
        while taken <= _PIPE_BYTES_MAX and (data := self._read()):
            taken += len(data)
            self._log(self._lines.feed(data))
        self._log(self._lines.end())

    def _read(self) -> bytes:
        """What is there, or nothing; at the end of the pipe it stops listening."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._child.output, _READ_BYTES)
            if not data:
                self._loop.remove_reader(self._child.output)
            return data
        return b""

    def _log(self, lines: list[str]) -> None:
        task = self._task
        for line in lines:
            if task is not None:
                task.log(line)
            else:
                self._log_outside(self.function, line)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _run(header: JsonObject, payload: bytes, init_ms: float | None) -> Run:
    trace = header.get("trace")
    return Run(
        payload=payload,
        error_type=header.get("type"),
        error_message=header.get("message"),
        stack_trace=None if trace is None else tuple(trace),
        duration_ms=header["ms"],
        init_ms=init_ms,
        memory_used_mb=header["mb"],
    )
