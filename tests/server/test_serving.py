from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from pelton.operations import Access
from pelton.server import Server, ServerOptions, serve
from tests.server.dispatching import AUTHORIZATION, dispatcher, operation

REQUEST = (
    b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\nX-Amz-Date: 20260101T000000Z"
    b"\r\nContent-Type: application/x-amz-json-1.0\r\nAuthorization: %b\r\nContent-Length: 2\r\n\r\n{}" % AUTHORIZATION
)


def with_server(
    act: Callable[[Server], Awaitable[Any]], options: ServerOptions | None = None, decision: Any = None
) -> Any:
    async def answered(_body: Any) -> Any:
        return {}

    async def run() -> Any:
        call = decision or (lambda body, _context: answered(body))
        given = options or ServerOptions(port=0)
        services = {"DynamoDB_20120810": {"ListTables": operation("ListTables", Access.CALL, call)}}
        server = await serve(dispatcher(services, given), given)
        try:
            return await act(server)
        finally:
            await server.close(grace_s=0.1)

    return asyncio.run(run())


def test_a_socket_that_is_bound_already_is_served() -> None:
    async def run() -> int:
        bound = socket.create_server(("127.0.0.1", 0))
        server = await serve(dispatcher({}), ServerOptions(), bound)
        port = bound.getsockname()[1]
        await server.close()
        return server.port - port

    assert asyncio.run(run()) == 0


def test_a_client_that_sends_too_much_reads_why() -> None:
    async def act(server: Server) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n" + b"x" * 5_000_000)
        answer = await reader.read()
        writer.close()
        return answer

    answer = with_server(act, ServerOptions(port=0, body_bytes_max=1000))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"\r\n\r\n")


def test_a_closing_server_sends_the_answers_that_are_due() -> None:
    released: list[asyncio.Event] = []

    async def held(_body: Any) -> Any:
        released.append(asyncio.Event())
        await released[0].wait()
        return {"late": True}

    async def act(server: Server) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        while not released:
            await asyncio.sleep(0)
        closing = asyncio.ensure_future(server.close())
        await asyncio.sleep(0)
        released[0].set()
        answer = await reader.read()
        writer.close()
        await closing
        return answer

    assert with_server(act, decision=lambda body, _: held(body)).endswith(b'{"late":true}')


def test_a_closed_server_leaves_no_connection() -> None:
    async def act(server: Server) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await server.close(grace_s=0.0)
        rest = await reader.read()
        writer.close()
        return rest

    assert with_server(act) == b""
