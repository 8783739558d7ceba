"""What ``pelton replay``, ``backfill`` and ``redrive`` share: asking for a pass, following it, its exit code."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.progress import progress
from pelton.cli.running import print_json, running_pelton
from pelton.control.client import RunningPelton
from pelton.operations import JsonObject

_LOOK_S = 0.2
_SOME_FAILED = 1

Function = Annotated[str, typer.Argument(help="Function that gets the records.")]
Table = Annotated[str | None, typer.Option("--table", help="Table, when the function has triggers on several.")]
Rate = Annotated[float | None, typer.Option("--rate", help="Records a second, at most.")]
Filter = Annotated[
    list[str] | None, typer.Option("--filter", help="Only what this pattern of a Lambda filter lets through.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it means, and do nothing.")]
Pause = Annotated[bool, typer.Option("--pause", help="Pause the one under way.")]
Resume = Annotated[bool, typer.Option("--resume", help="Let the one under way go on, and follow it.")]
Cancel = Annotated[bool, typer.Option("--cancel", help="Cancel the one under way, and follow it to its end.")]


def action_of(*, pause: bool, resume: bool, cancel: bool, dry_run: bool) -> str:
    """What is asked of the pass."""
    chosen = [
        name
        for name, is_given in (("pause", pause), ("resume", resume), ("cancel", cancel), ("preview", dry_run))
        if is_given
    ]
    if len(chosen) > 1:
        raise typer.BadParameter("give one of --pause, --resume, --cancel and --dry-run")
    return chosen[0] if chosen else "begin"


def run_pass(kind: str, function: str, asked: JsonObject, data_dir: Path, *, as_json: bool) -> None:
    """Ask for it and follow it to its end; ends with 1 when records failed or it could not go on."""
    with running_pelton(data_dir) as pelton:
        row = pelton.post("passes", kind, function, body=json.dumps(asked).encode())
        if "preview" not in row and asked["action"] != "pause":
            row = _followed(pelton, row)
    if as_json:
        print_json(row)
    else:
        typer.echo(_preview(row) if "preview" in row else _end(row))
    if row.get("failed") or row.get("state") == "ended":
        raise typer.Exit(_SOME_FAILED)


def _followed(pelton: RunningPelton, row: JsonObject) -> JsonObject:
    if row["kind"] == "redrive":
        typer.secho(_moved_on(row), err=True)
    try:
        with progress(row["name"]) as bar:
            while row["state"] in ("running", "cancelling"):
                bar(row["done"], row["total"], f"{row['per_s']:,.0f}/s, {row['failed']:,} failed")
                time.sleep(_LOOK_S)
                row = pelton.get("passes", str(row["id"]))
    except KeyboardInterrupt:
        command = f"pelton {row['kind']} {row['function']}"
        typer.secho(f"{row['name']} goes on: {command} --pause or --cancel stops it", err=True)
        raise typer.Exit(_SOME_FAILED) from None
    return row


def _preview(row: JsonObject) -> str:
    whom = f"{row['function']} would get"
    if row["kind"] == "replay":
        return f"{whom} {row['records']} of {row['total']} retained records of {row['table']} again"
    if row["kind"] == "backfill":
        count = row["total"] if row["sample"] is None else min(row["sample"], row["total"])
        return f"{whom} {count} of {row['total']} items of {row['table']} as INSERT records"
    return f"{whom} {row['total']} records of {row['batches']} failures again ({row['mode']}). {_moved_on(row)}"


def _moved_on(row: JsonObject) -> str:
    unknown = f", of {row['unknown']} the stream shows too little to tell" if row["unknown"] else ""
    return f"{row['moved_on']} of their {row['total']} items have moved on since{unknown}"


def _end(row: JsonObject) -> str:
    failed = f", {row['failed']} failed (pelton failures {row['function']})" if row["failed"] else ""
    reason = f": {row['reason']}" if row["reason"] else ""
    hint = f"; pelton {row['kind']} {row['function']} --resume goes on" if row["state"] == "paused" else ""
    return f"{row['name']} is {row['state']}{reason}: {row['done']} of {row['total']} handled{failed}{hint}"
