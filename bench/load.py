"""A load generator for keep-alive HTTP: closed loop (as fast as answers come) or at a given rate.

    python -m bench.load --port 8000 --operation put --connections 64 --seconds 10

It parses as little of an answer as it can: status line and Content-Length. Times are per request, from
writing it to its last byte; at a given rate from the moment it was due, so waiting is not hidden.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import time
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

from bench import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run has measured."""

    requests: int
    errors: int
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
        if len(received) < self._length:
            self._received = received
            return
        self._received, self._length, self.is_free = b"", -1, True
        self._run.answered(self, received[9:12] == b"200", time.perf_counter() - self._due)

    def connection_lost(self, _: Exception | None) -> None:
        self._run.lost(self)

    def close(self) -> None:
        self._transport.close()


class Run:
    """Sends requests over many connections until the time is up."""

    def __init__(self, requests: list[bytes], rate: float | None) -> None:
        self._requests = requests
        self._next = 0
        self._rate = rate
        self._until = 0.0
        self._connections: list[Connection] = []
        self._waiting: list[float] = []
        self._times: list[float] = []
        self._errors = 0
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def measure(self, port: int, connections: int, seconds: float) -> Figures:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", port)
            self._connections.append(connection)
        started = time.perf_counter()
        self._until = started + seconds
        if self._rate is None:
            for connection in self._connections:
                self._send(connection, time.perf_counter())
        else:
            self._paced(started, 0)
        await self._done
        taken = time.perf_counter() - started
        for connection in self._connections:
            connection.close()
        await asyncio.sleep(0.05)
        return self._figures(taken)

    def answered(self, connection: Connection, is_ok: bool, seconds: float) -> None:
        self._times.append(seconds)
        self._errors += not is_ok
        now = time.perf_counter()
        if self._rate is not None:
            if self._waiting:
                self._send(connection, self._waiting.pop(0))
        elif now < self._until:
            self._send(connection, now)
        if now >= self._until and not self._waiting and all(other.is_free for other in self._connections):
            self._finish()

    def lost(self, connection: Connection) -> None:
        if not connection.is_free:
            connection.is_free = True
            self._errors += 1
        if all(other.is_free for other in self._connections):
            self._finish()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _send(self, connection: Connection, due: float) -> None:
        request = self._requests[self._next]
        self._next = (self._next + 1) % len(self._requests)
        connection.send(request, due)

    def _paced(self, started: float, sent: int) -> None:
        assert self._rate is not None
        now = time.perf_counter()
        if now >= self._until:
            if all(connection.is_free for connection in self._connections):
                self._finish()
            return
        due = math.floor((now - started) * self._rate)
        free = [connection for connection in self._connections if connection.is_free]
        for number in range(sent, due):
            moment = started + number / self._rate
            if free:
                self._send(free.pop(), moment)
            else:
                self._waiting.append(moment)
        asyncio.get_running_loop().call_later(0.001, self._paced, started, due)

    def _figures(self, taken: float) -> Figures:
        times = sorted(self._times) or [0.0]
        return Figures(
            requests=len(self._times),
            errors=self._errors,
            per_s=len(self._times) / taken,
            p50_ms=times[len(times) // 2] * 1000,
            p99_ms=times[min(len(times) - 1, len(times) * 99 // 100)] * 1000,
            max_ms=times[-1] * 1000,
        )


def measure(
    port: int, requests: list[bytes], *, connections: int, seconds: float, rate: float | None = None
) -> Figures:
    """Run a load against a port of this machine. Not from within a loop."""

    async def run() -> Figures:
        return await Run(requests, rate).measure(port, connections, seconds)

    return uvloop.run(run())


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
        figures = measure(options.port, [wire.create_table()], connections=1, seconds=0)
    else:
        requests = {"put": wire.puts, "get": wire.gets, "update": wire.updates}[options.operation](options.seed)
        figures = measure(
            options.port, requests, connections=options.connections, seconds=options.seconds, rate=options.rate
        )
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
