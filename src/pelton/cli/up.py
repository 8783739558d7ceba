"""``pelton up``: run a project until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Self

import typer

from pelton.cli.running import CANNOT_START, AsJson
from pelton.settings import Settings, SettingsRefused, credentials_text, process_environment

LOOPBACK = "127.0.0.1"


def up(  # noqa: PLR0913  # The options of a command line are its parameters.
    project: Annotated[Path, typer.Argument(help="Folder of the project, or its serverless.yml or template.")] = Path(),
    port: Annotated[int, typer.Option(help="AWS endpoint; 0 takes a free port.")] = 8000,
    http_port: Annotated[int, typer.Option(help="The application; 0 takes a free port.")] = 3000,
    companions_port: Annotated[int, typer.Option(help="First of four ports of the companions; 0: free ones.")] = 8001,
    mail_port: Annotated[int, typer.Option(help="The mail companion; 0 takes a free port.")] = 1025,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder [default: .pelton].")] = None,
    stage: Annotated[str | None, typer.Option(help="Stage of the project.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of the project.")] = None,
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
    workers: Annotated[int, typer.Option(help="Worker processes over all functions, at most.", min=1)] = 16,
    as_json: AsJson = False,
) -> None:
    """Run a project: its tables, functions, routes and triggers, until Ctrl-C.

    Example: pelton up examples/signup --http-port 3000
    """
    environment = process_environment()
    try:
        settings = Settings(
            project=project.resolve(),
            data_dir=data_dir or Path(".pelton"),
            host=host,
            allows_anyone=allow_anyone,
            tls_cert=tls_cert,
            tls_key=tls_key,
            port=port,
            http_port=http_port,
            companions_port=companions_port,
            mail_port=mail_port,
            stage=stage,
            region=region,
            is_ephemeral=ephemeral,
            is_watching=not no_watch,
            allow_unsupported=allow_unsupported,
            credentials=credentials_text(credentials, environment),
            allow_origins=tuple(allow_origin or ()),
            allow_hosts=tuple(name.lower() for name in allow_host or ()),
            shards=shards,
            workers_max=workers,
            environment=environment,
        )
    except SettingsRefused as error:
        typer.secho(f"pelton: {error}", fg="red", err=True)
        raise typer.Exit(CANNOT_START) from None
    raise typer.Exit(run_settings(settings, has_named_data_dir=data_dir is not None, as_json=as_json))


def run_settings(settings: Settings, *, has_named_data_dir: bool, as_json: bool) -> int:
    """Run what the settings say until a signal ends it; the exit code."""
    import uvloop  # The loop and the stack are heavy imports that only this command needs.

    from pelton.cli.terminal import Terminal
    from pelton.clock import SystemClock
    from pelton.stack.ephemeral import data_folder
    from pelton.stack.running import CannotStart, run

    async def main() -> None:
        with _Signals() as signals, data_folder(settings, is_named=has_named_data_dir) as placed:
            await run(placed, terminal, signals.wait)

    terminal = Terminal(SystemClock(), as_json=as_json)
    try:
        uvloop.run(main())
    except CannotStart as error:
        terminal.refuse(str(error))
        return CANNOT_START
    return 0


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
