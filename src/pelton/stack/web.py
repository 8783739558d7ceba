"""ASGI applications on listening sockets: the gateway and the control API, under the stack's loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

#: Open connections may end what they do for so long when Pelton stops (s).
GRACE_S = 2


class _Server(uvicorn.Server):
    """Signals belong to the command, not to each server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """One application being served."""

    def __init__(self, app: ASGIApp, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        config = uvicorn.Config(
            app,
            interface="asgi3",
            lifespan="off",
            proxy_headers=False,
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        config.load()
        config.ssl = tls  # One context for all listeners; uvicorn would make its own from files.
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def close(self) -> None:
        """Take no more connections, give open requests a moment, end."""
        self._server.should_exit = True
        await self._task
