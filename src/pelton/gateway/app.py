"""The gateway as an ASGI application: finds the route, builds the event, invokes, maps the response.

Everything that decides is pure and lives in the modules beside this one; here bytes are read and sent. Routes win over
files of the site. Source: API Gateway developer guide, quotas and Lambda proxy integrations.
"""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from pelton.errors import WireError
from pelton.functions.invocation import NotInvoked
from pelton.functions.trace import new_root, parse_trace
from pelton.gateway.answer import (
    Answer,
    Kind,
    failed,
    forbidden,
    missing_parameters,
    no_route,
    timed_out,
    too_large,
    unavailable,
)
from pelton.gateway.authorizing import Gatekeeper
from pelton.gateway.cors import http_api_preflight, rest_preflight, with_http_api_headers
from pelton.gateway.environment import ApiIdentity
from pelton.gateway.event_v1 import event_v1
from pelton.gateway.event_v2 import event_v2
from pelton.gateway.hosts import is_known_host
from pelton.gateway.options import GatewayOptions, Invoke, OnRequest, Result
from pelton.gateway.patience import Patience
from pelton.gateway.request import GatewayRequest
from pelton.gateway.responses import NotAResponse, http_api_answer, rest_answer
from pelton.gateway.routes import Match, RouteTable
from pelton.gateway.sending import send_answer, send_file
from pelton.gateway.site import Site, SiteFile
from pelton.operations import JsonObject
from pelton.projects.project import Cors, Route

__all__ = ["GatewayOptions", "Invoke", "OnRequest", "Result", "gateway_app"]

#: Patience of a REST and of an HTTP API, seconds.
_PATIENCE_S: dict[Kind, float] = {"http": 29.0, "httpApi": 30.0}
_PATH_LENGTH_MAX = 200


def gateway_app(routes: Iterable[Route], invoke: Invoke, options: GatewayOptions) -> ASGIApp:
    """The application that answers these routes through ``invoke``."""
    return _Gateway(tuple(routes), invoke, options)


class _TooLarge(Exception):
    """The body passes the limit."""


class _Gone(Exception):
    """The client left before its request was whole."""


