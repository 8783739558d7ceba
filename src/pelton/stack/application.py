"""The project as it runs: declared in the core, served by the gateway, reloaded when its files change."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from pelton.functions.invocation import Invocation, Outcome
from pelton.functions.trace import new_trace
from pelton.gateway.app import GatewayOptions, gateway_app
from pelton.projects.project import Project
from pelton.settings import Settings
from pelton.stack.core import Core
from pelton.stack.declaring import declare
from pelton.stack.reading import read
from pelton.stack.refusal import CannotStart
from pelton.stack.watching import touched, watch
from pelton.triggers.parameters import SERVED

#: Files that are code; ``bootstrap`` is too.
_CODE = frozenset({".py", ".js", ".mjs", ".cjs"})


class Application:
    """One project on one core."""

    def __init__(self, core: Core, file: Path | None, companions: dict[str, str], ports: tuple[int, int]) -> None:
        self._core = core
        self._file = file
        self._companions = companions
        self._ports = ports  #: of the AWS endpoint and of the application
        self._tasks: set[asyncio.Task[None]] = set()
        self._app: ASGIApp
        self.project: Project

    async def declare(self) -> None:
        """Read the project and make it true.

        Raises:
            CannotStart: it cannot be run as written.
        """
        settings = self._core.ground.settings
        environment = {**settings.environment, **self._companions}
        project = read(settings, self._file, environment, self._ports, SERVED)
        self.project = await declare(self._core, project)
        self._app = gateway_app(
            self.project.routes,
            self.invoke,
            GatewayOptions(
                stage=self.project.stage,
                region=self.project.region,
                site=self.project.site,
                api_keys=frozenset(self.project.api_keys),
                allow_hosts=settings.allow_hosts,
                on_request=self._core.reporting.on_request,
                clock=self._core.ground.clock,
                random=self._core.ground.random,
            ),
        )

    async def gateway(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application: the newest reading of the project."""
        await self._app(scope, receive, send)

    async def invoke(self, key: str, event: bytes, trace_root: str | None) -> Outcome:
        """Invoke a function for a request whose trace has that root."""
        own = new_trace(self._core.ground.random, trace_root)
        return await self._core.functions.invoke(Invocation(function_name=key, payload=event, trace=own))

    def prewarm(self) -> None:
        """Import handlers in the background: those that people wait for (HTTP) first."""
        routes = self.project.routes
        asked = [route.authorizer.function_key for route in routes if route.authorizer is not None]
        routed = asked + [route.function_key for route in routes]
        mapped = [mapping.function_key for mapping in self.project.mappings]
        self._spawn(self._prewarm([*dict.fromkeys(routed)], [*dict.fromkeys(mapped)]))

    def watch(self, settings: Settings) -> None:
        """Reload what changes, unless the settings say not to."""
        if settings.is_watching and self._file is not None:
            self._spawn(watch(self.project.root, settings.data_dir, self._on_change))

    async def close(self) -> None:
        """End watching and prewarming."""
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _prewarm(self, first: list[str], then: list[str]) -> None:
        await self._core.functions.prewarm(first)
        await self._core.functions.prewarm(then)

    async def _on_change(self, changed: set[Path]) -> None:
        if changed & {path.resolve() for path in self.project.watched}:
            await self._read_again()
        roots = [(function.key, function.code_root) for function in self._core.functions.list()]
        code = {path for path in changed if path.suffix in _CODE or path.name == "bootstrap"}
        if names := touched(code, roots):
            await self._core.functions.reload(names)
            for function in filter(None, map(self._core.functions.get, names)):
                self._core.triggers.reset_backoff(function.name)
                self._core.queue_triggers.reset_backoff(function.name)
            self._core.reporting.note("reload", f"the next invocation of {', '.join(names)} runs the saved code")

    async def _read_again(self) -> None:
        try:
            await self.declare()
        except CannotStart as error:
            self._core.reporting.note("reload", f"the project stays as it was: {error}", is_problem=True)
        else:
            self._core.reporting.note("reload", "the project was read again")

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
