"""The companions as child processes, each with its own switch to stop, start or fail it.

Which ones run is decided before the project's variables are resolved, because what points the
vendors' clients at them is set then. Where the user has set any variable of a vendor, that companion
is not started and none of its variables is touched.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from pelton.control.api import Refused
from pelton.functions.giving_way import give_way
from pelton.operations import JsonObject
from pelton.stack.ports import PortRefused, listen, port_of, reserve
from pelton.stack.refusal import CannotStart
from pelton_companions.registry import COMPANIONS, Registration

HOST = "127.0.0.1"
#: How long a companion may take from its start to its listening line, and to its end.
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 3.0
TOKEN_VARIABLE = "PELTON_COMPANION_TOKEN"  # The variable's name, not a token.


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionOptions:
    """What all companions are told."""

    data_dir: Path
    first_port: int  #: 0: free ones
    mail_port: int  #: 0: a free one
    allow_origins: tuple[str, ...]  #: pages that may call the search companion
    token: str


class Companions:
    """The companions of one project."""

    def __init__(
        self, vendors: Sequence[Registration], options: CompanionOptions, say: Callable[[str, str], None]
    ) -> None:
        """``say(name, line)`` is told what a companion writes and when it ends by itself."""
        self._children = {vendor.name: _Child(vendor, options, say) for vendor in vendors}

    def environment(self) -> dict[str, str]:
        """The variables that point the vendors' clients here."""
        return {name: value for child in self._children.values() for name, value in child.variables().items()}

    def state(self) -> dict[str, str]:
        """Address of each that runs, ``stopped`` of each that does not."""
        return {name: child.state() for name, child in self._children.items()}

    def addresses(self) -> dict[str, str]:
        """Where each shows what it holds, running or not."""
        addresses = {name: child.address for name, child in self._children.items()}
        own = {f"{name} (SMTP)": child.own_address for name, child in self._children.items() if child.own_address}
        return addresses | own

    async def start(self) -> None:
        """Start all at once and wait until they answer.

        Raises:
            CannotStart: one of them cannot.
        """
        await asyncio.gather(*(child.start() for child in self._children.values()))

    async def act(self, name: str, action: str, faults: JsonObject) -> JsonObject:
        """Stop, start, fail or heal one companion.

        Raises:
            Refused: no such companion or action, or it cannot.
        """
        child = self._children.get(name)
        if child is None:
            known = ", ".join(self._children) or "none (custom.pelton.companions names them)"
            raise Refused(f"no companion {name} runs here; there are: {known}")
        try:
            await child.act(action, faults)
        except CannotStart as error:
            raise Refused(str(error)) from None
        return {"companion": name, "state": child.state()}

    async def close(self) -> None:
        """Stop all at once."""
        await asyncio.gather(*(child.stop() for child in self._children.values()))
        for child in self._children.values():
            child.release()


def chosen(names: Sequence[str], environment: Mapping[str, str]) -> tuple[list[Registration], list[str]]:
    """Which companions to start, and one line for each that the user's own variables replace.

    Raises:
        CannotStart: a name is not a companion's.
    """
    vendors, replaced = [], []
    for name in names:
        vendor = COMPANIONS.get(name)
        if vendor is None:
            raise CannotStart(f"custom.pelton.companions: no companion {name!r} (there are {', '.join(COMPANIONS)})")
        taken = sorted(vendor.claimed_by & environment.keys())
        if taken:
            replaced.append(f"{name}: the real vendor is used, because {', '.join(taken)} is set")
        else:
            vendors.append(vendor)
    return vendors, replaced


