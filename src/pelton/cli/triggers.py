"""``pelton triggers``: where each function stands in each shard of its stream, and what an operator does about it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json, print_json_line, running_pelton
from pelton.operations import JsonObject

if TYPE_CHECKING:  # A heavy import, and only the table needs it.
    from rich.console import RenderableType

app = typer.Typer(help="Show the state of every trigger; pause, resume, move them, or skip what they fail on.")

FunctionName = Annotated[str, typer.Argument(help="Function whose triggers are meant.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it means, and do nothing.")]

_HEADINGS = ("function", "table", "shard", "state", "behind", "rate")
_NONE = "No triggers. A function gets one by a `stream` event in serverless.yml, or by create_event_source_mapping."
_LOOK_S = 1.0
#: States of a pass that is not over.
_UNDER_WAY = ("running", "paused", "cancelling")


@app.callback(invoke_without_command=True)
def triggers(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every second, until interrupted.")] = False,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Show the state of every trigger: how far behind it is, how fast, and what it waits for.

    Example: pelton triggers --watch
    """
    if context.invoked_subcommand is not None:
        return
    if watch:
        _watch(data_dir, as_json=as_json)
        return
    rows, passes = _look(data_dir)
    if as_json:
        print_json(rows)
        return
    from rich.console import Console

    Console().print(_table(rows))
    for line in (*_waits(rows), *pass_lines(passes)):
        typer.echo(line)


def with_passes(rows: list[JsonObject], passes: list[JsonObject]) -> list[JsonObject]:
    """Rows of triggers, each with the pass that is under way over it as ``pass``, or None."""
    under_way = {(each["function"], each["table"]): each for each in passes if each["state"] in _UNDER_WAY}
    return [{**row, "pass": under_way.get((row["function"], row["table"]))} for row in rows]


def pass_lines(rows: list[JsonObject]) -> list[str]:
    """A line for each replay, backfill and redrive that is not over."""
    return [
        f"{row['name']} of {row['function']} is {row['state']}: {row['done']:,} of {row['total']:,} handled, "
        f"{row['per_s']:,.0f}/s, {_left(row)}{row['failed']:,} failed"
        for row in rows
        if row["state"] in _UNDER_WAY
    ]


def _left(row: JsonObject) -> str:
    return "" if row["left_s"] is None else f"{row['left_s']:,.0f} s left, "


@app.command()
def pause(
    function: FunctionName, dry_run: DryRun = False, data_dir: DataDir = Path(".pelton"), as_json: AsJson = False
) -> None:
    """Let a function's triggers begin nothing more, across restarts, until they are resumed.

    Example: pelton triggers pause sync_crm
    """
    answer = _operate(function, "pause", data_dir, dry_run=dry_run)
    _say(answer, f"{function} {'would be' if dry_run else 'is'} paused{_at_rest(answer)}", as_json=as_json)


@app.command()
def resume(
    function: FunctionName, dry_run: DryRun = False, data_dir: DataDir = Path(".pelton"), as_json: AsJson = False
) -> None:
    """Let a function's triggers go on where they stood.

    Example: pelton triggers resume sync_crm
    """
    answer = _operate(function, "resume", data_dir, dry_run=dry_run)
    _say(answer, f"{function} {'would be' if dry_run else 'is'} running{_at_rest(answer)}", as_json=as_json)


@app.command()
def seek(
    function: FunctionName,
    to: Annotated[str, typer.Option(help="TRIM_HORIZON, LATEST, a sequence number, a time, or how long ago (15m).")],
    dry_run: DryRun = False,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Let a function's triggers go on at another place; what is under way ends first.

    Example: pelton triggers seek sync_crm --to 15m --dry-run
    """
    answer = _operate(function, "seek", data_dir, dry_run=dry_run, to=to)
    records = sum(row["records"] for row in answer["shards"])
    verb = "would get" if dry_run else "gets"
    shards = len(answer["shards"])
    place = f"from {to} to the newest, in {shards} shard{'' if shards == 1 else 's'}" if shards else f"from {to} on"
    text = f"{function} {verb} {_count(records)} {place}"
    _say(answer, text, as_json=as_json)


@app.command()
def skip(
    function: FunctionName,
    shard: Annotated[str | None, typer.Option(help="Only in this shard; its last digits will do.")] = None,
    dry_run: DryRun = False,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Give up what a function fails on, into the failure store, and go on with what waits behind it.

    That is the one record the function named as failed, or else the whole batch that is tried again.

    Example: pelton triggers skip sync_crm --dry-run
    """
    answer = _operate(function, "skip", data_dir, dry_run=dry_run, **({} if shard is None else {"shard": shard}))
    verb = "would be given up" if dry_run else "given up"
    lines = [f"{_count(row['records'])} {verb}: {_numbers(row)} in {row['shard']}, after {row['tries']} attempts. "
             f"Last error: {row['error']}" for row in answer["skipped"]]  # fmt: skip
    _say(answer, "\n".join(lines), as_json=as_json)


def _look(data_dir: Path) -> tuple[list[JsonObject], list[JsonObject]]:
    """The triggers' rows, and all passes."""
    with running_pelton(data_dir) as pelton:
        passes: list[JsonObject] = pelton.get("passes")["passes"]
        return with_passes(pelton.get("triggers")["triggers"], passes), passes


def _watch(data_dir: Path, *, as_json: bool) -> None:
    """Look until interrupted: one table that changes, or one line of JSON for each look."""
    from rich.console import Group
    from rich.live import Live
    from rich.markup import escape

    def look() -> RenderableType:
        rows, passes = _look(data_dir)
        return Group(_table(rows), *map(escape, (*_waits(rows), *pass_lines(passes))))

    try:
        if as_json:
            while True:
                print_json_line({"triggers": _look(data_dir)[0]})
                time.sleep(_LOOK_S)
        with Live(look(), auto_refresh=False) as live:
            while True:
                time.sleep(_LOOK_S)
                live.update(look(), refresh=True)
    except KeyboardInterrupt:
        return


def _operate(function: str, action: str, data_dir: Path, *, dry_run: bool, **query: str) -> JsonObject:
    with running_pelton(data_dir) as pelton:
        asked = query | ({"dry_run": "1"} if dry_run else {})
        return pelton.post("triggers", function, action, body=b"", **asked)


def _say(answer: JsonObject, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        typer.echo(text)


def _at_rest(answer: JsonObject) -> str:
    already = "" if answer["changed"] else " (it was before)"
    return f"{already}, {_count(answer['waiting'])} waiting" if answer["waiting"] else already


def _table(rows: list[JsonObject]) -> RenderableType:
    if not rows:
        return _NONE
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in rows:
        behind = f"{_count(row['lag_records'])}, {row['lag_s']:.0f} s" if row["lag_records"] else "nothing"
        rate = f"{row['rate_per_s']:,.1f}/s" if row["rate_per_s"] else ""
        table.add_row(row["function"], row["table"], row["shard"][-8:], row["state"], behind, rate)
    return table


def _waits(rows: list[JsonObject]) -> list[str]:
    return [f"{row['function']} in {row['shard'][-8:]}: {row['waits_for']}" for row in rows if row["waits_for"]]


def _numbers(row: JsonObject) -> str:
    return str(row["first"]) if row["first"] == row["last"] else f"{row['first']} to {row['last']}"


def _count(records: int) -> str:
    return f"{records:,} record{'' if records == 1 else 's'}"
