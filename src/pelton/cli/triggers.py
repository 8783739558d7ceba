"""``pelton triggers``: where each function stands in each shard of its stream."""

from __future__ import annotations

from pathlib import Path

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton
from pelton.operations import JsonObject


def triggers(data_dir: DataDir = Path(".pelton"), as_json: AsJson = False) -> None:
    """Show the state of every trigger: how far behind it is, and what it waits for.

    Example: pelton triggers
    """
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


def _cells(row: JsonObject) -> list[str]:
    behind = f"{row['lag_records']} records, {row['lag_s']:.0f} s" if row["lag_records"] else "nothing"
    return [row["function"], row["table"], row["shard"][-8:], row["state"], behind, row["waits_for"] or ""]
