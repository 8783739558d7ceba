"""A companion on a port of its own, in a thread, as the vendors' blocking clients need it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pelton_companions.faults import Fault, Faults
from pelton_companions.program import Companion, Front, Options, listen


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A companion that answers."""

    companion: Companion
    faults: Faults
    port: int  #: of its HTTP
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def state(self) -> dict[str, Any]:
        """What the companion says of itself, asked where its database is open."""

        async def ask() -> dict[str, Any]:
            return self.companion.state()

        return asyncio.run_coroutine_threadsafe(ask(), self.loop).result()


@contextmanager
def serving(made: Callable[[Options, Faults], Companion], data: Path, fault: Fault | None = None) -> Iterator[Served]:
    """Serve on ``data`` until the block ends; what was acknowledged must be there for the next one."""
    data.mkdir(exist_ok=True)
    options = Options(port=0, http_port=0, data=data, token=None, allowed_origins=frozenset(), dies_with_parent=False)
    faults = Faults()
    faults.set(fault or Fault())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> tuple[Companion, asyncio.Server, Callable[[], None]]:
        companion = made(options, faults)
        await companion.start()
        server, connections = await listen(Front(companion, options, faults, lambda: None).handle, 0)
        return companion, server, lambda: [connection.close() for connection in list(connections)] and None

    async def stop() -> None:
        server.close()
        close_connections()
        await companion.close()

    companion, server, close_connections = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield Served(companion=companion, faults=faults, port=server.sockets[0].getsockname()[1], loop=loop)
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
