"""A head that two readers could read as two requests, or as none, is refused and its connection ends."""

from __future__ import annotations

import pytest

from pelton.server import HttpRequest, HttpResponse
from pelton.server.http import Reply
from tests.server.test_edge import HEAD, fed, with_peer

INNER = b"GET /inner HTTP/1.1\r\nHost: localhost\r\n\r\n"


def paths(data: bytes) -> tuple[list[bytes], bytes, bool]:
    """What was handed on, what was answered, and whether the connection ends."""
    seen: list[bytes] = []

    def handler(request: HttpRequest, reply: Reply) -> None:
        seen.append(request.path)
        reply(HttpResponse(200, (), b"ok"))

    peer = fed(data, handler)
    return seen, peer.received, peer.is_closed or peer.has_eof


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER,
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + INNER,
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello" + INNER,
        b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" + INNER,
        b"Content-Length: 5, 5\r\n\r\nhello" + INNER,
        b"Content-Length: +5\r\n\r\nhello",
        b"Content-Length: -1\r\n\r\nhello",
        b"Content-Length: 0x5\r\n\r\nhello",
        b"Content-Length: 99999999999999999999999999\r\n\r\nhello",
        b"Content-Length : 5\r\n\r\nhello",
        b"Transfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"Transfer-Encoding: identity\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",  # obs-fold
        b"X-A: b\r\n c\r\nContent-Length: 5\r\n\r\nhello",  # obs-fold
        b"X-A: a\rContent-Length: 5\r\n\r\nhello",  # a bare CR
        b"X-A: a\0b\r\nContent-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",  # bare LFs
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        b"Host: evil.example\r\nContent-Length: 0\r\n\r\n",  # a second Host
        b"X-Amz-Target: A.One\r\nX-Amz-Target: A.Two\r\nContent-Length: 0\r\n\r\n",
        b"Authorization: one\r\nauthorization: two\r\nContent-Length: 0\r\n\r\n",
        b"Origin: http://a\r\nOrigin: http://b\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_doubtful_head_or_body_is_a_400_and_the_end(rest: bytes) -> None:
    seen, received, ends = paths(HEAD + rest)

    assert seen == []
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert ends


def test_a_coding_that_is_not_undone_is_refused_by_its_name() -> None:
    seen, received, _ = paths(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")

    assert seen == []
    assert received.startswith(b"HTTP/1.1 501 Not Implemented")


def test_a_body_that_looks_like_a_request_is_a_body() -> None:
    seen, _, _ = paths(HEAD + b"Content-Length: %d\r\n\r\n" % len(INNER) + INNER)

    assert seen == [b"/"]


def test_a_body_in_tiny_chunks_needs_no_more_memory_than_its_size() -> None:
    def act(peer: object) -> None:
        connection = peer.connection  # type: ignore[attr-defined]
        connection.data_received(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(5000):
            connection.data_received(b"1\r\nx\r\n")
        assert len(connection._body) <= 1025
        connection.data_received(b"0\r\n\r\n")

    assert with_peer(act).bodies() == [b"x" * 5000]
