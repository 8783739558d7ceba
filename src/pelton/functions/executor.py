"""What runs handlers: the protocol that worker processes and the in-process executor share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pelton.functions.definition import Function

#: Takes one log event of the function, without its final newline.
Log = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run of a handler."""

    function: Function
    request_id: str
    trace: str
    payload: bytes
    client_context: bytes | None
    invoked_arn: str
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

    async def run(self, task: Task) -> Run:
        """Run the handler once.

        Raises:
            Throttled: no worker, and no room to wait for one.
        """

    async def prewarm(self, function: Function) -> None:
        """Import the handler now, so that the first run need not; an import error is logged, not raised."""

    def retire(self, function: Function) -> None:
        """Let no later run use what was imported for the function so far; a run under way ends undisturbed."""

    async def drain(self, timeout_s: float) -> None:
        """Wait that long for runs under way, then end everything."""
