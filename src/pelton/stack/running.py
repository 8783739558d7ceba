"""The shell around the core: ports, companions, worker processes, the run file, watching, and the end.

Ports are taken first, so that one in use is the first thing said. Companions start while the project is
read. Triggers start last: orphans of a killed run are reaped before, and the vendors answer by then.
"""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import SystemRandom
from typing import NoReturn, Protocol

from pelton import __version__
from pelton.clock import Clock, SystemClock
from pelton.control.api import control_app
from pelton.control.run_file import RunFile, remove_run_file
from pelton.functions.options import FunctionsOptions
from pelton.functions.orphans import reap_orphans
from pelton.functions.processes import ProcessExecutor
from pelton.operations import JsonObject
from pelton.server import Dispatcher, Server, ServerOptions, serve
from pelton.settings import Settings
from pelton.stack.application import Application
from pelton.stack.companions import CompanionOptions, Companions, chosen
from pelton.stack.controls import StackControls
from pelton.stack.core import Core, Ground
from pelton.stack.events import Event
from pelton.stack.function_urls import FunctionUrls
from pelton.stack.listening import LOOPBACK, Listening, accepted_keys, open_ports
from pelton.stack.metrics import Metrics
from pelton.stack.moto import Moto
from pelton.stack.opening import announce, open_storage
from pelton.stack.ports import port_of
from pelton.stack.reading import description, named_companions
from pelton.stack.refusal import CannotStart
from pelton.stack.web import WebServer

__all__ = ["CannotStart", "run"]

#: Batches and handlers under way may take so long when Pelton stops (s); all in all it stays below ten.
DRAIN_S = 5.0
#: Exit code after the disk refused a sync: nothing in memory can be trusted.
DISK_FAILED = 3


class Display(Protocol):
    """Where a run shows itself."""

    def ready(self, state: JsonObject, seconds: float) -> None:
        """Everything runs."""

    def show(self, event: Event) -> None:
        """Something happened."""

    def say(self, text: str) -> None:
        """A line of talk."""

    def refuse(self, text: str) -> None:
        """Why it cannot go on."""


async def run(
    settings: Settings,
    display: Display,
    until: Callable[[Callable[[str], None]], Awaitable[None]],
    clock: Clock | None = None,
) -> None:
    """Run a project from start to end.

    Args:
        settings: what ``pelton up`` was told; the data folder exists.
        display: where it shows itself.
        until: returns when the run shall end; it may say so.
        clock: None: the machine's.

    Raises:
        CannotStart: a port is taken, the project is broken, or the data folder is in use.
    """
    clock = clock or SystemClock()
    began = clock.monotonic()
    pelton = _Running(settings, display, clock)
    try:
        await pelton.start()
        _settle_memory()
        display.ready(pelton.controls.state(), clock.monotonic() - began)
        await until(display.say)
    finally:
        await pelton.stop()


#: New containers before the collector looks at them: what requests and records make goes by reference counting.
_COLLECTED_AFTER = 20_000


