"""``pelton failures``: what functions gave up, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton
from pelton.operations import JsonObject


def failures(
    function: Annotated[str | None, typer.Argument(help="Function; all of them by default.")] = None,
    show: Annotated[int | None, typer.Option("--show", help="One failure, by its id, with its records.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many, newest first.")] = 20,
    before: Annotated[int | None, typer.Option("--before", help="Go on below this id.")] = None,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """List the batches that functions gave up, newest first, or show one with its records.

    Example: pelton failures sync_crm
    """
    with running_pelton(data_dir) as pelton:
        if show is not None:
            print_json(pelton.get("failures", str(show)))
            return
        asked = {"limit": str(limit)}
        asked |= {} if function is None else {"function": function}
        asked |= {} if before is None else {"before": str(before)}
        rows = pelton.get("failures", **asked)["failures"]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(_line(row))
    if not rows:
        typer.echo("Nothing was given up.")


def _line(row: JsonObject) -> str:
    moment = datetime.fromtimestamp(row["discardedMs"] / 1000, tz=UTC)
    again = "" if row["open"] == row["records"] else f", {row['records'] - row['open']} sent again"
    origin = f", from {row['pass']}" if row.get("pass") else ""
    waits = ", waits for its destination" if row["isWaiting"] else ""
    return (
        f"{row['id']}  {moment:%Y-%m-%d %H:%M:%S}Z  {row['function']}  {row['table']}  {row['records']} records{again}"
        f"{origin}{waits}  {row['condition']}: {row['error']}"
    )
