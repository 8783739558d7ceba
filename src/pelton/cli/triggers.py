"""``pelton triggers``: where each function stands in each shard of its stream."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton
from pelton.operations import JsonObject

app = typer.Typer(help="Show the state of every trigger, pause or resume them, or move them to another place.")

FunctionName = Annotated[str, typer.Argument(help="Function whose triggers are meant.")]


@app.callback(invoke_without_command=True)
def triggers(context: typer.Context, data_dir: DataDir = Path(".pelton"), as_json: AsJson = False) -> None:
    """Show the state of every trigger: how far behind it is, and what it waits for.

    Example: pelton triggers
    """
    if context.invoked_subcommand is not None:
        return
    with running_pelton(data_dir) as pelton:
        rows = pelton.get("triggers")["triggers"]
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo(
            "No triggers. A function gets one by a `stream` event in serverless.yml, or by create_event_source_mapping."
        )
        return
    from rich.console import Console  # A heavy import, and only this command draws a table.
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("function", "table", "shard", "state", "behind", "waits for"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*_cells(row))
    Console().print(table)


@app.command()
def pause(function: FunctionName, data_dir: DataDir = Path(".pelton"), as_json: AsJson = False) -> None:
    """Let a function's triggers begin nothing more, across restarts, until they are resumed.

    Example: pelton triggers pause sync_crm
    """
    _operate(function, "pause", data_dir, as_json=as_json)


@app.command()
def resume(function: FunctionName, data_dir: DataDir = Path(".pelton"), as_json: AsJson = False) -> None:
    """Let a function's triggers go on where they stood.

    Example: pelton triggers resume sync_crm
    """
    _operate(function, "resume", data_dir, as_json=as_json)


@app.command()
def seek(
    function: FunctionName,
    to: Annotated[str, typer.Option(help="TRIM_HORIZON, LATEST, a sequence number, a time, or how long ago (15m).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it means, and do nothing.")] = False,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Let a function's triggers go on at another place; what is under way ends first.

    Example: pelton triggers seek sync_crm --to 15m --dry-run
    """
    with running_pelton(data_dir) as pelton:
        query = {"to": to, "dry_run": "1"} if dry_run else {"to": to}
        answer = pelton.post("triggers", function, "seek", body=b"", **query)
    if as_json:
        print_json(answer)
        return
    records = sum(row["records"] for row in answer["shards"])
    verb = "would get" if dry_run else "gets"
    typer.echo(f"{function} {verb} {records} records from {to} to the newest, in {len(answer['shards'])} shards")


def _operate(function: str, action: str, data_dir: Path, *, as_json: bool) -> None:
    with running_pelton(data_dir) as pelton:
        answer = pelton.post("triggers", function, action)
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{function} is {'paused' if answer['paused'] else 'running'}")


def _cells(row: JsonObject) -> list[str]:
    behind = f"{row['lag_records']} records, {row['lag_s']:.0f} s" if row["lag_records"] else "nothing"
    return [row["function"], row["table"], row["shard"][-8:], row["state"], behind, row["waits_for"] or ""]
