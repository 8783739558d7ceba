"""What the gateway is given: how to invoke a function, whom to tell, and its options."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

from pelton.arns import DEFAULT_ACCOUNT, DEFAULT_REGION
from pelton.clock import Clock, SystemClock

#: Largest body of a request, bytes. Source: API Gateway quotas, payload size.
BODY_BYTES_MAX = 10 * 1024 * 1024


class Result(Protocol):
    """What the gateway needs of an invocation's outcome."""

    @property
    def payload(self) -> bytes:
        """The function's result, JSON text."""

    @property
    def function_error(self) -> str | None:
        """Set when the function failed."""

    @property
    def error_type(self) -> str | None:
        """The exception's name."""

    @property
    def error_message(self) -> str | None:
        """The exception's text."""


class OnRequest(Protocol):
    """Hears of every request, for the terminal."""

    def __call__(self, line: str, function_key: str | None, *, is_problem: bool) -> None:
        """``POST /users 200 12 ms``, and the function that answered, if one did."""


#: Invokes a function by the project's key: event as JSON text, and the root of the trace.
Invoke = Callable[[str, bytes, str | None], Awaitable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOptions:
    """Options of one gateway, handed down whole."""

    stage: str = "dev"
    region: str = DEFAULT_REGION
    account: str = DEFAULT_ACCOUNT
    site: Path | None = None
    api_keys: frozenset[str] = frozenset()  #: what routes that need a key take as ``x-api-key``
    allow_hosts: tuple[str, ...] = ()  #: further Host names, lower case, without port
    on_request: OnRequest | None = None
    clock: Clock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)  #: request ids
    body_bytes_max: int = BODY_BYTES_MAX