def _settle_memory() -> None:
    """Keep the collector off what start-up has made: looking through it stops all work for some 40 ms at a time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER, 20, 20)


class _Running:
    """One run; its parts are there from the step of ``start`` that makes them."""

    def __init__(self, settings: Settings, display: Display, clock: Clock) -> None:
        self._settings = settings
        self._display = display
        self._clock = clock
        self._is_ready = False
        self._core: Core | None = None
        self._companions: Companions | None = None
        self._moto = Moto(self._on_companion) if Moto.is_installed() else None
        self._application: Application | None = None
        self._aws: list[Server] = []
        self._web: list[WebServer] = []
        self._run_file: int | None = None
        self.controls: StackControls

    async def start(self) -> None:
        """Take the ports, read the project, wire it, and let it react."""
        settings = self._settings
        file = description(settings)
        self._listening = listening = open_ports(settings)
        self._keys, self._own_key = accepted_keys(settings, SystemRandom())
        vendors, replaced = chosen(named_companions(file), settings.environment)
        self._companions = Companions(vendors, self._companion_options(listening), self._on_companion)
        starting = asyncio.create_task(self._companions.start())
        try:
            self._core = self._make_core(listening)
            self._application = Application(self._core, file, self._companions.environment(), listening.ports)
            await self._application.declare()
        except BaseException:
            starting.cancel()
            raise
        for line in replaced:
            self._core.reporting.note("companions", line)
        addresses = {**listening.addresses(), **self._companions.addresses()}
        self.controls = StackControls(self._core, self._application, self._companions, addresses)
        await self._open(listening)
        await starting
        await self._core.start()
        self._application.watch(settings)
        self._run_file = announce(settings, self._run_values(port_of(listening.control), addresses))
        self._is_ready = True

    async def stop(self) -> None:
        """End in order: no new work, what is under way, durable state, children, the run file."""
        self._is_ready = False
        if self._application is not None:
            await self._application.close()
        for web in self._web:
            await web.close()
        if self._core is not None:
            await self._core.quiesce(DRAIN_S)
        for aws in self._aws:
            await aws.close(1.0)
        if self._core is not None:
            self._core.storage.close()
        if self._companions is not None:
            await self._companions.close()
        if self._moto is not None:
            await self._moto.close()
        if self._run_file is not None:
            remove_run_file(self._settings.data_dir, self._run_file)

    def _companion_options(self, listening: Listening) -> CompanionOptions:
        port = port_of(listening.application)
        return CompanionOptions(
            data_dir=self._settings.data_dir / "companions",
            first_port=self._settings.companions_port,
            mail_port=self._settings.mail_port,
            allow_origins=tuple(f"{listening.scheme}://{name}:{port}" for name in (LOOPBACK, "localhost")),
            token=secrets.token_urlsafe(24),
        )

    def _make_core(self, listening: Listening) -> Core:
        settings = self._settings
        storage = open_storage(settings, self._clock)
        storage.on_fatal(self._on_fatal)
        reap_orphans(settings.data_dir)
        url = listening.functions_url()
        executor = ProcessExecutor(
            FunctionsOptions(
                data_dir=settings.data_dir,
                endpoint_url=url,
                project_root=settings.project if settings.project.is_dir() else settings.project.parent,
                inherited=settings.environment,
                workers_max=settings.workers_max,
                access_key=self._own_key.key,
                secret_key=self._own_key.secret,
            ),
            clock=self._clock,
            random=SystemRandom(),
        )
        core = Core(
            Ground(
                settings=settings,
                clock=self._clock,
                random=SystemRandom(),
                storage=storage,
                executor=executor,
                endpoint_url=url,
                elsewhere=self._moto,
            )
        )
        if self._moto is not None:
            self._moto.named = core.named_elsewhere
        core.events.listen(self._display.show)
        return core

    async def _open(self, listening: Listening) -> None:
        core, application = self._core, self._application
        assert core is not None and application is not None, "made before the ports open"
        options = self._server_options(core)
        dispatcher = Dispatcher(core.services, core.storage, options, clock=self._clock, random=core.ground.random)
        self._aws = [await serve(dispatcher, options, listening.aws, listening.tls)]
        if listening.inner is not None:
            self._aws.append(await serve(dispatcher, options, listening.inner))
        self._token = secrets.token_urlsafe(32)
        self._web = [
            WebServer(application.gateway, listening.application, listening.tls),
            WebServer(control_app(self.controls, self._token), listening.control),
        ]
        application.prewarm()

    def _server_options(self, core: Core) -> ServerOptions:
        return ServerOptions(
            host=self._settings.host,
            credentials=self._keys,
            allow_origins=self._settings.allow_origins,
            allow_hosts=self._settings.allow_hosts,
            health=self._health,
            metrics=Metrics(core).text,
            function_url=FunctionUrls(core).handle,
            fallback=None if self._moto is None else self._moto.answer,
            log=core.reporting.noted("aws"),
        )

    def _health(self) -> tuple[bool, JsonObject]:
        companions = self._companions.state() if self._companions else {}
        is_ready = self._is_ready and "stopped" not in companions.values()
        return is_ready, {"ready": is_ready, "version": __version__, "companions": companions}

    def _run_values(self, control_port: int, addresses: dict[str, str]) -> RunFile:
        return RunFile(
            host=LOOPBACK,
            port=control_port,
            token=self._token,
            pid=os.getpid(),
            aws_url=addresses["AWS endpoint"],
            gateway_url=addresses["application"],
            project=str(self._settings.project.resolve()),
            version=__version__,
        )

    def _on_companion(self, name: str, line: str) -> None:
        if self._core is not None:
            self._core.reporting.note(name, line)

    def _on_fatal(self, message: str) -> NoReturn:
        """Stop at once: nothing in memory can be trusted, so nothing is flushed; the next start recovers."""
        with suppress(Exception):  # A terminal that is gone must not keep the process alive.
            self._display.refuse(message)
        os._exit(DISK_FAILED)
