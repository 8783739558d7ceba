"""Who may speak to a companion: this machine, and pages of the origins it was told.

A page of a foreign site must not reach it, neither directly (Origin) nor by DNS rebinding (Host).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pelton_companions.messages import Request, Response, text_response

#: Names by which this machine calls itself.
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True)
class Access:
    """Origins (scheme://host:port, as a browser sends them) whose pages may call."""

    allowed_origins: frozenset[str] = frozenset()

    def refusal(self, request: Request) -> Response | None:
        """403 for a Host that is not this machine or an Origin that is not allowed; else None."""
        host = request.headers.get("host", "")
        if _host_name(host) not in LOOPBACK_NAMES:
            return text_response(f"Host {host!r} is not served here", 403)
        origin = request.headers.get("origin")
        if origin is None or origin == f"http://{host}" or origin in self.allowed_origins:
            return None
        return text_response(f"Origin {origin!r} is not allowed: start with --allow-origin {origin}", 403)

    def preflight(self, request: Request) -> Response | None:
        """The answer to a CORS preflight of an allowed origin; None when the request is not one."""
        if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
            return None
        headers = {
            "access-control-allow-methods": "GET, POST, PUT, DELETE, OPTIONS",
            "access-control-allow-headers": request.headers.get("access-control-request-headers", "*"),
            "access-control-max-age": "600",
            **self.cors_headers(request),
        }
        return Response(status=204, headers=headers)

    def cors_headers(self, request: Request) -> Mapping[str, str]:
        """What an answer to an allowed origin carries; nothing without an Origin."""
        origin = request.headers.get("origin")
        return {} if origin is None else {"access-control-allow-origin": origin, "vary": "origin"}


def _host_name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
