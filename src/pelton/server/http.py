"""HTTP requests and responses as values: the edge makes the one and writes the other, nothing else does.

Header names are lower case in a request and as they shall be sent in a response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import NamedTuple

Header = tuple[bytes, bytes]


class HttpRequest(NamedTuple):
    """One request, whole. ``path`` and ``query`` are as sent, percent signs and all, without the ``?``."""

    method: bytes
    path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes


class HttpResponse(NamedTuple):
    """One response; the edge adds ``Server``, ``Date`` and ``Content-Length``."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    closes: bool = False  #: the connection is closed after it


#: Called exactly once per request, on the loop's thread, with its response.
Reply = Callable[[HttpResponse], None]

#: Answers a request by calling the reply, now or later.
Handler = Callable[[HttpRequest, Reply], None]


def text_response(status: int, text: str, *headers: Header) -> HttpResponse:
    """A response of plain text, for a person to read."""
    return HttpResponse(status, ((b"Content-Type", b"text/plain; charset=utf-8"), *headers), text.encode())


class ResponseWriter:
    """Responses to bytes; formats the date once per second."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._second = -1
        self._common = b""

    def rendered(self, response: HttpResponse) -> bytes:
        """The response as it goes out."""
        second = self._now_ms() // 1000
        if second != self._second:
            self._second = second
            self._common = b"Server: Server\r\nDate: %b\r\n" % formatdate(second, usegmt=True).encode()
        status, headers, body, closes = response
        lines = b""
        for header in headers:
            lines += b"%b: %b\r\n" % header
        if closes:
            lines += b"Connection: close\r\n"
        # RFC 9110, 8.6: no Content-Length with 204; everything else says how long it is.
        length = b"" if status == HTTPStatus.NO_CONTENT else b"Content-Length: %d\r\n" % len(body)
        return b"%b%b%b%b\r\n%b" % (_STATUS_LINES[status], self._common, lines, length, body)


_STATUS_LINES = {status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus}
