"""Heads of requests that are not the usual kind: repeated headers, a wish for another protocol, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from pelton.server.http import Header


class RequestRefused(Exception):
    """The rest of the connection is not read: answer with that status and close."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


#: Headers that say who is asked, and by whom. Of a repeated one two readers could see two requests (RFC 9110, 5.3).
_SINGLE = frozenset({b"host", b"authorization", b"origin", b"x-amz-target", b"x-amz-date", b"content-type"})


def joined_headers(raw: Iterable[Header]) -> dict[bytes, bytes]:
    """Headers by lower-case name; the values of a repeated one joined with commas (RFC 9110, 5.3).

    Raises:
        RequestRefused: one that may stand there once only is repeated.
    """
    headers: dict[bytes, bytes] = {}
    for name, value in raw:
        lower = name.lower()
        if lower in _SINGLE and lower in headers:
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        headers[lower] = b"%b,%b" % (headers[lower], value) if lower in headers else value
    return headers


def head_without_upgrade(method: bytes, url: bytes, headers: Mapping[bytes, bytes]) -> bytes:
    """The head of a request once more, without its wish for another protocol."""
    lines = [b"%b: %b\r\n" % header for header in headers.items() if header[0] not in (b"upgrade", b"connection")]
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (method, url, b"".join(lines))
