"""``pelton redrive``: what a function failed on once more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.editing import edited
from pelton.cli.passes import Cancel, DryRun, Filter, Function, Pause, Rate, Resume, Table, action_of, run_pass
from pelton.cli.running import AsJson, DataDir, running_pelton
from pelton.control.client import RunningPelton
from pelton.operations import JsonObject

_PAGE = 100


def redrive(  # noqa: PLR0913  # A command's options are its parameters.
    function: Function,
    filter_: Filter = None,
    as_it_was: Annotated[
        bool, typer.Option("--as-it-was", help="Send the records as they were kept: a step back for newer items.")
    ] = False,
    skip_superseded: Annotated[
        bool, typer.Option("--skip-superseded", help="The same, but nothing for items that have moved on.")
    ] = False,
    edit: Annotated[
        bool, typer.Option("--edit", help="Open the records in $EDITOR first; implies --as-it-was.")
    ] = False,
    rate: Rate = None,
    table: Table = None,
    dry_run: DryRun = False,
    pause: Pause = False,
    resume: Resume = False,
    cancel: Cancel = False,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Send what a function failed on again: the items as they are now, unless you ask otherwise.

    Exit code 1: some failed again. Example: pelton redrive sync_crm --dry-run
    """
    if as_it_was and skip_superseded:
        raise typer.BadParameter("give one of --as-it-was and --skip-superseded")
    action = action_of(pause=pause, resume=resume, cancel=cancel, dry_run=dry_run)
    mode = "skip-superseded" if skip_superseded else "as-it-was" if as_it_was or edit else "as-it-is-now"
    asked: JsonObject = {"action": action, "table": table, "filter": filter_ or [], "mode": mode, "rate": rate}
    if edit:
        with running_pelton(data_dir) as pelton:
            asked["edits"] = _edited(_open(pelton, function, table))
    run_pass("redrive", function, asked, data_dir, as_json=as_json)


def _open(pelton: RunningPelton, function: str, table: str | None) -> dict[str, dict[str, JsonObject]]:
    """The records, of one table or all, that no redrive has sent, by failure and index."""
    found: dict[str, dict[str, JsonObject]] = {}
    before: dict[str, str] = {}
    while rows := pelton.get("failures", function=function, limit=str(_PAGE), **before)["failures"]:
        for row in rows:
            if row["open"] and table in (None, row["table"]):
                records = pelton.get("failures", str(row["id"]))["Records"]
                found[str(row["id"])] = {str(index): record for index, record in enumerate(records)}
        before = {"before": str(rows[-1]["id"])}
    return found


def _edited(records: dict[str, dict[str, JsonObject]]) -> dict[str, dict[str, JsonObject]]:
    """What of the records differs after editing."""
    text = edited(json.dumps(records, indent=2, ensure_ascii=False))
    try:
        saved = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"what was edited is not JSON: {error}") from None
    changed = {
        failure: {index: event for index, event in events.items() if event != records.get(failure, {}).get(index)}
        for failure, events in saved.items()
    }
    return {failure: events for failure, events in changed.items() if events}
