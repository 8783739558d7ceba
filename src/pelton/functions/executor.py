"""What runs handlers: the protocol that worker processes and the in-process executor share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pelton.functions.definition import Function
from pelton.functions.interpreter import Installation
from pelton.functions.invocation import LogKind

#: Takes one log event of the function, without its final newline.
Log = Callable[[str], None]
#: Takes one log event that belongs to no run.
Report = Callable[[Function, str, LogKind], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run of a handler."""

    function: Function
    request_id: str
    trace: str
    payload: bytes
    client_context: bytes | None
    invoked_arn: str
    start: Callable[[], None]  #: called when a worker is there and the handler is about to run
    log: Log  #: called in order, and not after the run has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a run ended. ``payload`` is the error object when ``error_type`` is set."""

    payload: bytes
    error_type: str | None = None
    error_message: str | None = None
    stack_trace: tuple[str, ...] | None = None  #: None for faults of the sandbox (timeout, exit)
    duration_ms: float = 0.0
    init_ms: float | None = None  #: set when this run started the worker
    memory_used_mb: int = 0


class Executor(Protocol):
    """Runs handlers, each function apart from the others."""

    def report_to(self, report: Report) -> None:
        """Tell ``report`` what is not part of a run: output while importing, notes to the user."""

    def installation(self, function: Function) -> Installation:
        """The interpreter that runs the function, and the file that lists its modules."""

    async def run(self, task: Task) -> Run:
        """Run the handler once.

        Raises:
            Throttled: no worker, and no room to wait for one.
            Draining: it did not begin, or was ended in its middle, because Pelton is stopping.
        """

    async def prewarm(self, function: Function) -> Run | None:
        """Import the handler now, so that the first run need not. The failed run, when that is what came of it."""

    def retire(self, function: Function) -> None:
        """Let no later run use what was imported for the function so far; a run under way ends undisturbed."""

    async def drain(self, timeout_s: float) -> None:
        """Wait that long for runs under way, then end everything."""
