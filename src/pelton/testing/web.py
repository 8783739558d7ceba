"""A request to an ASGI application, in process."""

from __future__ import annotations

import json as json_text
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True)
class Response:
    """What the application answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def json(self) -> Any:
        """The body, parsed."""
        return json_text.loads(self.body)


async def call(app: ASGIApp, method: str, target: str, *, json: object, headers: dict[str, str]) -> Response:
    """One request and its whole response."""
    body = b"" if json is None else json_text.dumps(json).encode()
    sent = {"host": "localhost", "content-length": str(len(body)), **headers}
    if json is not None:
        sent.setdefault("content-type", "application/json")
    parts = urlsplit(target)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("localhost", 80),
    }
    received: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    answered: list[Message] = []

    async def receive() -> Message:
        return received.pop(0) if received else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answered.append(message)

    await app(scope, receive, send)
    head = answered[0]
    pairs = tuple((name.decode(), value.decode()) for name, value in head["headers"])
    return Response(head["status"], pairs, b"".join(message.get("body", b"") for message in answered[1:]))
