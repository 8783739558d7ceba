"""``pelton tail``: a table's stream records as JSON lines."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json_line, running_pelton


def tail(
    table: Annotated[str, typer.Argument(help="Table whose stream to read.")],
    start: Annotated[
        str, typer.Option("--from", help="TRIM_HORIZON, LATEST or a sequence number (records after it).")
    ] = "TRIM_HORIZON",
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Go on until interrupted.")] = True,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = True,
) -> None:
    """Print a table's stream records as JSON lines until interrupted.

    Example: pelton tail users --from LATEST
    """
    del as_json  # A record has one form on paper: its JSON. The option is there as on every command.
    query = {"from": start} | ({"follow": "1"} if follow else {})
    with running_pelton(data_dir) as pelton, suppress(KeyboardInterrupt):
        for record in pelton.lines("tail", table, **query):
            print_json_line(record)
