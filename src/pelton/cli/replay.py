"""``pelton replay``: retained records through a function again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.passes import Cancel, DryRun, Filter, Function, Pause, Rate, Resume, Table, action_of, run_pass
from pelton.cli.running import AsJson, DataDir


def replay(  # noqa: PLR0913  # A command's options are its parameters.
    function: Function,
    start: Annotated[
        str, typer.Option("--from", help="TRIM_HORIZON, a sequence number, a time, or how long ago (15m).")
    ] = "TRIM_HORIZON",
    to: Annotated[
        str, typer.Option("--to", help="Sequence number or time after which no item joins; LATEST: none.")
    ] = "LATEST",
    filter_: Filter = None,
    rate: Rate = None,
    table: Table = None,
    dry_run: DryRun = False,
    pause: Pause = False,
    resume: Resume = False,
    cancel: Cancel = False,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Run retained records through a function again, while its live records wait.

    Exit code 1: some records failed. Example: pelton replay sync_crm --from 2h --dry-run
    """
    action = action_of(pause=pause, resume=resume, cancel=cancel, dry_run=dry_run)
    asked = {"action": action, "table": table, "from": start, "to": to, "filter": filter_ or [], "rate": rate}
    run_pass("replay", function, asked, data_dir, as_json=as_json)
