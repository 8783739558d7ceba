"""A request as the gateway sees it, and the texts that events take from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRequest:
    """One HTTP request; names of headers are lower case, their order and repetitions as sent."""

    method: str
    raw_path: str  #: percent-encoded, without the query; starts with ``/``
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    protocol: str  #: ``HTTP/1.1``
    scheme: str  #: ``http``
    received_ms: int
    request_id: str  #: a UUID
    extended_id: str  #: the short form, ``JCJ…=``
    trace_root: str  #: ``1-8hex-24hex``

    def header(self, name: str) -> str | None:
        """The last value of a header, asked by its lower-case name; None when absent."""
        return next((value for key, value in reversed(self.headers) if key == name), None)

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(self.raw_path)

    @property
    def domain(self) -> str:
        """The Host without its port."""
        host = self.header("host") or "localhost"
        return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.split(":", 1)[0]

    @property
    def port(self) -> str:
        """The port the client named, or the scheme's own."""
        host = self.header("host") or ""
        after = host.rpartition("]")[2].rpartition(":")
        return after[2] if after[1] else ("443" if self.scheme == "https" else "80")

    def forwarded(self) -> dict[str, str]:
        """The headers a gateway adds on the way to the function, by lower-case name."""
        before = self.header("x-forwarded-for")
        return {
            "x-forwarded-for": f"{before}, {self.source_ip}" if before else self.source_ip,
            "x-forwarded-port": self.port,
            "x-forwarded-proto": self.scheme,
            "x-amzn-trace-id": f"Root={self.trace_root}",
        }

    def query(self) -> list[tuple[str, str]]:
        """The decoded query, in order; ``?a`` gives an empty value."""
        return parse_qsl(self.raw_query, keep_blank_values=True)


def request_time(milliseconds: int) -> str:
    """``20/Oct/2025:22:40:00 +0000``, in English whatever the locale."""
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return f"{moment.day:02d}/{_MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"
