"""``pelton logs``: what functions wrote and what happened to them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json_line, running_pelton
from pelton.cli.terminal import render_line
from pelton.operations import JsonObject


def logs(
    functions: Annotated[
        list[str] | None, typer.Argument(metavar="[FUNCTION]...", help="The project's keys, or full names; none: all.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    since: Annotated[str, typer.Option("--since", help="A time (ISO 8601), or how long ago: 90s, 15m, 2h.")] = "",
    text: Annotated[str, typer.Option("--filter", help="Only lines that hold this text, in any case.")] = "",
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Print the log lines of some functions, or of everything that happened.

    Example: pelton logs index_users welcome_email --since 15m --filter error --follow
    """
    query = {"function": ",".join(functions or ()), "since": since, "text": text}
    if follow:
        query["follow"] = "1"
    with running_pelton(data_dir) as pelton, suppress(KeyboardInterrupt):
        for row in pelton.lines("logs", **query):
            _print(row, as_json=as_json)


def _print(row: JsonObject, *, as_json: bool) -> None:
    if as_json:
        print_json_line(row)
    else:
        typer.echo(render_line(row))
