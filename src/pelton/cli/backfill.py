"""``pelton backfill``: every item of a table through a function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.passes import Cancel, DryRun, Function, Pause, Rate, Resume, Table, action_of, run_pass
from pelton.cli.running import AsJson, DataDir


def backfill(  # noqa: PLR0913  # A command's options are its parameters.
    function: Function,
    table: Table = None,
    rate: Rate = None,
    sample: Annotated[int | None, typer.Option("--sample", help="Send so many items, then pause.")] = None,
    from_history: Annotated[
        bool, typer.Option("--from-history", help="Refused: replay what the stream retains first, then backfill.")
    ] = False,
    dry_run: DryRun = False,
    pause: Pause = False,
    resume: Resume = False,
    cancel: Cancel = False,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Send every item of a table to a function as an INSERT record, in order with its live records.

    Exit code 1: some records failed. Example: pelton backfill index_users --table users --sample 100
    """
    action = action_of(pause=pause, resume=resume, cancel=cancel, dry_run=dry_run)
    asked = {"action": action, "table": table, "rate": rate, "sample": sample, "from_history": from_history}
    run_pass("backfill", function, asked, data_dir, as_json=as_json)
