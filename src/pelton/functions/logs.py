"""The log of one invocation: Lambda's own lines around the handler's, and the tail a caller may ask for.

Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs"; the API's LogType.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pelton.clock import Clock
from pelton.functions.definition import Function
from pelton.functions.executor import Run
from pelton.functions.invocation import LogKind, LogLine

#: What ``LogResult`` holds at most.
TAIL_BYTES = 4096
#: Indentation of stack traces in the log: CloudWatch keeps non-breaking spaces at line starts.
_NON_BREAKING_SPACE = "\u00a0"


class InvocationLog:
    """Hands an invocation's lines to listeners and keeps the last 4 KB when asked to."""

    __slots__ = ("_clock", "_function", "_keeps", "_kept", "_kept_bytes", "_listeners", "_request_id")

    def __init__(  # The invocation's identity and where its lines go.
        self,
        function: Function,
        request_id: str | None,
        clock: Clock,
        listeners: Sequence[Callable[[LogLine], None]],
        *,
        keeps: bool = False,
    ) -> None:
        self._function = function
        self._request_id = request_id
        self._clock = clock
        self._listeners = listeners
        self._keeps = keeps
        self._kept: list[bytes] = []
        self._kept_bytes = 0

    def write(self, text: str) -> None:
        """One event that the function wrote."""
        self._emit(text, LogKind.FUNCTION)

    def platform(self, text: str) -> None:
        """START, END or REPORT."""
        self._emit(text, LogKind.PLATFORM)

    def advise(self, text: str) -> None:
        """A line of Pelton's own; not part of the tail, which holds what Lambda would show."""
        self.tell(text, LogKind.ADVICE)

    def tail(self) -> bytes:
        """The last 4 KB of the log; empty unless kept."""
        return b"".join(self._kept)[-TAIL_BYTES:]

    def _emit(self, text: str, kind: LogKind) -> None:
        if self._keeps:
            self._keep(text.encode("utf-8", "replace") + b"\n")
        if self._listeners:
            self.tell(text, kind)

    def tell(self, text: str, kind: LogKind) -> None:
        """Hand a line to the listeners alone."""
        line = LogLine(self._function.name, self._request_id, self._clock.now_ms(), text, kind)
        for listener in self._listeners:
            listener(line)

    def _keep(self, line: bytes) -> None:
        self._kept.append(line)
        self._kept_bytes += len(line)
        if self._kept_bytes > 16 * TAIL_BYTES:
            self._kept = [b"".join(self._kept)[-TAIL_BYTES:]]
            self._kept_bytes = TAIL_BYTES


def start_line(request_id: str, version: str) -> str:
    """The line before the handler's first."""
    return f"START RequestId: {request_id} Version: {version}"


def end_line(request_id: str) -> str:
    """The line after the handler's last."""
    return f"END RequestId: {request_id}"


def report_line(request_id: str, function: Function, run: Run) -> str:
    """Duration and memory; Init Duration only where this run started the worker."""
    init = "" if run.init_ms is None else f"Init Duration: {run.init_ms:.2f} ms\t"
    return (
        f"REPORT RequestId: {request_id}\tDuration: {run.duration_ms:.2f} ms\t"
        f"Billed Duration: {math.ceil(run.duration_ms)} ms\tMemory Size: {function.memory_mb} MB\t"
        f"Max Memory Used: {run.memory_used_mb} MB\t{init}"
    )


def error_event(run: Run, request_id: str = "", at_ms: int = 0) -> str:
    """An uncaught error as one event: ``[ERROR] Type: message`` and a traceback; faults of the sandbox are bare."""
    message = run.error_message or ""
    if run.error_type == "Sandbox.Timedout" and request_id:
        moment = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z {request_id} {message.partition('Error: ')[2]}"
    if run.stack_trace is None:
        return f"{message}\n{run.error_type}"
    head = f"[ERROR] {run.error_type}" + (f": {message}" if message else "")
    lines = [head, "Traceback (most recent call last):"]
    lines += [_indented(line) for entry in run.stack_trace for line in entry.splitlines()]
    return "\n".join(lines)


def _indented(line: str) -> str:
    text = line.lstrip(" ")
    return _NON_BREAKING_SPACE * (len(line) - len(text)) + text
