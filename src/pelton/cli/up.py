"""``pelton up``: run a project until Ctrl-C."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from pelton.cli.running import CANNOT_START, AsJson
from pelton.settings import (
    HOUR_MS,
    Settings,
    SettingsRefused,
    bytes_of,
    credentials_text,
    parameters,
    process_environment,
)

if TYPE_CHECKING:
    from pelton.stack.running import Display

LOOPBACK = "127.0.0.1"
_FILES_MAX = 65536


def up(  # noqa: PLR0913  # The options of a command line are its parameters.
    project: Annotated[Path, typer.Argument(help="Folder of the project, or its serverless.yml or template.")] = Path(),
    port: Annotated[int, typer.Option(help="AWS endpoint; 0 takes a free port.")] = 8000,
    http_port: Annotated[int, typer.Option(help="The application; 0 takes a free port.")] = 3000,
    companions_port: Annotated[int, typer.Option(help="First of four ports of the companions; 0: free ones.")] = 8001,
    mail_port: Annotated[int, typer.Option(help="The mail companion; 0 takes a free port.")] = 1025,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder [default: .pelton].")] = None,
    stage: Annotated[str | None, typer.Option(help="Stage of the project.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of the project.")] = None,
    param: Annotated[list[str] | None, typer.Option(help="Parameter of the project, as Name=value.")] = None,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Do not sync; remove the data at the end.")] = False,
    no_watch: Annotated[bool, typer.Option("--no-watch", help="Do not reload changed code.")] = False,
    allow_unsupported: Annotated[bool, typer.Option("--allow-unsupported", help="Warn instead of refusing.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on; beyond this machine with --credentials.")] = LOOPBACK,
    allow_anyone: Annotated[bool, typer.Option("--allow-anyone", help="Other machines need no credentials.")] = False,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate: both ports speak TLS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its PEM key.")] = None,
    credentials: Annotated[Path | None, typer.Option(help="JSON file of keys; signatures are verified.")] = None,
    allow_origin: Annotated[list[str] | None, typer.Option(help="Web origin that may call the AWS endpoint.")] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="Further Host name of this machine.")] = None,
    shards: Annotated[int, typer.Option(help="Shards of a new stream.", min=1, max=64)] = 1,
    roll_every: Annotated[float, typer.Option(help="Hours after which open shards roll over; 0: never.", min=0)] = 4.0,
    workers: Annotated[int, typer.Option(help="Worker processes over all functions, at most.", min=1)] = 16,
    data_max: Annotated[
        str | None, typer.Option(help="Refuse writes beyond this size of the data: 500MB, 20GB.")
    ] = None,
    log_file: Annotated[Path | None, typer.Option(help="Write events there too, in files of 10 MB.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a project: its tables, functions, routes and triggers, until Ctrl-C.

    Example: pelton up examples/signup --http-port 3000
    """
    given = dict(locals())
    try:
        settings = _settings(given, process_environment())
    except SettingsRefused as error:
        typer.secho(f"pelton: {error}", fg="red", err=True)
        raise typer.Exit(CANNOT_START) from None
    raise typer.Exit(run_settings(settings, has_named_data_dir=data_dir is not None, as_json=as_json))


def _settings(given: Mapping[str, Any], environment: dict[str, str]) -> Settings:
    """Settings from what ``up`` was given, by the names of its parameters."""
    same = (
        *("host", "port", "http_port", "companions_port", "mail_port", "stage", "region", "shards"),
        *("log_file", "tls_cert", "tls_key", "allow_unsupported"),
    )
    return Settings(
        **{name: given[name] for name in same},
        project=given["project"].resolve(),
        data_dir=given["data_dir"] or Path(".pelton"),
        allows_anyone=given["allow_anyone"],
        params=parameters(given["param"] or []),
        is_ephemeral=given["ephemeral"],
        is_watching=not given["no_watch"],
        credentials=credentials_text(given["credentials"], environment),
        allow_origins=tuple(given["allow_origin"] or ()),
        allow_hosts=tuple(name.lower() for name in given["allow_host"] or ()),
        shard_age_max_ms=int(given["roll_every"] * HOUR_MS) or None,
        workers_max=given["workers"],
        data_bytes_max=None if given["data_max"] is None else bytes_of("--data-max", given["data_max"]),
        environment=environment,
    )


def run_settings(settings: Settings, *, has_named_data_dir: bool, as_json: bool) -> int:
    """Run what the settings say until a signal ends it; the exit code."""
    import uvloop  # The loop and the stack are heavy imports that only this command needs.

    from pelton.cli.terminal import Terminal
    from pelton.clock import SystemClock
    from pelton.stack.ephemeral import data_folder
    from pelton.stack.running import CannotStart, run

    async def main() -> None:
        with _Signals() as signals, data_folder(settings, is_named=has_named_data_dir) as placed:
            await run(placed, display, signals.wait)

    terminal = Terminal(SystemClock(), as_json=as_json)
    _allow_many_connections()
    try:
        with _logged(terminal, settings.log_file) as display:
            uvloop.run(main())
    except CannotStart as error:
        terminal.refuse(str(error))
        return CANNOT_START
    return 0


def _allow_many_connections() -> None:
    """As many open files as the system lets this user have: each connection is one, and shells start with 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES_MAX if most == resource.RLIM_INFINITY else most, most))


@contextmanager
def _logged(terminal: Display, path: Path | None) -> Iterator[Display]:
    """The terminal, and a log file beside it when one is named."""
    import logging

    from pelton.cli.log_file import LogFile, Logged, LogHandler
    from pelton.clock import SystemClock
    from pelton.stack.refusal import CannotStart

    if path is None:
        yield terminal
        return
    try:
        file = LogFile(path)
    except OSError as error:
        raise CannotStart(f"--log-file {path}: {error.strerror} (name a file that can be written)") from None
    handlers = (LogHandler(file), logging.StreamHandler())
    for handler in handlers:
        handler.setLevel(logging.WARNING)
        logging.getLogger().addHandler(handler)
    try:
        yield Logged(terminal, file, SystemClock())
    finally:
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
        file.close()


class _Signals:
    """Ctrl-C and the termination signal, heard from the start: what comes while Pelton starts ends it in order, too."""

    _NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __enter__(self) -> Self:
        self._signalled = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for number in self._NUMBERS:
            self._loop.add_signal_handler(number, self._hear)
        return self

    async def wait(self, say: Callable[[str], None]) -> None:
        """Wait for the first signal."""
        await self._signalled.wait()
        say("Stopping: handlers may finish what they do (Ctrl-C again kills) …")

    def __exit__(self, *_: object) -> None:
        self._release()

    def _hear(self) -> None:
        self._signalled.set()
        self._release()  # A second one kills.

    def _release(self) -> None:
        for number in self._NUMBERS:
            self._loop.remove_signal_handler(number)
