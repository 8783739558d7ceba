"""A whole Pelton in the test's own thread: no sockets, no threads, no processes, and time that a test moves.

Handlers run in the same interpreter (breakpoints and coverage work), boto3 is answered in process, and
``settle()`` moves the clock from timer to timer until every reaction is done.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, TypeVar

import boto3

from pelton.functions.inprocess import InProcessExecutor
from pelton.functions.invocation import Outcome
from pelton.functions.options import FunctionsOptions
from pelton.operations import JsonObject
from pelton.server import Dispatcher, ServerOptions
from pelton.settings import Settings
from pelton.stack.application import Application
from pelton.stack.core import Core, Ground
from pelton.stack.function_urls import FunctionUrls
from pelton.stack.passing import failures, one_failure, operate, row
from pelton.stack.reading import description
from pelton.stack.settling import settle
from pelton.storage.connection import Durability
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage, StorageOptions
from pelton.testing.clock import ManualClock
from pelton.testing.faults import Faults, FaultyExecutor
from pelton.testing.web import Response, call
from pelton.testing.wire import ENDPOINT, InProcessClients

T = TypeVar("T")

#: Where time begins: 20 October 2025, 22:40 UTC.
START_MS = 1_761_000_000_000
#: Rounds of the loop after which nothing more happens without time moving.
ROUNDS = 100
#: A pass is looked at so often (s of virtual time), and so many times, before it counts as one that never ends.
_PASS_LOOK_S, _PASS_LOOKS = 0.5, 7200
#: More failures than a test has.
_MANY = 100_000


class LocalPelton:
    """A Pelton in one thread. Use it as a context manager; it runs the project from enter to exit.

    Args:
        project: folder or file of the project; None: tables, streams and functions alone.
        environment: what ``${env:…}`` finds and handlers inherit, beside the process's own.
        seed: of every random choice; the same seed, clock and calls give the same run.
        shards: shards of a new stream.
        roll_every_s: age at which an open shard rolls over (four hours in `pelton up`); None: never by itself.
        data_dir: a folder to keep; None: a temporary one.
        now_ms: the time at which it begins, milliseconds since the epoch.
    """

    def __init__(  # noqa: PLR0913  # A test says what it needs in plain words; most need none of it.
        self,
        project: Path | None = None,
        *,
        environment: dict[str, str] | None = None,
        seed: int = 0,
        shards: int = 1,
        roll_every_s: float | None = None,
        data_dir: Path | None = None,
        now_ms: int = START_MS,
    ) -> None:
        self.clock = ManualClock(now_ms)
        self._temporary = tempfile.TemporaryDirectory(prefix="pelton-test-")
        self._data_dir = data_dir or Path(self._temporary.name) / "data"
        self._settings = Settings(
            project=project or Path(self._temporary.name),
            data_dir=self._data_dir,
            shards=shards,
            shard_age_max_ms=None if roll_every_s is None else int(roll_every_s * 1000),
            is_watching=False,
            environment={**os.environ, **(environment or {})},
        )
        self._random = Random(seed)  # Repeatable on purpose.
        self._seed = seed
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> LocalPelton:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        storage = Storage.open(
            self._data_dir,
            clock=self.clock,
            driver=InlineDriver(),
            options=StorageOptions(durability=Durability.NONE),
        )
        self.core = Core(
            Ground(
                settings=self._settings,
                clock=self.clock,
                random=self._random,
                storage=storage,
                executor=self._executor(),
                endpoint_url=f"{ENDPOINT}:80",
                beside=_at_once,
            )
        )
        options = ServerOptions(function_url=FunctionUrls(self.core, self._spawn).handle)
        self._dispatcher = Dispatcher(
            self.core.services, storage, options, clock=self.clock, random=self._random, spawn=self._spawn
        )
        self._application = Application(self.core, description(self._settings), {}, (80, 80))
        self._run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        boto3.DEFAULT_SESSION = None
        self._run(self.core.quiesce(1.0))
        self.core.storage.close()
        self._loop.close()
        self._temporary.cleanup()

    def client(self, service: str) -> Any:
        """A boto3 client of this Pelton."""
        return self._clients.client(service)

    def resource(self, service: str) -> Any:
        """A boto3 resource of this Pelton."""
        return self._clients.resource(service)

    def request(
        self, method: str, path: str, *, json: object = None, headers: dict[str, str] | None = None
    ) -> Response:
        """A request to the application, as its gateway answers it."""
        return self._run(call(self._application.gateway, method, path, json=json, headers=headers or {}))

    def invoke(self, function: str, payload: bytes = b"{}") -> Outcome:
        """Invoke a function by its key or name."""
        return self._run(self._application.invoke(function, payload, None))

    def replay(self, function: str, **asked: Any) -> JsonObject:
        """Run retained records through a function again, to the end: ``start``, as ``--from``, ``to``, ``filter``.

        Returns the replay's row, as ``pelton replay --json`` prints it; with ``action="preview"`` what it would be.

        Raises:
            Refused: it cannot be, with the reason.
        """
        if "start" in asked:
            asked["from"] = asked.pop("start")
        return self._pass("replay", function, asked)

    def backfill(self, function: str, **asked: Any) -> JsonObject:
        """Send a function every item of its table, to the end (``sample``: so many). Returns and raises likewise."""
        return self._pass("backfill", function, asked)

    def redrive(self, function: str, **asked: Any) -> JsonObject:
        """Send a function what it failed on again, to the end (``mode``, ``filter``). Returns and raises likewise."""
        return self._pass("redrive", function, asked)

    def failures(self, function: str | None = None) -> list[JsonObject]:
        """What functions, or one, gave up, newest first; ``Records`` holds what the event had."""
        return [one_failure(self.core, each["id"]) for each in failures(self.core, function, before=None, limit=_MANY)]

    def _pass(self, kind: str, function: str, asked: JsonObject) -> JsonObject:
        shown = self._run(operate(self.core, kind, function, asked))
        if "preview" in shown:  # Nothing was begun.
            return shown
        for _ in range(_PASS_LOOKS):
            self.advance(_PASS_LOOK_S)
            shown = row(self.core, shown["id"])
            if shown["state"] not in ("running", "cancelling"):
                return shown
        raise AssertionError(f"{shown['name']} is not over after {_PASS_LOOKS * _PASS_LOOK_S:g} s of virtual time")

    def settle(self, within_s: float = 3600.0) -> None:
        """Move time until every reaction to what is written now is done.

        Raises:
            NotSettled: that would take more than ``within_s`` seconds of virtual time, or never end.
        """
        deadline = self.clock.monotonic() + within_s

        async def pause() -> bool:
            before = self._progress()
            await _rounds()
            if self._progress() != before:
                return True
            due = self.clock.next_due()
            if due is None or self.clock.monotonic() + due > deadline:
                return False
            self.clock.advance(due)
            await _rounds()
            return True

        self._run(settle(self.core, pause))

    def advance(self, seconds: float) -> None:
        """Move time on, and let what falls due happen."""

        async def move() -> None:
            self.clock.advance(seconds)
            await _rounds()

        self._run(move())

    def _progress(self) -> tuple[int, list[str]]:
        tip = self.core.tip()
        return tip, self.core.outstanding(tip)

    async def _start(self) -> None:
        self._clients = InProcessClients(self._dispatcher, "us-east-1")
        boto3.DEFAULT_SESSION = self._clients.session()
        await self._application.declare()
        await self.core.start()
        await _rounds()

    def set_faults(self, faults: Faults) -> None:
        """Invocations meet these faults from now on, drawn from the seed; ``Faults()`` heals."""
        self._faulty.faults = faults

    def _executor(self) -> FaultyExecutor:
        options = FunctionsOptions(data_dir=self._data_dir, endpoint_url=ENDPOINT, inherited=self._settings.environment)
        executor = InProcessExecutor(options, clock=self.clock, random=self._random)
        # A generator of its own: with and without faults, everything else is drawn alike.
        self._faulty = FaultyExecutor(executor, Random(f"faults {self._seed}"))
        return self._faulty

    def _spawn(self, call: Coroutine[Any, Any, None]) -> None:
        """Run a call that a request caused: on the loop, or at once when a handler on the loop asked for it."""
        if not self._loop.is_running():
            self._loop.run_until_complete(self._through_time(call))
            return
        try:
            call.send(None)
        except StopIteration:
            return
        call.close()
        raise AssertionError("a handler in a test's thread cannot call what waits for time or for another function")

    async def _through_time(self, call: Coroutine[Any, Any, None]) -> None:
        """Carry a call through, moving time on where it waits for time, such as a receiver for messages."""
        task = asyncio.ensure_future(call)
        while True:
            for _ in range(ROUNDS):
                if task.done():
                    return task.result()
                await asyncio.sleep(0)
            due = self.clock.next_due()
            if due is None:
                task.cancel()
                raise AssertionError("the operation waits for something that cannot happen in one thread")
            self.clock.advance(due)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)


async def _at_once(work: Callable[[], None]) -> None:
    """Do in the test's own thread what would block a server."""
    work()


async def _rounds() -> None:
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


#: What a fixture gives tests: makes a running Pelton of a project, ended with the test.
LocalPeltonFactory = Callable[..., LocalPelton]
