"""``pelton why``: why functions did or did not get a record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton

_COLOURS = {"delivered": "green", "failing": "red", "discarded": "red"}


def why(
    sequence: Annotated[str, typer.Argument(help="Sequence number of the record, as pelton tail prints it.")],
    function: Annotated[str | None, typer.Argument(help="Function; all that react to the stream by default.")] = None,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Say for each function why it got a record, or why not.

    Example: pelton why 100000000000000000042 index_users
    """
    with running_pelton(data_dir) as pelton:
        answer = pelton.get("why", sequence, **({} if function is None else {"function": function}))
    if as_json:
        print_json(answer)
        return
    record = answer["record"]
    typer.echo(f"{record['eventName']} of {record['dynamodb']['Keys']} in {answer['shard']}")
    for row in answer["answers"]:
        typer.echo(f"  {row['function']}: ", nl=False)
        typer.secho(row["answer"], fg=_COLOURS.get(row["answer"], "yellow"), nl=False)
        typer.echo(f", {row['text']}")
    if not answer["answers"]:
        typer.echo("  No function reacts to this stream. A `stream` event in serverless.yml makes one.")
