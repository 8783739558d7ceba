"""Drives the gateway's ASGI application without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson

from pelton.gateway.app import GatewayOptions, gateway_app
from pelton.projects.project import Route
from pelton.testing.clock import ManualClock


def http(method: str, path: str, key: str = "f", **rest: Any) -> Route:
    return Route(kind="http", method=method, path=path, function_key=key, payload="1.0", **rest)


def http_api(method: str, path: str, key: str = "f", **rest: Any) -> Route:
    return Route(kind="httpApi", method=method, path=path, function_key=key, payload=rest.pop("payload", "2.0"), **rest)


@dataclass
class Outcome:
    payload: bytes = b'{"statusCode": 200, "body": "fine"}'
    function_error: str | None = None
    error_type: str | None = None
    error_message: str | None = None


@dataclass
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Gateway:
    routes: list[Route]
    outcome: Outcome = field(default_factory=Outcome)
    options: dict[str, Any] = field(default_factory=dict)
    invoke: Callable[[str, bytes, str | None], Awaitable[Any]] | None = None

    def __post_init__(self) -> None:
        self.events: list[tuple[str, Any, str | None]] = []
        self.lines: list[tuple[str, str | None, bool]] = []

    async def _invoke(self, key: str, event: bytes, trace: str | None) -> Outcome:
        self.events.append((key, orjson.loads(event), trace))
        return self.outcome

    def _on_request(self, line: str, function_key: str | None, *, is_problem: bool) -> None:
        self.lines.append((line, function_key, is_problem))

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        host: str = "localhost:3000",
    ) -> Reply:
        options = GatewayOptions(clock=ManualClock(), random=Random(7), on_request=self._on_request, **self.options)
        app = gateway_app(self.routes, self.invoke or self._invoke, options)
        raw, _, query = path.partition("?")
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        pairs = {"host": host, **(headers or {})}
        scope = {
            "type": "http",
            "method": method,
            "path": raw,
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in pairs.items()],
            "client": ("127.0.0.9", 5),
            "http_version": "1.1",
            "scheme": "http",
        }
        await app(scope, receive, send)
        start = sent[0]
        return Reply(
            start["status"],
            [(name.decode(), value.decode()) for name, value in start["headers"]],
            b"".join(message.get("body", b"") for message in sent[1:]),
        )

    def get(self, method: str, path: str, **rest: Any) -> Reply:
        return asyncio.run(self.ask(method, path, **rest))

    def event(self, method: str, path: str, **rest: Any) -> Any:
        self.get(method, path, **rest)
        return self.events[-1][1]
