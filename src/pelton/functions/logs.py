"""The log of one invocation: Lambda's own lines around the handler's, and the tail a caller may ask for.

Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs"; the API's LogType.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pelton.clock import Clock
from pelton.functions.definition import Function
from pelton.functions.invocation import LogKind, LogLine
from pelton.functions.platform_lines import start_lines

#: What ``LogResult`` holds at most.
TAIL_BYTES = 4096


class InvocationLog:
    """Hands an invocation's lines to listeners and keeps the last 4 KB when asked to."""

    __slots__ = ("_clock", "_function", "_is_started", "_keeps", "_kept", "_kept_bytes", "_listeners", "_request_id")

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
        self._is_started = False
        self._kept: list[bytes] = []
        self._kept_bytes = 0

    def start(self) -> None:
        """START, the first time: what a cold start writes stands before it."""
        if not self._is_started:
            self._is_started = True
            self.platform(start_lines(self._request_id or "", self._function, self._clock.now_ms()))

    def write(self, text: str) -> None:
        """One event that the function wrote."""
        self._emit(text, LogKind.FUNCTION)

    def platform(self, texts: Sequence[str]) -> None:
        """Lambda's own lines: ``platform_lines.py`` makes them."""
        for text in texts:
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
