"""Listening: sockets, connections and their end."""

from __future__ import annotations

import asyncio
import socket
import ssl

from pelton.server.admission import Admission
from pelton.server.dispatch import Dispatcher
from pelton.server.edge import Connection
from pelton.server.http import ResponseWriter
from pelton.server.options import ServerOptions

#: How often connections are looked at for having waited too long (s).
_SWEEP_S = 5.0


class Server:
    """A listening server; ``close`` it when done."""

    def __init__(self, listener: asyncio.Server, connections: set[Connection]) -> None:
        self._listener = listener
        self._connections = connections
        self._timer: asyncio.TimerHandle | None = None
        self.port: int = listener.sockets[0].getsockname()[1]
        self._sweep()

    async def close(self, grace_s: float = 5.0) -> None:
        """Stop listening, send the answers that are due for at most ``grace_s`` seconds, close all connections."""
        self._listener.close()
        if self._timer is not None:
            self._timer.cancel()
        for connection in tuple(self._connections):
            connection.stop()
        await self._wait_for_connections(grace_s)
        for connection in tuple(self._connections):
            connection.abort()
        await self._wait_for_connections(1.0)
        await self._listener.wait_closed()

    async def _wait_for_connections(self, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while self._connections and loop.time() < deadline:
            await asyncio.sleep(0.005)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        for connection in tuple(self._connections):
            connection.sweep(loop.time())
        self._timer = loop.call_later(_SWEEP_S, self._sweep)


async def serve(
    dispatcher: Dispatcher,
    options: ServerOptions,
    bound: socket.socket | None = None,
    tls: ssl.SSLContext | None = None,
) -> Server:
    """Listen on ``options.host`` and ``options.port``, or on ``bound``, and hand what is admitted to the dispatcher.

    With ``tls`` a handshake that is not done within a head's time is cut off.

    Raises:
        OSError: the address cannot be bound.
    """
    admission = Admission(dispatcher.dispatch, options)
    writer = ResponseWriter(options.real_now_ms)
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    if bound is None:
        bound = _bind(options.host, options.port)
    listener = await loop.create_server(
        lambda: Connection(admission.handle, options, writer, connections),
        sock=bound,
        backlog=1024,
        ssl=tls,
        ssl_handshake_timeout=None if tls is None else options.head_s,
    )
    return Server(listener, connections)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)
