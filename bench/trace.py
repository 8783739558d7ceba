"""A fixed trace of requests through the whole of a server in one thread: no socket, no sync, no other process.

    python -m bench.trace put --rounds 1000

Requests go in as bytes, 32 connections at once, and come out as answered bytes; each step of a round is timed in CPU
time of the thread, and the quickest rounds count. ``bench.instructions`` counts the instructions of the same trace.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, cast

import uvloop

from bench import wire
from pelton import streams, tables
from pelton.clock import SystemClock
from pelton.server import Dispatcher, ServerOptions
from pelton.server.admission import Admission
from pelton.server.edge import Connection
from pelton.server.http import ResponseWriter
from pelton.storage.connection import Durability
from pelton.storage.engine import Storage, StorageOptions
from pelton.tables.options import TableOptions

CONNECTIONS = 32
OPERATIONS: Mapping[str, Callable[[int], list[bytes]]] = {
    "put": wire.puts,
    "get": wire.gets,
    "update": wire.updates,
    "indexed": wire.puts,
}
#: What happens to one round: bytes to decisions that wait, decisions, commit, answers.
STEPS = ("feed", "decide", "commit", "answer")
#: The share of rounds that are quicker than the one that counts: what is slower was disturbed.
_QUICK = 0.02


class Steps:
    """Storage's driver that does nothing by itself: the trace does each step."""

    def __init__(self) -> None:
        self._soon: list[Callable[[], None]] = []
        self._commits: list[tuple[Callable[[], None], Callable[[BaseException | None], None]]] = []

    def soon(self, callback: Callable[[], None]) -> None:
        self._soon.append(callback)

    def commit(self, work: Callable[[], None], done: Callable[[BaseException | None], None]) -> None:
        self._commits.append((work, done))

    def checkpoint(self, work: Callable[[], None], done: Callable[[BaseException | None], None]) -> None:
        self._commits.append((work, done))

    def is_inline(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def is_busy(self) -> bool:
        """Whether anything waits."""
        return bool(self._soon or self._commits)

    def decide(self) -> None:
        """What storage asked to be called soon."""
        asked, self._soon = self._soon, []
        for callback in asked:
            callback()

    def commit_all(self) -> list[Callable[[BaseException | None], None]]:
        """Do the commits; who wants to hear of it."""
        committed, self._commits = self._commits, []
        for work, _ in committed:
            work()
        return [done for _, done in committed]


class Answers:
    """A transport that keeps the last answer."""

    def __init__(self) -> None:
        self.last = b""

    def write(self, data: bytes) -> None:
        self.last = data

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False


class Trace:
    """A server in this thread, and its connections."""

    def __init__(self, folder: Path) -> None:
        clock, chance = SystemClock(), Random(1)
        self._steps = Steps()
        driver = cast(Any, self._steps)
        # One batch a round, however slow the machine is.
        options = StorageOptions(durability=Durability.NONE, batch_s_max=60.0)
        self._storage = Storage.open(folder, clock=clock, driver=driver, options=options)
        of_tables = TableOptions(
            random=chance, shards=1, on_index_created=_nothing, on_time_to_live=_nothing, endpoint=lambda: "localhost"
        )
        services = {
            "DynamoDB_20120810": tables.operations(of_tables),
            "DynamoDBStreams_20120810": streams.operations(),
        }
        server = ServerOptions()
        dispatcher = Dispatcher(services, self._storage, server, clock=clock, random=chance)
        admission = Admission(dispatcher.dispatch, server)
        writer = ResponseWriter(clock.now_ms)
        self._connections = [Connection(admission.handle, server, writer, set()) for _ in range(CONNECTIONS)]
        self._answers = [Answers() for _ in self._connections]
        for connection, answers in zip(self._connections, self._answers, strict=True):
            connection.connection_made(cast(asyncio.Transport, answers))

    def round(self, requests: Sequence[bytes]) -> tuple[float, ...]:
        """One request on each connection, at most; CPU seconds of each of ``STEPS``.

        Raises:
            AssertionError: an answer is not a 200.
        """
        spent = [0.0] * len(STEPS)
        for answers in self._answers:
            answers.last = b""
        moment = time.thread_time()

        def took(step: int) -> None:
            nonlocal moment
            now = time.thread_time()
            spent[step] += now - moment
            moment = now

        for connection, request in zip(self._connections, requests, strict=False):
            connection.data_received(request)
        took(0)
        while self._steps.is_busy():
            self._steps.decide()
            took(1)
            waiting = self._steps.commit_all()
            took(2)
            for done in waiting:
                done(None)
            took(3)
        for answers in self._answers[: len(requests)]:
            assert b" 200 OK" in answers.last[:20], answers.last
        return tuple(spent)


async def replay(operation: str, rounds: int, items: int) -> list[tuple[float, ...]]:
    """Fill a table, then send so many rounds; the times of each. Within a loop, although nothing waits for it."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Trace(Path(folder))
        trace.round([wire.create_indexed_table(wire.TABLE) if operation == "indexed" else wire.create_table()])
        trace.round([wire.request("DescribeTable", {"TableName": wire.TABLE})])
        numbers = range(items)
        for requests in _in_rounds(wire.puts(9, numbers=numbers)):
            trace.round(requests)
        asked = list(_in_rounds(_requests(operation, numbers)))
        gc.collect()
        gc.freeze()
        return [trace.round(asked[number % len(asked)]) for number in range(rounds)]


def _requests(operation: str, numbers: range) -> list[bytes]:
    make = cast(Any, OPERATIONS[operation])
    requests: list[bytes] = make(5, numbers=numbers)
    return requests


def _in_rounds(requests: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [requests[first : first + CONNECTIONS] for first in range(0, len(requests), CONNECTIONS)]


def _nothing() -> None:
    pass


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operation", choices=OPERATIONS)
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--items", type=int, default=wire.ITEMS)
    asked = parser.parse_args()
    times = await replay(asked.operation, asked.rounds, asked.items)
    quick = [sorted(step)[int(len(step) * _QUICK)] / CONNECTIONS * 1e6 for step in zip(*times, strict=True)]
    steps = ", ".join(f"{name} {microseconds:.1f}" for name, microseconds in zip(STEPS, quick, strict=True))
    print(f"{asked.operation}: {sum(quick):.1f} µs of CPU a request ({steps})")


if __name__ == "__main__":
    uvloop.run(_main())
