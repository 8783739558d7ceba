"""``pelton split``: split a shard of a running table's stream in two."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton


def split(
    table: Annotated[str, typer.Argument(help="Table whose stream to split.")],
    shard: Annotated[
        str | None, typer.Option("--shard", help="Open shard to split; needed when it has several.")
    ] = None,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Split a shard of a table's stream in two, so that its functions run on both halves at once.

    Example: pelton split users
    """
    with running_pelton(data_dir) as pelton:
        answer = pelton.post("split", table, shard=shard or "")
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{answer['shard']} is closed; its children are {', '.join(answer['children'])}")