class _Gateway:
    """One project's routes and site."""

    def __init__(self, routes: tuple[Route, ...], invoke: Invoke, options: GatewayOptions) -> None:
        self._table = RouteTable(routes, options.stage)
        self._cors: Cors | None = next((route.cors for route in routes if route.kind == "httpApi"), None)
        self._invoke = invoke
        self._options = options
        self._site = Site(options.site) if options.site is not None else None
        self._identity = ApiIdentity(stage=options.stage, region=options.region, account=options.account)
        self._patience = Patience()
        self._gatekeeper = Gatekeeper(invoke, self._patience, self._identity, options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = self._options.clock.monotonic()
        request = self._request(scope)
        try:
            answer, function_key = await self._answered(request, receive)
        except _Gone:
            return
        if isinstance(answer, SiteFile):
            await send_file(answer, request.method, send)
        else:
            await send_answer(answer, request.method, send)
        self._report(request, answer, function_key, started)

    def _request(self, scope: Scope) -> GatewayRequest:
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
        random = self._options.random
        raw_path = scope.get("raw_path")
        trace = parse_trace(next((value for name, value in headers if name == "x-amzn-trace-id"), None))
        return GatewayRequest(
            method=scope["method"],
            raw_path=raw_path.decode("latin-1").split("?", 1)[0] if raw_path else quote(scope["path"]),
            raw_query=scope.get("query_string", b"").decode("latin-1"),
            headers=headers,
            body=b"",
            source_ip=scope["client"][0] if scope.get("client") else "127.0.0.1",
            protocol=f"HTTP/{scope.get('http_version', '1.1')}",
            scheme=scope.get("scheme", "http"),
            received_ms=self._options.clock.now_ms(),
            request_id=str(uuid.UUID(int=random.getrandbits(128), version=4)),
            extended_id=base64.urlsafe_b64encode(random.randbytes(11)).decode(),
            trace_root=trace.root if trace else new_root(random),
        )

    async def _answered(self, request: GatewayRequest, receive: Receive) -> tuple[Answer | SiteFile, str | None]:
        """The answer, and the key of the function that made it."""
        host = request.header("host") or ""
        if not is_known_host(host, self._options.allow_hosts):
            return forbidden(f"the Host {host[:80]!r} is not known here; --allow-host adds one"), None
        preflight = self._preflight(request)
        if preflight is not None:
            return preflight, None
        match = self._table.match(request.method, request.raw_path)
        if not isinstance(match, Match):
            found = await self._from_site(request)
            return found or self._finished(no_route(match.kind), request, match.kind), None
        kind = match.route.kind
        try:
            request = replace(request, body=await self._body(request, receive))
        except _TooLarge:
            return self._finished(too_large(kind), request, kind), None
        judged = await self._gatekeeper.judge(request, match)
        if isinstance(judged, Answer):
            return self._finished(judged, request, kind), None
        missing = _missing_parameters(request, match)
        if missing:
            return self._finished(missing_parameters(missing), request, kind), None
        return self._finished(await self._invoked(request, match, judged), request, kind), match.route.function_key

    def _preflight(self, request: GatewayRequest) -> Answer | None:
        if request.method != "OPTIONS":
            return None
        routes = self._table.of_path(request.raw_path)
        if routes and routes[0].kind == "http":
            return rest_preflight(request, routes)
        return http_api_preflight(request, self._cors) if self._cors is not None else None

    async def _from_site(self, request: GatewayRequest) -> SiteFile | Answer | None:
        if self._site is None or request.method not in ("GET", "HEAD"):
            return None
        headers = dict(request.headers)
        return await asyncio.to_thread(self._site.find, request.raw_path, headers)

    async def _body(self, request: GatewayRequest, receive: Receive) -> bytes:
        limit = self._options.body_bytes_max
        declared = request.header("content-length")
        if declared is not None and declared.isdecimal() and int(declared) > limit:
            raise _TooLarge
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            piece = message.get("body", b"")
            size += len(piece)
            if size > limit:
                raise _TooLarge
            pieces.append(piece)
            if not message.get("more_body", False):
                return b"".join(pieces)

    async def _invoked(self, request: GatewayRequest, match: Match, authorizer: JsonObject | None) -> Answer:
        route = match.route
        build = event_v1 if route.payload == "1.0" else event_v2
        event = orjson.dumps(build(request, match, self._identity, authorizer))
        patience = route.timeout_s or _PATIENCE_S[route.kind]
        try:
            call = self._invoke(route.function_key, event, request.trace_root)
            outcome = await self._patience.within(patience, call)
        except TimeoutError:
            return timed_out(route.kind, patience)
        except NotInvoked as error:
            return unavailable(route.kind, f"the function was not invoked: {error}")
        except WireError as error:
            reason = str(error)
            return too_large(route.kind) if error.status == 413 else unavailable(route.kind, reason)
        return _mapped(outcome, request, route)

    def _finished(self, answer: Answer, request: GatewayRequest, kind: Kind) -> Answer:
        """The answer with the headers that the gateway adds."""
        if kind == "httpApi":
            answer = replace(answer, headers=(*answer.headers, ("apigw-requestid", request.extended_id)))
            return with_http_api_headers(answer, request, self._cors) if self._cors is not None else answer
        added = (
            ("x-amzn-RequestId", request.request_id),
            ("x-amz-apigw-id", request.extended_id),
            ("X-Amzn-Trace-Id", f"Root={request.trace_root}"),
        )
        return replace(answer, headers=(*answer.headers, *added))

    def _report(
        self, request: GatewayRequest, answer: Answer | SiteFile, function_key: str | None, started: float
    ) -> None:
        answer = answer.answer if isinstance(answer, SiteFile) else answer
        milliseconds = (self._options.clock.monotonic() - started) * 1000
        path = request.raw_path[:_PATH_LENGTH_MAX]
        line = f"{request.method} {path} {answer.status} {milliseconds:.0f} ms"
        line = f"{line} ({answer.problem})" if answer.problem else line
        if self._options.on_request is not None:
            self._options.on_request(line, function_key, is_problem=answer.problem is not None)


def _mapped(outcome: Result, request: GatewayRequest, route: Route) -> Answer:
    if outcome.function_error is not None:
        reason = f"{outcome.error_type or outcome.function_error}: {outcome.error_message or 'the function failed'}"
        return failed(route.kind, reason[:500])
    try:
        if route.kind == "http":
            return rest_answer(outcome.payload, route.binary_types, request.header("accept") or "")
        return http_api_answer(outcome.payload, route.payload)
    except NotAResponse as error:
        return failed(route.kind, str(error))


def _missing_parameters(request: GatewayRequest, match: Match) -> list[str]:
    """The names of required parameters that the request lacks, in the order declared."""
    present = {
        "querystring": {name for name, _ in request.query()},
        "header": {name for name, _ in request.headers},
        "path": {name for name, _ in match.parameters},
    }
    return [
        name for kind, name in match.route.required if (name.lower() if kind == "header" else name) not in present[kind]
    ]
