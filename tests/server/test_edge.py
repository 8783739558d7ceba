from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server import HttpRequest, HttpResponse, ServerOptions
from pelton.server.edge import Connection
from pelton.server.http import Handler, Reply, ResponseWriter

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
HELLO = HEAD + b"Content-Length: 5\r\n\r\nhello"


def echo(request: HttpRequest, reply: Reply) -> None:
    reply(HttpResponse(200, (), request.body))


class Peer:
    """The other end of one connection, without a socket."""

    def __init__(self, handler: Handler, options: ServerOptions) -> None:
        self.received = b""
        self.is_reading_paused = False
        self.is_closed = False
        self.has_eof = False
        self.connection = Connection(handler, options, ResponseWriter(lambda: 0), set())
        self.connection.connection_made(cast(asyncio.BaseTransport, self))

    def bodies(self) -> list[bytes]:
        return [part.partition(b"\r\n\r\n")[2] for part in self.received.split(b"HTTP/1.1 ")[1:]]

    # What a connection asks of its transport.

    def write(self, data: bytes) -> None:
        self.received += data

    def close(self) -> None:
        self.is_closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.is_closed

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_eof = True

    def pause_reading(self) -> None:
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        self.is_reading_paused = False


def with_peer(act: Callable[[Peer], None], handler: Handler = echo, options: ServerOptions | None = None) -> Peer:
    async def run() -> Peer:
        peer = Peer(handler, options or ServerOptions())
        act(peer)
        return peer

    return asyncio.run(run())


def fed(data: bytes, handler: Handler = echo, options: ServerOptions | None = None) -> Peer:
    return with_peer(lambda peer: peer.connection.data_received(data), handler, options)


def test_a_request_is_answered() -> None:
    assert fed(HELLO).received == (
        b"HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 5\r\n\r\nhello"
    )


def test_a_request_may_come_byte_by_byte() -> None:
    def act(peer: Peer) -> None:
        for position in range(len(HELLO)):
            peer.connection.data_received(HELLO[position : position + 1])

    assert with_peer(act).bodies() == [b"hello"]


def test_a_body_may_come_in_chunks() -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"

    assert fed(chunked).bodies() == [b"hello"]


def test_pipelined_requests_are_answered_in_their_order() -> None:
    waiting: list[tuple[HttpRequest, Reply]] = []

    def act(peer: Peer) -> None:
        peer.connection.data_received(b"".join(HEAD + b"Content-Length: 1\r\n\r\n%d" % number for number in range(3)))
        for request, reply in reversed(waiting):
            assert peer.received == b""
            echo(request, reply)

    peer = with_peer(act, lambda request, reply: waiting.append((request, reply)))

    assert peer.bodies() == [b"0", b"1", b"2"]


def test_reading_stops_while_too_many_requests_are_unanswered() -> None:
    waiting: list[Reply] = []
    paused: list[bool] = []

    def act(peer: Peer) -> None:
        peer.connection.data_received(HELLO * 3)
        paused.append(peer.is_reading_paused)
        for reply in waiting:
            reply(HttpResponse(200))
        paused.append(peer.is_reading_paused)

    with_peer(act, lambda _, reply: waiting.append(reply), ServerOptions(pipelined_max=3))

    assert paused == [True, False]


