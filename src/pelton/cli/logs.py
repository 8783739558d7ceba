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
    function: Annotated[str | None, typer.Argument(help="FUNCTION, the project's key or the full name.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Print the log lines of a function, or of everything that happened.

    Example: pelton logs index_users --follow
    """
    query = {"function": function} if function else {}
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
