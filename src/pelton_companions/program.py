"""How a companion runs as a program: options, the listening port, control calls, the end.

``GET /_companion/health`` is open; ``/_companion/state``, ``/_companion/faults`` and
``/_companion/stop`` need the header ``X-Companion-Token`` with the token given at start.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pelton_companions.access import Access
from pelton_companions.connection import Connection, Handler
from pelton_companions.faults import Fault, FaultMode, Faults
from pelton_companions.lifeline import die_with_parent
from pelton_companions.messages import BadBody, JsonObject, Request, Response, json_response

#: The environment may hold the control token instead of the command line, which others can read.
TOKEN_VARIABLE = "PELTON_COMPANION_TOKEN"
#: Exit code when the program cannot start: the port is taken, the data folder unusable.
CANNOT_START = 2


class Companion(Protocol):
    """What the programs have in common."""

    name: str
    paths_without_faults: frozenset[str]  #: what stays readable while a fault is on

    async def start(self) -> None:
        """Open what is durable; after this requests come."""

    async def handle(self, request: Request) -> Response:
        """Answer one request over the vendor's protocol."""

    def failure(self, status: int) -> Response:
        """The vendor's way to say ``status``, for faults on demand."""

    def state(self) -> JsonObject:
        """Counts of what is kept, for tests and for people."""

    async def close(self) -> None:
        """Close what is durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line: ports 0 mean any free one; ``http_port`` is for what does not speak HTTP itself."""

    port: int
    http_port: int
    data: Path
    token: str | None
    allowed_origins: frozenset[str]
    dies_with_parent: bool


def read_options(name: str, arguments: Sequence[str]) -> Options:
    """Parse the command line; ends the program with code 2 when it is wrong."""
    parser = argparse.ArgumentParser(prog=f"python -m pelton_companions.{name}", allow_abbrev=False)
    parser.add_argument("--port", type=int, required=True, help="loopback port of the vendor's protocol; 0: any")
    parser.add_argument("--http-port", type=int, default=0, help="mail alone: port of its inbox and control calls")
    parser.add_argument("--data", type=Path, required=True, help="folder for what is durable; made when missing")
    parser.add_argument("--control-token", default=os.environ.get(TOKEN_VARIABLE), help="what control calls must show")
    parser.add_argument("--allow-origin", action="append", default=[], help="origin whose pages may call; repeatable")
    parser.add_argument("--die-with-parent", action="store_true", help="end when standard input does")
    parsed = parser.parse_args(arguments)
    return Options(
        port=parsed.port,
        http_port=parsed.http_port,
        data=parsed.data,
        token=parsed.control_token,
        allowed_origins=frozenset(parsed.allow_origin),
        dies_with_parent=parsed.die_with_parent,
    )


class Front:
    """What stands before every companion: access, control calls and faults."""

    def __init__(self, companion: Companion, options: Options, faults: Faults, stop: Callable[[], None]) -> None:
        self._companion = companion
        self._token = options.token
        self._access = Access(options.allowed_origins)
        self._faults = faults
        self._stop = stop

    async def handle(self, request: Request) -> Response | None:
        """Answer one request; None breaks the connection off."""
        if refusal := self._access.refusal(request) or self._access.preflight(request):
            return refusal
        if request.path.startswith("/_companion/"):
            return self._control(request)
        fault = await self._fault(request)
        if fault.mode is FaultMode.REFUSE:
            return None
        if fault.mode is FaultMode.FAIL:
            answer = self._companion.failure(fault.status or 500)
        else:
            answer = await self._companion.handle(request)
        return answer.with_headers(self._access.cors_headers(request))

    async def _fault(self, request: Request) -> Fault:
        if request.path in self._companion.paths_without_faults:
            return Fault()
        return await self._faults.before_request()

    def _control(self, request: Request) -> Response:
        call = (request.method, request.path)
        if call == ("GET", "/_companion/health"):
            return json_response({"status": "ok", "companion": self._companion.name})
        if refusal := self._unauthorised(request):
            return refusal
        if call == ("GET", "/_companion/state"):
            return json_response(
                {"companion": self._companion.name, "fault": self._faults.state(), **self._companion.state()}
            )
        if call == ("POST", "/_companion/faults"):
            return self._set_fault(request)
        if call == ("POST", "/_companion/stop"):
            asyncio.get_running_loop().call_later(0.05, self._stop)
            return json_response({"status": "stopping"})
        return json_response({"error": f"no control call {request.method} {request.path}"}, 404)

    def _unauthorised(self, request: Request) -> Response | None:
        if self._token is None:
            return json_response({"error": "control calls are off: start with --control-token"}, 403)
        if not hmac.compare_digest(request.headers.get("x-companion-token", ""), self._token):
            return json_response({"error": "the header X-Companion-Token is missing or wrong"}, 403)
        return None

    def _set_fault(self, request: Request) -> Response:
        try:
            self._faults.set(Fault.parse(request.json()))
        except BadBody as error:
            return json_response({"error": str(error)}, 400)
        return json_response(self._faults.state())


async def listen(handler: Handler, port: int) -> tuple[asyncio.Server, set[Connection]]:
    """Serve HTTP on a loopback port (0: any free one); the set holds the open connections."""
    connections: set[Connection] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(handler, connections), "127.0.0.1", port, backlog=1024
    )
    return server, connections


def run(companion_from: Callable[[Options, Faults], Companion], name: str, arguments: Sequence[str]) -> None:
    """Run one companion until it is told to stop; exits 2 with one line when it cannot start."""
    options = read_options(name, arguments)
    logging.basicConfig(level=logging.INFO, format=f"{name}: %(message)s", stream=sys.stderr)
    if options.dies_with_parent:
        die_with_parent()
    try:
        options.data.mkdir(parents=True, exist_ok=True)
        asyncio.run(_serve(companion_from, options))
    except OSError as error:
        sys.stderr.write(f"{name}: cannot start on port {options.port} with {options.data}: {error}\n")
        raise SystemExit(CANNOT_START) from error


async def _serve(companion_from: Callable[[Options, Faults], Companion], options: Options) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    faults = Faults()
    companion = companion_from(options, faults)
    await companion.start()
    front = Front(companion, options, faults, stopped.set)
    speaks_http = companion.name != "mail"
    server, connections = await listen(front.handle, options.port if speaks_http else options.http_port)
    sys.stdout.write(f"{companion.name} listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await stopped.wait()
    server.close()
    for connection in list(connections):
        connection.close()
    await companion.close()
