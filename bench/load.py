"""A load generator for keep-alive HTTP: closed loop (as fast as answers come), at a given rate, or once through.

    python -m bench.load --port 8000 --operation put --connections 64 --seconds 10

It parses as little of an answer as it can: status line, Content-Length, and whether the server closes: then a new
connection takes the old one's place, as in any client. Times are per request, from
writing it to its last byte; at a given rate from the moment it was due, so waiting is not hidden.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

from bench import wire
from bench.rows import percentile

#: How often a paced load looks at the clock (s).
_TICK_S = 0.001
_ERROR_BYTES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run has measured."""

    requests: int
    errors: int
    first_error: str  #: the beginning of the first answer that was not a 200
    per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._received = b""
        self._length = -1
        self._due = 0.0
        self.is_free = True
        self.is_over = False  #: the server has said that it closes after its answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes, due: float) -> None:
        self.is_free = False
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head = received.find(b"\r\n\r\n")
        if head < 0:
            self._received = received
            return
        if self._length < 0:
            lower = received[:head].lower()
            at = lower.index(b"content-length:") + 15
            self._length = head + 4 + int(lower[at : at + 12].split(b"\r", 1)[0])
            self.is_over = b"connection: close" in lower
        if len(received) < self._length:
            self._received = received
            return
        self._received, self._length, self.is_free = b"", -1, True
        taken = time.perf_counter() - self._due
        if received[9:12] != b"200":
            self._run.refused(received)
        self._run.answered(self, taken)

    def connection_lost(self, _: Exception | None) -> None:
        if not self.is_over:
            self._run.lost()

    def close(self) -> None:
        self._transport.close()


class Run:
    """Sends requests over many connections until the time is up, or until each was sent once."""

    def __init__(self, requests: Sequence[bytes], *, rate: float | None = None, is_once: bool = False) -> None:
        self._requests = requests
        self._next = 0
        self._rate = rate
        self._left = len(requests) if is_once else None
        self._until = 0.0
        self._is_all_sent = False  #: a paced run has nothing more to send but what waits
        self._port = 0
        self._connections: list[Connection] = []
        self._renewing: set[asyncio.Task[None]] = set()
        self._free: list[Connection] = []
        self._waiting: deque[float] = deque()
        self._times: list[float] = []
        self._errors = 0
        self._first_error = ""
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def measure(self, port: int, connections: int, seconds: float) -> Figures:
        self._port = port
        for _ in range(connections):
            self._connections.append(await self._connected())
        started = time.perf_counter()
        self._until = started + seconds
        if self._rate is None:
            for connection in self._connections:
                self._go_on(connection, time.perf_counter())
        else:
            self._free = list(self._connections)
            self._paced(started, 0)
        await self._done
        taken = time.perf_counter() - started
        for task in self._renewing:
            task.cancel()
        for connection in self._connections:
            connection.close()
        await asyncio.sleep(0.05)
        return self._figures(taken)

    def refused(self, answer: bytes) -> None:
        self._errors += 1
        self._first_error = self._first_error or answer[:_ERROR_BYTES].decode(errors="replace")

    def answered(self, connection: Connection, seconds: float) -> None:
        self._times.append(seconds)
        if connection.is_over:
            task = asyncio.get_running_loop().create_task(self._renewed(connection))
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)
        else:
            self._ready(connection)

    def _ready(self, connection: Connection) -> None:
        """It can send again."""
        if self._rate is None:
            self._go_on(connection, time.perf_counter())
        elif self._waiting:
            self._send(connection, self._waiting.popleft())
        else:
            self._free.append(connection)
            if self._is_all_sent:
                self._finish_when_quiet()

    async def _connected(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
        return connection

    async def _renewed(self, old: Connection) -> None:
        """Another connection in the place of one that the server ends."""
        old.close()
        try:
            connection = await self._connected()
        except OSError:
            self.lost()
            return
        self._connections[self._connections.index(old)] = connection
        self._ready(connection)

    def lost(self) -> None:
        """A connection ended before the run did: its figures mean nothing."""
        if not self._done.done():
            self.refused(b"the connection was closed")
            self._finish()

    def _go_on(self, connection: Connection, now: float) -> None:
        """Closed loop: the next request, or none when the run is over."""
        if self._left is None and now < self._until:
            self._send(connection, now)
        elif self._left:
            self._left -= 1
            self._send(connection, now)
        else:
            self._finish_when_quiet()

    def _finish_when_quiet(self) -> None:
        if not self._waiting and all(other.is_free for other in self._connections):
            self._finish()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _send(self, connection: Connection, due: float) -> None:
        request = self._requests[self._next]
        self._next = (self._next + 1) % len(self._requests)
        connection.send(request, due)

    def _paced(self, started: float, sent: int) -> None:
        """Send what is due by now; what finds no free connection waits, and its time counts."""
        assert self._rate is not None, "only a paced run has a pace"
        now = time.perf_counter()
        # What is due before the next look is nearer is sent a little early rather than late; the first is due at once.
        due = math.ceil((min(now + _TICK_S / 2, self._until) - started) * self._rate)
        for number in range(sent, due):
            moment = min(started + number / self._rate, now)
            if self._free:
                self._send(self._free.pop(), moment)
            else:
                self._waiting.append(moment)
        if now < self._until:
            asyncio.get_running_loop().call_later(_TICK_S, self._paced, started, due)
        else:
            self._is_all_sent = True
            self._finish_when_quiet()

    def _figures(self, taken: float) -> Figures:
        times = sorted(self._times)
        return Figures(
            requests=len(times),
            errors=self._errors,
            first_error=self._first_error,
            per_s=len(times) / taken,
            p50_ms=percentile(times, 50) * 1000,
            p99_ms=percentile(times, 99) * 1000,
            max_ms=times[-1] * 1000 if times else 0.0,
        )


class RequestsFailed(Exception):
    """Answers other than 200: the figures of such a run mean nothing."""


def measure(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, rate: float | None = None
) -> Figures:
    """Run a load against a port of this machine. Not from within a loop.

    Raises:
        RequestsFailed: not every answer was a 200.
    """

    async def run() -> Figures:
        return await Run(requests, rate=rate).measure(port, connections, seconds)

    return _checked(uvloop.run(run()))


def send_all(port: int, requests: Sequence[bytes], *, connections: int = 1) -> Figures:
    """Send each request once, as fast as answers come. Not from within a loop.

    Raises:
        RequestsFailed: not every answer was a 200.
    """

    async def run() -> Figures:
        return await Run(requests, is_once=True).measure(port, connections, 0)

    return _checked(uvloop.run(run()))


def _checked(figures: Figures) -> Figures:
    if figures.errors:
        raise RequestsFailed(f"{figures.errors} of {figures.requests} requests failed, first: {figures.first_error!r}")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--operation", choices=["create", "put", "get", "update"], default="put")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, help="requests per second; as many as possible when not given")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.operation == "create":
        figures = send_all(options.port, [wire.create_table()])
    else:
        requests = {"put": wire.puts, "get": wire.gets, "update": wire.updates}[options.operation](options.seed)
        figures = measure(
            options.port, requests, connections=options.connections, seconds=options.seconds, rate=options.rate
        )
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
