"""One invocation of a function: what is asked, what came out, and why it did not even start.

A function that fails is an ``Outcome`` with ``function_error`` set, never an exception; exceptions
(``NotInvoked``) mean that there is no outcome. Source: Lambda API reference, Invoke.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pelton.operations import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A request to run a function once."""

    function_name: str  #: name, the project's key, or an ARN (qualified or not)
    payload: bytes  #: JSON text of the event, handed to the handler as it is
    trace: str | None = None  #: this invocation's own trace id (``new_trace``); None: one is made
    client_context: bytes | None = None  #: JSON text
    wants_log_tail: bool = False  #: fill ``Outcome.log_tail``
    origin: JsonObject | None = None  #: who asked, e.g. mapping and sequence numbers; carried to ``on_outcome``
    request_id: str | None = None  #: a UUID to use again in a retry; None: one is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an invocation came to."""

    request_id: str
    trace: str
    payload: bytes  #: the handler's result as JSON text (bytes results raw), or Lambda's error object
    function_error: str | None = None  #: ``Unhandled`` when the function failed
    error_type: str | None = None
    error_message: str | None = None
    log_tail: bytes = b""  #: the last 4 KB of the log, when asked for
    started_ms: int = 0  #: by the Clock
    duration_ms: float = 0.0  #: inside the handler, real time
    init_duration_ms: float | None = None  #: set when this invocation started its worker
    executed_version: str = "$LATEST"
    memory_used_mb: int = 0  #: the worker's largest resident size so far

    @property
    def succeeded(self) -> bool:
        """True when the handler returned a result."""
        return self.function_error is None


class LogKind(Enum):
    """Who wrote a log line."""

    FUNCTION = "function"  #: the handler's output and its uncaught errors
    PLATFORM = "platform"  #: START, END, REPORT
    ADVICE = "advice"  #: Pelton itself: names the function, the cause and the cure


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log event of a function, without its final newline; an uncaught error has several lines."""

    function_name: str
    request_id: str | None  #: None: written outside invocations, e.g. while importing
    at_ms: int
    text: str
    kind: LogKind = LogKind.FUNCTION


class NotInvoked(Exception):
    """There is no outcome: the invocation did not begin, or (``Draining`` alone) was cut off."""


class UnknownFunction(NotInvoked):
    """No function of that name, key or ARN is defined."""

    def __init__(self, function_name: str) -> None:
        super().__init__(f"Function not found: {function_name}")
        self.function_name = function_name


class ThrottleReason(Enum):
    """Which limit an invocation met; the value is Lambda's word for it."""

    CONCURRENT = "ConcurrentInvocationLimitExceeded"  #: no worker, and too many invocations wait already
    RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


class Throttled(NotInvoked):
    """As many invocations are under way as may be."""

    def __init__(self, text: str, reason: ThrottleReason = ThrottleReason.CONCURRENT) -> None:
        super().__init__(text)
        self.reason = reason


class Draining(NotInvoked):
    """Pelton is stopping: it takes no more invocations, and ends those that outlast its patience."""
