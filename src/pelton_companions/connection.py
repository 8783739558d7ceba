"""One HTTP/1.1 connection: bytes to requests, answers to bytes, in the order of the requests.

Parsing is httptools'; this adds limits, keep-alive and the pause when a client pipelines more than
is answered. A handler that raises is answered with the companion's own 500, and the traceback logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias, cast

import httptools

from pelton_companions.messages import BODY_BYTES_MAX, Request, Response, text_response

logger = logging.getLogger(__name__)

#: Answers one request; None means: close the connection without an answer.
Handler: TypeAlias = Callable[[Request], Awaitable[Response | None]]

#: The request line and all headers together may be this long.
HEAD_BYTES_MAX = 64 * 1024
#: A client that pipelines more than this is not read from until the first are answered.
PENDING_REQUESTS_MAX = 16


class Connection(asyncio.Protocol):
    """The protocol of one client; ``open_connections`` holds it while it is connected."""

    def __init__(self, handler: Handler, open_connections: set[Connection]) -> None:
        self._handler = handler
        self._open_connections = open_connections
        self._parser = httptools.HttpRequestParser(self)
        self._pending: deque[tuple[Request, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._start_message()

    def _start_message(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._head_bytes = 0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._open_connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature.
        """The client is gone: what is being computed for it is of no use."""
        self._open_connections.discard(self)
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a malformed or too large request is answered and the connection closed."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400, "Upgrade is not supported")
        except _TooLarge as error:
            self._refuse(error.status, str(error))
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._refuse(cause.status if isinstance(cause, _TooLarge) else 400, str(cause))
        except httptools.HttpParserError as error:
            self._refuse(400, f"malformed request: {error}")

    def close(self) -> None:
        """Close the connection, whatever is under way on it."""
        self._transport.close()

    # httptools' callbacks

    def on_message_begin(self) -> None:
        """A new request begins on this connection."""
        self._start_message()

    def on_url(self, url: bytes) -> None:
        """A part of the request target."""
        self._count_head(len(url))
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; several of a name are joined by a comma."""
        self._count_head(len(name) + len(value))
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """Tell a client that waits for it to go on with the body."""
        if self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """A part of the body, without its chunk framing."""
        if len(self._body) + len(body) > BODY_BYTES_MAX:
            raise _TooLarge(413, f"the body is larger than {BODY_BYTES_MAX} bytes")
        self._body += body

    def on_message_complete(self) -> None:
        """A whole request: answer it after those before it."""
        path, _, query = self._url.decode("latin-1").partition("?")
        request = Request(
            method=self._parser.get_method().decode("latin-1"),
            path=path,
            query_string=query,
            headers=self._headers,
            body=bytes(self._body),
        )
        self._pending.append((request, self._parser.should_keep_alive()))
        if len(self._pending) >= PENDING_REQUESTS_MAX:
            self._transport.pause_reading()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer_pending())

    # Answers

    async def _answer_pending(self) -> None:
        while self._pending:
            request, keeps_alive = self._pending.popleft()
            answer = await self._answer(request)
            if answer is None or self._transport.is_closing():
                self._transport.abort()
                return
            self._transport.write(answer.to_bytes(keeps_alive))
            if answer.closes or not keeps_alive:
                self._transport.close()
                return
            self._transport.resume_reading()
        self._task = None

    async def _answer(self, request: Request) -> Response | None:
        try:
            return await self._handler(request)
        except Exception:
            # The server must outlive any one request; the traceback tells whose fault it was.
            logger.exception("%s %s failed", request.method, request.path)
            return text_response("Internal error: see the companion's log", 500)

    def _count_head(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > HEAD_BYTES_MAX:
            raise _TooLarge(431, f"the request's head is larger than {HEAD_BYTES_MAX} bytes")

    def _refuse(self, status: int, message: str) -> None:
        if not self._transport.is_closing():
            self._transport.write(text_response(message, status).to_bytes(keeps_alive=False))
            self._transport.close()


class _TooLarge(Exception):
    """A part of the request is over its limit."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
