"""``pelton fire``: run a schedule now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton


def fire(
    name: Annotated[
        str | None, typer.Argument(help="SCHEDULE or its FUNCTION; without it, the schedules are listed.")
    ] = None,
    at: Annotated[str, typer.Option("--at", help="Time that the event tells (ISO 8601, UTC unless it says).")] = "",
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Run a schedule's function as if its time had come, asynchronously; or list the schedules.

    Example: pelton fire nightly_report --at 2026-01-31T02:00:00
    """
    with running_pelton(data_dir) as pelton:
        if name is None:
            rows = pelton.get("schedules")["schedules"]
            if as_json:
                print_json(rows)
            for row in rows if not as_json else ():
                typer.echo(f"{row['name']}  {row['function']}  {row['expression']}  {row['due'] or 'never'}")
            return
        fired = pelton.post("fire", name, at=at)
    if as_json:
        print_json(fired)
    else:
        typer.echo(
            f"{fired['schedule']}: invoked {fired['function']} for {fired['time']}, request {fired['requestId']}"
        )