class _Child:
    """One companion's process."""

    def __init__(self, vendor: Registration, options: CompanionOptions, say: Callable[[str, str], None]) -> None:
        self._vendor = vendor
        self._options = options
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._is_wanted = False
        self._reserved: list[socket.socket] = []
        self.port = self._port(*_wanted_port(vendor, options))
        self.http_port = self.port if _speaks_http(vendor) else self._port(0, "")

    def _port(self, wanted: int, option: str) -> int:
        if wanted == 0 and sys.platform == "linux":
            self._reserved.append(reserve(HOST))
            return port_of(self._reserved[-1])
        try:
            with listen(HOST, wanted, purpose=f"the {self._vendor.name} companion", option=option) as listener:
                return port_of(listener)
        except PortRefused as error:
            raise CannotStart(str(error)) from None

    def release(self) -> None:
        """Let go of the free ports that were kept for it."""
        for held in self._reserved:
            held.close()

    def variables(self) -> Mapping[str, str]:
        return self._vendor.variables(HOST, self.port)

    def state(self) -> str:
        running = self._process is not None and self._process.returncode is None
        return self.address if running else "stopped"

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.http_port}"

    @property
    def own_address(self) -> str:
        """Where it speaks a protocol of its own; empty for those that speak HTTP alone."""
        return "" if _speaks_http(self._vendor) else f"smtp://{HOST}:{self.port}"

    async def act(self, action: str, faults: JsonObject) -> None:
        if action == "start":
            await self.start()
        elif action == "stop":
            await self.stop()
        elif action in ("fail", "heal"):
            await self._control("/_companion/faults", faults)
        else:
            raise Refused(f"a companion cannot {action}: it can stop, start, fail and heal")

    async def start(self) -> None:
        if self._process is not None and self._process.returncode is None:
            return
        self._is_wanted = True
        self._process = await asyncio.create_subprocess_exec(
            *self._command(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, TOKEN_VARIABLE: self._options.token},
            start_new_session=True,
        )
        output = self._process.stdout
        assert output is not None, "asked for a pipe"
        first = await asyncio.wait_for(output.readline(), START_TIMEOUT_S)
        if b"listening on" not in first:
            rest = await output.read()
            raise CannotStart(f"the {self._vendor.name} companion: {(first + rest).decode(errors='replace').strip()}")
        give_way(self._process.pid)  # It plays a vendor, who would be on machines of his own.
        self._reader = asyncio.create_task(self._read(self._process, output))

    async def stop(self) -> None:
        self._is_wanted = False
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            await self._reader

    def _command(self) -> list[str]:
        vendor, options = self._vendor, self._options
        command = [sys.executable, "-m", vendor.module, "--port", str(self.port), "--die-with-parent"]
        command += ["--data", str(options.data_dir / vendor.name)]
        if not _speaks_http(vendor):
            command += ["--http-port", str(self.http_port)]
        for origin in options.allow_origins if vendor.allows_site else ():
            command += ["--allow-origin", origin]
        return command

    async def _read(self, process: asyncio.subprocess.Process, output: asyncio.StreamReader) -> None:
        while line := await output.readline():
            self._say(self._vendor.name, line.decode(errors="replace").rstrip())
        code = await process.wait()
        if self._is_wanted:
            self._say(
                self._vendor.name, f"ended by itself with code {code} (pelton companion {self._vendor.name} start)"
            )

    async def _control(self, path: str, body: JsonObject) -> None:
        try:
            status, text = await asyncio.to_thread(_post, self.http_port, path, body, self._options.token)
        except OSError:
            raise Refused(f"{self._vendor.name} is stopped (pelton companion {self._vendor.name} start)") from None
        if status != HTTPStatus.OK:
            raise Refused(f"{self._vendor.name} refused: {text}")


def _post(port: int, path: str, body: JsonObject, token: str) -> tuple[int, str]:
    from http.client import HTTPConnection  # Only fault drills need a client.

    connection = HTTPConnection(HOST, port, timeout=5)
    connection.request("POST", path, json.dumps(body), {"X-Companion-Token": token})
    response = connection.getresponse()
    return response.status, response.read().decode(errors="replace")


def _speaks_http(vendor: Registration) -> bool:
    return vendor.port_offset is not None


def _wanted_port(vendor: Registration, options: CompanionOptions) -> tuple[int, str]:
    """The port to listen on (0: any free one), and the option that chooses another."""
    if vendor.port_offset is None:
        return options.mail_port, "--mail-port"
    return (options.first_port + vendor.port_offset if options.first_port else 0), "--companions-port"
