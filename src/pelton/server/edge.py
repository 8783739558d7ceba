"""The wire edge: HTTP/1.1 on httptools, one protocol object per connection.

Requests of one connection may be pipelined and are answered in their order, whichever is ready first. All that
a peer can make grow is bounded: head, header count, body, unanswered requests, and the time each may take.
"""

from __future__ import annotations

import asyncio
from collections import deque
from http import HTTPStatus
from typing import cast

import httptools

from pelton.server.heads import RequestRefused, head_without_upgrade, joined_headers
from pelton.server.http import Handler, Header, HttpRequest, HttpResponse, ResponseWriter
from pelton.server.options import ServerOptions

#: How long a connection that is refused may go on sending before it is cut (s): time for it to read why.
_LINGER_S = 2.0

#: Parts of a body kept apart: a body in chunks of one byte would need fifty times its size.
_PARTS_MAX = 1024

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class _Slot:
    """The place of one response in its connection's order."""

    __slots__ = ("closes", "connection", "data", "is_head")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.data: bytes | None = None
        self.closes = False
        self.is_head = False

    def reply(self, response: HttpResponse) -> None:
        """Fill the place; the connection sends what has become sendable."""
        connection = self.connection
        self.closes = self.closes or response.closes
        if self.closes and not response.closes:
            response = response._replace(closes=True)
        data = connection.writer.rendered(response)
        # RFC 9110, 9.3.2: the answer to HEAD says how long its body would be, and has none.
        self.data = data[: len(data) - len(response.body)] if self.is_head else data
        if not connection.is_feeding:
            connection.flush()


