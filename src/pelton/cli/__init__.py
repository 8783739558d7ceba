"""Commands: each parses, calls one function of the library, prints, and returns a status.

Results go to stdout, talk to stderr. Exit codes: 0 done; 1 it ran and failed (a function's error, a damaged
file); 2 it could not start (a port in use, a broken project, nothing running). Every command has ``--json``.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pelton import __version__
from pelton.cli import (
    backfill,
    check,
    companion,
    failures,
    fire,
    invoke,
    logs,
    redrive,
    replay,
    restore,
    roll,
    service,
    snapshot,
    split,
    status,
    tail,
    triggers,
    up,
    why,
)

app = typer.Typer(
    name="pelton",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"pelton {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Pelton turns a table's change stream into work: tables, streams and functions on one machine."""


app.command()(up.up)
app.command()(status.status)
app.command()(logs.logs)
app.command()(tail.tail)
app.command()(invoke.invoke)
app.command()(fire.fire)
app.add_typer(triggers.app, name="triggers")
app.command()(why.why)
app.command()(failures.failures)
app.command()(replay.replay)
app.command()(backfill.backfill)
app.command()(redrive.redrive)
app.command()(split.split)
app.command()(roll.roll)
app.command()(companion.companion)
app.command()(check.check)
app.command()(snapshot.snapshot)
app.command()(restore.restore)
app.command()(service.service)

__all__ = ["app"]
