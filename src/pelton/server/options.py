"""Options of the wire edge: one value, made by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pelton.arns import DEFAULT_ACCOUNT, DEFAULT_REGION
from pelton.clock import SystemClock
from pelton.operations import JsonObject
from pelton.server.credentials import Credential
from pelton.server.http import Handler


def no_log(_line: str) -> None:
    """A log nobody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What the edge and the dispatcher were told; handed down whole."""

    host: str = "127.0.0.1"
    port: int = 8000  #: 0: a free one
    region: str = DEFAULT_REGION  #: of requests whose credential scope names no real region
    account: str = DEFAULT_ACCOUNT  #: of callers without a configured key
    credentials: Mapping[str, Credential] | None = None  #: by key id; None: any key and signature is accepted
    needs_auth_header: bool = True  #: False: DynamoDB requests may come without; Lambda's never
    allow_origins: tuple[str, ...] = ()  #: origins of web pages that may call, e.g. ``http://localhost:3000``
    allow_hosts: tuple[str, ...] = ()  #: names this server is reached by, beside loopback ones and ``host``
    body_bytes_max: int = 16 * 1024 * 1024  #: of a DynamoDB request, as the service's
    upload_bytes_max: int = 80 * 1024 * 1024  #: of any other request: 50 MB of code, base64
    head_bytes_max: int = 64 * 1024  #: request line and headers together
    header_count_max: int = 100
    nesting_max: int = 200  #: braces and brackets in each other; an item's 32 levels need 70
    idle_s: float = 90.0  #: pools of SDKs hold idle connections; closing one before 75 s looks like a reset
    head_s: float = 20.0  #: for the head of a request to arrive
    request_s: float = 300.0  #: for a request to arrive whole
    waiting_max: int = 4096  #: writes that wait for the disk; beyond it requests are throttled
    pipelined_max: int = 256  #: unanswered requests of one connection before reading stops
    health: Callable[[], tuple[bool, JsonObject]] | None = None  #: answers GET /_pelton/health
    metrics: Callable[[], str] | None = None  #: answers GET /_pelton/metrics
    function_url: Handler | None = None  #: answers what lies under ``/_url/``
    fallback: Handler | None = None  #: answers for services that Pelton does not offer itself
    log: Callable[[str], None] = no_log
    real_now_ms: Callable[[], int] = SystemClock().now_ms  #: signature skew and the Date header live on real time
