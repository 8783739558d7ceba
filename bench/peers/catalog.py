"""The programs that are measured: how each is installed into ``.bench/peers``, started, and what it says of itself.

Every one comes from a package registry by its ordinary client; one that cannot be had is a row that says why.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: Beside the sources, kept from run to run.
HOME = Path(__file__).parents[2] / ".bench" / "peers"
_INSTALL_S = 900.0


class NotInstalled(Exception):
    """The program cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What starts a program that serves a port and keeps its data in a folder, if it keeps any."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None  #: working directory; None: its data folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One program in one mode."""

    name: str
    launch: Callable[[int, Path], Launch]  #: from a port and a data folder
    install: Callable[[], object]
    power_loss: str  #: what its own account says
    has_stream: bool = True  #: False: its tables have none
    keeps_data: bool = True  #: False: in memory alone, by its own account


def installed(peer: Peer) -> None:
    """Have it on disk.

    Raises:
        NotInstalled: with the last line of what went wrong.
    """
    HOME.mkdir(parents=True, exist_ok=True)
    peer.install()


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{command[0]}: {error}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"ended with {done.returncode}"]
        raise NotInstalled(f"{Path(command[0]).name}: {said[-1]}")


def _need(command: str) -> None:
    if shutil.which(command) is None:
        raise NotInstalled(f"{command} is not on this machine")


def _from_npm(package: str, version: str) -> Path:
    """The folder of an npm package."""
    folder = HOME / package
    if not (folder / "node_modules" / package).is_dir():
        _need("npm")
        _run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), f"{package}@{version}")
    return folder / "node_modules" / package


def _from_pypi(package: str, requirement: str, command: str) -> Path:
    """A command in an environment of its own."""
    folder = HOME / package
    if not (folder / "bin" / command).exists():
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", requirement)
    return folder / "bin" / command


def _pelton(port: int, data: Path) -> Launch:
    project = data / "project"
    if not project.exists():
        project.mkdir(parents=True)
        text = "service: bench\nframeworkVersion: '3'\nprovider: {name: aws}\n"
        (project / "serverless.yml").write_text(text, encoding="utf-8")
    free = ("--http-port", "0", "--companions-port", "0", "--mail-port", "0", "--no-watch")
    command = str(Path(sys.executable).with_name("pelton"))
    where = ("--port", str(port), "--data-dir", str(data / "data"))
    return Launch(command=[command, "up", str(project), *where, *free])


def _simulator() -> Path:
    _need("java")
    return _from_npm("amplify-dynamodb-simulator", "2.9.30") / "emulator"


def _dynamodb_local(port: int, *mode: str) -> Launch:
    java = ("java", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar")
    return Launch(command=[*java, "-port", str(port), "-disableTelemetry", *mode], folder=_simulator())


def _dynalite_program() -> Path:
    _need("node")
    return _from_npm("dynalite", "4.0.0") / "cli.js"


def _dynalite(port: int, *mode: str) -> Launch:
    instant = ("--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0")
    return Launch(
        command=["node", str(_dynalite_program()), "--host", "127.0.0.1", "--port", str(port), *instant, *mode]
    )


def _moto_server() -> Path:
    return _from_pypi("moto", "moto[server]==5.2.5", "moto_server")


def _ministack_command() -> Path:
    return _from_pypi("ministack", "ministack==1.5.33", "ministack")


def _ministack(port: int, data: Path) -> Launch:
    environment = {"GATEWAY_PORT": str(port), "PERSIST_STATE": "1", "STATE_DIR": str(data / "state")}
    return Launch(command=[str(_ministack_command())], environment={**environment, "LAMBDA_EXECUTOR": "local"})


def _roto_server() -> Path:
    return _from_pypi("roto", "roto-aws==0.10.1", "roto-server")


def _roto(port: int, *mode: str) -> Launch:
    return Launch(command=[str(_roto_server()), "--port", str(port), *mode])


def _nothing() -> None:
    """It is there: it measures."""


PEERS: Sequence[Peer] = (
    Peer(name="Pelton", launch=_pelton, install=_nothing, power_loss="survives: fsync before every answer"),
    Peer(
        name="DynamoDB Local, in memory",
        launch=lambda port, _data: _dynamodb_local(port, "-inMemory"),
        install=_simulator,
        power_loss="all is lost",
        keeps_data=False,
    ),
    Peer(
        name="DynamoDB Local, on disk",
        launch=lambda port, data: _dynamodb_local(port, "-dbPath", str(data)),
        install=_simulator,
        power_loss="not promised",
    ),
    Peer(
        name="dynalite, in memory",
        launch=lambda port, _data: _dynalite(port),
        install=_dynalite_program,
        power_loss="all is lost",
        has_stream=False,
        keeps_data=False,
    ),
    Peer(
        name="dynalite, on disk",
        launch=lambda port, data: _dynalite(port, "--path", str(data / "level")),
        install=_dynalite_program,
        power_loss="not promised: LevelDB without sync",
        has_stream=False,
    ),
    Peer(
        name="moto",
        launch=lambda port, _data: Launch(command=[str(_moto_server()), "-H", "127.0.0.1", "-p", str(port)]),
        install=_moto_server,
        power_loss="all is lost",
        keeps_data=False,
    ),
    Peer(
        name="ministack",
        launch=_ministack,
        install=_ministack_command,
        power_loss="not promised: state is saved when it ends",
    ),
    Peer(
        name="roto",
        launch=lambda port, data: _roto(port, "--data-dir", str(data)),
        install=_roto_server,
        power_loss="not promised",
    ),
    Peer(
        name="roto, --durable",
        launch=lambda port, data: _roto(port, "--durable", "--data-dir", str(data)),
        install=_roto_server,
        power_loss="survives: fsync on every commit",
    ),
)
