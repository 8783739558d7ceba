"""``pelton roll``: close the shards of a table's stream, each with one child, as Amazon does every four hours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton


def roll(
    table: Annotated[str, typer.Argument(help="Table whose stream's shards to roll over.")],
    shard: Annotated[str | None, typer.Option("--shard", help="Only this open shard; all of them by default.")] = None,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Roll a stream's shards over: each closes, and one child goes on, as on Amazon about every four hours.

    Shows whether a reader of the stream finds the children.

    Example: pelton roll users
    """
    with running_pelton(data_dir) as pelton:
        answer = pelton.post("roll", table, shard=shard or "")
    if as_json:
        print_json(answer)
        return
    for row in answer["rolled"]:
        typer.echo(f"{row['shard']} is closed; its child is {row['child']}")