class Connection(asyncio.Protocol):
    """One client connection."""

    def __init__(
        self, handler: Handler, options: ServerOptions, writer: ResponseWriter, open_: set[Connection]
    ) -> None:
        self.writer = writer
        self.is_feeding = False
        self._handler = handler
        self._options = options
        self._open = open_
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._slots: deque[_Slot] = deque()
        self._loop = asyncio.get_running_loop()
        self._is_discarding = False
        self._is_paused = False
        self._is_blocked = False  # The peer does not read its answers.
        self._is_stopping = False
        self._waiting_since = self._loop.time()  # Since when we wait: for a request, or for the rest of one.
        self._has_begun = False
        self._has_head = False
        self._head_bytes = self._chunk_bytes = self._body_bytes = self._body_bytes_max = 0
        self._url = b""
        self._raw_headers: list[Header] = []
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by shape only.
        self._open.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The connection is gone; answers still to come have nowhere to go."""
        self._transport = None
        self._open.discard(self)
        self._slots.clear()

    def eof_received(self) -> bool:
        """The client sends no more; it may still read the answers that are due."""
        self._is_stopping = True
        return bool(self._slots)

    def pause_writing(self) -> None:
        """The client does not read: stop reading its requests."""
        self._is_blocked = True
        self._pace()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._is_blocked = False
        self._pace()

    def data_received(self, data: bytes) -> None:
        """Bytes of requests: whole ones, parts of one, or several."""
        if self._is_discarding:
            return
        had_begun, body_bytes = self._has_begun, self._body_bytes
        self._chunk_bytes = len(data)
        self.is_feeding = True
        try:
            self._parse(data)
            if had_begun and self._has_begun and (not self._has_head or self._body_bytes == body_bytes):
                self._count_head(len(data))  # What brings no body is head, or trailer: the parser keeps it all.
        except httptools.HttpParserCallbackError as fault:
            cause = fault.__context__
            if not isinstance(cause, RequestRefused):
                raise
            self._refuse(cause.status)
        except RequestRefused as refused:
            self._refuse(refused.status)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)
        finally:
            self.is_feeding = False
        self.flush()

    def _parse(self, data: bytes) -> None:
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # A wish for another protocol may be ignored (RFC 9110, 7.8), but the parser has skipped the body:
                # the request is read once more, without the wish.
                head = head_without_upgrade(self._parser.get_method(), self._url, self._headers)
                data = head + data[upgrade.args[0] :]
                self._parser = httptools.HttpRequestParser(self)
            else:
                return

    # What httptools calls.

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._has_begun = True
        self._has_head = False
        self._head_bytes = 0
        self._waiting_since = self._loop.time()
        self._url = b""
        self._raw_headers = []
        self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        """The request target, or a part of it."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or trailer: those are counted, and looked at by nobody."""
        raw = self._raw_headers
        raw.append((name, value))
        if len(raw) > self._options.header_count_max:
            raise RequestRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The head is whole: refuse what will be too long before it arrives."""
        raw = self._raw_headers
        self._headers = {name.lower(): value for name, value in raw}
        if len(self._headers) < len(raw):
            self._headers = joined_headers(raw)
        if self._head_bytes + self._chunk_bytes > self._options.head_bytes_max:
            self._head_bytes = 0
            self._count_head(len(self._url) + sum(len(name) + len(value) for name, value in raw))
        self._has_head = True
        if self._parser.get_method() == b"CONNECT":
            raise RequestRefused(HTTPStatus.NOT_IMPLEMENTED)
        options, headers = self._options, self._headers
        # DynamoDB's requests go to the root; code for functions and objects for other services go elsewhere.
        self._body_bytes_max = options.body_bytes_max if self._url == b"/" else options.upload_bytes_max
        if int(headers.get(b"content-length", b"0") or b"0") > self._body_bytes_max:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if headers.get(b"expect", b"").lower() == b"100-continue" and not self._parser.should_upgrade():
            slot = _Slot(self)
            slot.data = _CONTINUE
            self._slots.append(slot)

    def on_chunk_header(self) -> None:
        """A chunk begins. RFC 9112, 6.1: a coding beside it is not undone here."""
        if self._headers.get(b"transfer-encoding", b"").lower() != b"chunked":
            raise RequestRefused(HTTPStatus.NOT_IMPLEMENTED)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body.append(body)
        self._body_bytes += len(body)
        if len(self._body) > _PARTS_MAX:
            self._body = [b"".join(self._body)]
        if self._body_bytes > self._body_bytes_max:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def on_message_complete(self) -> None:
        """The request is whole: hand it on."""
        if self._parser.should_upgrade():
            return
        path, _, query = self._url.partition(b"?")
        parts = self._body
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        request = HttpRequest(self._parser.get_method(), path, query, self._headers, body)
        self._has_begun = False
        self._body = []
        slot = _Slot(self)
        slot.closes = not self._parser.should_keep_alive()
        slot.is_head = request.method == b"HEAD"
        self._slots.append(slot)
        if len(self._slots) >= self._options.pipelined_max:
            self._pace()
        self._handler(request, slot.reply)

    # Sending.

    def flush(self) -> None:
        """Send the answers at the head of the queue that are ready."""
        transport, slots = self._transport, self._slots
        if transport is None:
            return
        ready: list[bytes] = []
        closes = False
        while slots and (data := slots[0].data) is not None and not closes:
            ready.append(data)
            closes = slots.popleft().closes
        if ready:
            transport.write(ready[0] if len(ready) == 1 else b"".join(ready))
            self._waiting_since = self._loop.time()
        if closes or (self._is_stopping and not slots and not self._has_begun):
            self._finish(transport)
        elif self._is_paused:
            self._pace()

    def stop(self) -> None:
        """Close when the answers that are due have gone out."""
        self._is_stopping = True
        self.flush()

    def abort(self) -> None:
        """Close now."""
        if self._transport is not None:
            self._transport.abort()

    def sweep(self, now: float) -> None:
        """Close when the client has kept us waiting too long; ``now`` is the loop's time (s)."""
        waited = now - self._waiting_since
        if self._has_begun:
            limit = self._options.request_s if self._has_head else self._options.head_s
            if waited > limit and not self._is_discarding:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
                self.flush()
        elif waited > self._options.idle_s and (self._is_blocked or not self._slots):
            self.abort()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer in turn, close, and read what still comes without looking at it."""
        self._is_discarding = True
        self._has_begun = False
        slot = _Slot(self)
        slot.reply(HttpResponse(status, (), b"", closes=True))
        self._slots.append(slot)

    def _finish(self, transport: asyncio.Transport) -> None:
        self._slots.clear()
        if not self._is_discarding:
            transport.close()
            return
        # Closing while the peer still sends would make its system drop our answer unread (a reset).
        if transport.can_write_eof():
            transport.write_eof()
        self._loop.call_later(_LINGER_S, transport.abort)

    def _count_head(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > self._options.head_bytes_max:
            raise RequestRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _pace(self) -> None:
        """Read on, or stop reading, as the answers go out."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        should_pause = self._is_blocked or len(self._slots) >= self._options.pipelined_max
        if should_pause and not self._is_paused:
            self._is_paused = True
            transport.pause_reading()
        elif self._is_paused and not should_pause:
            self._is_paused = False
            transport.resume_reading()