def test_a_client_that_waits_for_permission_to_send_gets_it() -> None:
    def act(peer: Peer) -> None:
        peer.connection.data_received(HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert peer.received == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.connection.data_received(b"hello")

    assert with_peer(act).bodies()[-1] == b"hello"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (HEAD + b"Content-Length: 11\r\n\r\n", b"413 Request Entity Too Large"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n", b"413 Request Entity Too Large"),
        (HEAD + b"".join(b"a%d: b\r\n" % number for number in range(101)), b"431 Request Header Fields Too Large"),
        (HEAD + b"Long: " + b"x" * 70_000 + b"\r\n\r\n", b"431 Request Header Fields Too Large"),
        (b"POST /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"431 Request Header Fields Too Large"),
        (b"Good morning\r\n\r\n", b"400 Bad Request"),
        (HEAD + b"Content-Length: many\r\n\r\n", b"400 Bad Request"),
        (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"501 Not Implemented"),
    ],
)
def test_what_is_too_large_or_no_http_is_refused_and_the_connection_ends(data: bytes, status: bytes) -> None:
    peer = fed(data, options=ServerOptions(body_bytes_max=10))

    assert peer.received.startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in peer.received
    assert peer.has_eof


def test_a_header_without_end_is_refused() -> None:
    def act(peer: Peer) -> None:
        peer.connection.data_received(HEAD + b"Long: ")
        for _ in range(80):
            peer.connection.data_received(b"x" * 1000)

    assert with_peer(act).received.startswith(b"HTTP/1.1 431")


def test_code_may_be_larger_than_a_table_request() -> None:
    data = b"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nhello world"

    assert fed(data, options=ServerOptions(body_bytes_max=10)).bodies() == [b"hello world"]


@pytest.mark.parametrize(
    "data", [HEAD + b"Connection: close\r\nContent-Length: 0\r\n\r\n", b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"]
)
def test_a_client_that_wants_the_connection_closed_gets_it_closed(data: bytes) -> None:
    assert fed(data).is_closed


def test_a_wish_for_another_protocol_is_ignored() -> None:
    upgrade = HELLO.replace(b"Host", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHost")

    assert fed(upgrade * 2000 + HELLO).bodies() == [b"hello"] * 2001


def test_the_answer_to_head_has_no_body() -> None:
    peer = fed(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", lambda _, reply: reply(HttpResponse(200, (), b"hello")))

    assert peer.received.endswith(b"Content-Length: 5\r\n\r\n")


@pytest.mark.parametrize(
    ("data", "after_s", "is_closed"),
    [
        (b"", 80, False),  # Pools of SDKs hold idle connections for 60 to 75 s.
        (b"", 100, True),
        (HEAD, 10, False),
        (HEAD, 30, True),  # The head takes too long.
        (HEAD + b"Content-Length: 5\r\n\r\n", 30, False),
        (HEAD + b"Content-Length: 5\r\n\r\n", 400, True),
    ],
)
def test_a_client_that_keeps_us_waiting_is_cut_off(data: bytes, after_s: float, is_closed: bool) -> None:
    def act(peer: Peer) -> None:
        peer.connection.data_received(data)
        peer.connection.sweep(asyncio.get_running_loop().time() + after_s)

    peer = with_peer(act)

    assert (peer.is_closed or peer.has_eof) == is_closed


def test_a_client_is_not_cut_off_while_we_keep_it_waiting() -> None:
    def act(peer: Peer) -> None:
        peer.connection.data_received(HELLO)
        peer.connection.sweep(asyncio.get_running_loop().time() + 1000)

    assert not with_peer(act, lambda _request, _reply: None).is_closed


def test_a_stopping_connection_sends_what_is_due_first() -> None:
    waiting: list[Reply] = []

    def act(peer: Peer) -> None:
        peer.connection.data_received(HELLO)
        peer.connection.stop()
        assert not peer.is_closed
        waiting[0](HttpResponse(200, (), b"late"))

    peer = with_peer(act, lambda _, reply: waiting.append(reply))

    assert peer.bodies() == [b"late"]
    assert peer.is_closed


@given(pieces=st.lists(st.binary(max_size=40) | st.sampled_from([HELLO, HEAD, b"\r\n", b"0\r\n\r\n"]), max_size=8))
def test_any_bytes_are_answered_or_refused(pieces: list[bytes]) -> None:
    def act(peer: Peer) -> None:
        for piece in pieces:
            peer.connection.data_received(piece)

    peer = with_peer(act)

    assert peer.received == b"" or peer.received.startswith(b"HTTP/1.1 ")


def test_trailers_are_bounded() -> None:
    def act(peer: Peer) -> None:
        peer.connection.data_received(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: ")
        for _ in range(20):
            peer.connection.data_received(b"x" * 8192)

    assert with_peer(act).received.startswith(b"HTTP/1.1 431 ")
