"""Admission: which requests may be dispatched at all, and the pages that need no service.

A web page must reach neither tables nor functions, not even one whose name suddenly resolves to this machine (DNS
rebinding): so the Host must be a name this server is known by or a literal address, which no attacker's page can have,
and a foreign Origin is refused before anything looks at the request. Source: Fetch standard, CORS protocol.
"""

from __future__ import annotations

import ipaddress
from functools import partial
from http import HTTPStatus

import orjson

from pelton.server.http import Handler, Header, HttpRequest, HttpResponse, Reply, text_response
from pelton.server.options import ServerOptions

_LOOPBACK_NAMES = ("localhost", "host.docker.internal")
_ALLOW_ANY = (b"Access-Control-Allow-Origin", b"*")
#: Verdicts on Host headers that are kept; more different ones than this is no honest client.
_HOSTS_KEPT = 256


class Admission:
    """Stands before the dispatcher."""

    def __init__(self, handler: Handler, options: ServerOptions) -> None:
        self._handler = handler
        self._options = options
        self._origins = frozenset(origin.rstrip("/").encode() for origin in options.allow_origins)
        names = (*_LOOPBACK_NAMES, options.host, *options.allow_hosts)
        self._names = frozenset(name.lower() for name in names)
        self._hosts: dict[bytes, bool] = {}

    def handle(self, request: HttpRequest, reply: Reply) -> None:
        """Refuse the request, answer it, or hand it on."""
        headers = request.headers
        host = headers.get(b"host", b"")
        if not (self._hosts.get(host) or self._is_known_host(host)):
            reply(text_response(403, "Pelton is not known by this Host name; --allow-host adds one.\n"))
            return
        origin = headers.get(b"origin")
        if origin is not None:
            if origin not in self._origins:
                reply(text_response(403, "This Origin may not call Pelton; --allow-origin adds one.\n"))
                return
            if request.method == b"OPTIONS":
                reply(_preflight(request))
                return
            reply = partial(_reply_to_origin, reply)
        elif headers.get(b"sec-fetch-site") == b"cross-site":
            # A browser sends no Origin with a foreign page's images and frames, but says where they come from.
            reply(text_response(403, "Foreign pages may not call Pelton.\n"))
            return
        if request.path.startswith(b"/_pelton/"):
            reply(self._own_page(request))
            return
        self._handler(request, reply)

    def _is_known_host(self, host: bytes) -> bool:
        known = self._judge_host(host.decode("latin-1").lower())
        if len(self._hosts) >= _HOSTS_KEPT:
            self._hosts.clear()
        self._hosts[host] = known
        return known

    def _judge_host(self, host: str) -> bool:
        name = _without_port(host)
        return name in self._names or name.endswith(".localhost") or _is_address(name)

    def _own_page(self, request: HttpRequest) -> HttpResponse:
        if request.method not in (b"GET", b"HEAD"):
            return text_response(HTTPStatus.METHOD_NOT_ALLOWED, "GET only.\n", (b"Allow", b"GET"))
        if request.path == b"/_pelton/health" and self._options.health is not None:
            is_ready, state = self._options.health()
            status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
            return HttpResponse(status, ((b"Content-Type", b"application/json"),), orjson.dumps(state))
        if request.path == b"/_pelton/metrics" and self._options.metrics is not None:
            kind = b"text/plain; version=0.0.4; charset=utf-8"  # Prometheus, text exposition format.
            return HttpResponse(HTTPStatus.OK, ((b"Content-Type", kind),), self._options.metrics().encode())
        return text_response(HTTPStatus.NOT_FOUND, "No such page; there are /_pelton/health and /_pelton/metrics.\n")


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[")
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _preflight(request: HttpRequest) -> HttpResponse:
    """The answer to a page that asks whether it may call."""
    headers: list[Header] = [_ALLOW_ANY, (b"Access-Control-Max-Age", b"172800")]
    for asked in (b"Headers", b"Method"):
        value = request.headers.get(b"access-control-request-" + asked.lower())
        if value is not None:
            allowed = b"Access-Control-Allow-" + (b"Methods" if asked == b"Method" else asked)
            headers.append((allowed, value))
    return HttpResponse(HTTPStatus.OK, tuple(headers))


def _reply_to_origin(reply: Reply, response: HttpResponse) -> None:
    reply(response._replace(headers=(*response.headers, _ALLOW_ANY)))
