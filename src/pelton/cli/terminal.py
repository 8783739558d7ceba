"""What ``pelton up`` shows: a ready line, the addresses, then requests and reactions as they happen.

Colours on a terminal and none in a pipe (``typer.echo`` strips them there). Writes are shown one by
one only while they are few; a burst is counted and told once a second.
"""

from __future__ import annotations

from datetime import datetime

import typer

from pelton.cli.running import print_json_line
from pelton.clock import Clock, Timer
from pelton.operations import JsonObject
from pelton.stack.events import Event, Kind

#: Lines of one kind shown in a second before the rest of that second is counted.
LINES_PER_SECOND = 20

COLOURS = {
    "request": "cyan",
    "reaction": "green",
    "stuck": "red",
    "writes": "blue",
    "note": "yellow",
    "log": "white",
    "platform": "white",
}
SUBJECT_WIDTH = 24


def render_line(row: JsonObject) -> str:
    """One event as a line: time of day, subject, text; problems in red."""
    moment = datetime.fromtimestamp(row["at_ms"] / 1000).astimezone()
    colour = "red" if row["is_problem"] else COLOURS[row["kind"]]
    time = typer.style(f"{moment:%H:%M:%S}", dim=True)
    subject = typer.style(f"{row['subject']:<{SUBJECT_WIDTH}}", fg=colour)
    return f"{time}  {subject} {row['text']}".rstrip()


class Terminal:
    """Prints events as they come, as text or as JSON lines."""

    def __init__(self, clock: Clock, *, as_json: bool) -> None:
        self._clock = clock
        self._as_json = as_json
        self._shown: dict[Kind, int] = {}
        self._counted: dict[Kind, int] = {}
        self._timer: Timer | None = None

    def show(self, event: Event) -> None:
        """Print one event, or count it when its kind has filled this second."""
        if event.kind is Kind.PLATFORM:
            return
        if self._as_json:
            print_json_line(event.as_json())
            return
        self._shown[event.kind] = self._shown.get(event.kind, 0) + 1
        if event.is_problem or self._shown[event.kind] <= LINES_PER_SECOND:
            typer.echo(render_line(event.as_json()))
        else:
            self._counted[event.kind] = self._counted.get(event.kind, 0) + 1
        if self._timer is None:
            self._timer = self._clock.call_later(1.0, self._new_second)

    def ready(self, state: JsonObject, seconds: float) -> None:
        """Print the ready line and the table of addresses."""
        if self._as_json:
            print_json_line({"ready": True, **state})
            return
        name = state["project"]["name"]
        typer.echo(typer.style("pelton", fg="cyan", bold=True) + f" runs {name}, ready in {seconds:.1f} s\n")
        for label, address in state["addresses"].items():
            typer.echo(f"  {label:<{SUBJECT_WIDTH}} {typer.style(address, underline=True)}")
        typer.echo(f"\n  {_counts(state)}; data in {state['data_dir']}\n")
        if not state["functions"]:
            typer.echo("  No functions yet: this is an AWS endpoint for DynamoDB, its streams and Lambda.\n")
        typer.secho(
            "  Ctrl-C stops. In another terminal: pelton logs -f, pelton triggers, pelton tail TABLE\n", dim=True
        )

    def say(self, text: str) -> None:
        """Print a line of talk (stderr)."""
        typer.secho(text, err=True, dim=True)

    def refuse(self, text: str) -> None:
        """Print why Pelton cannot start (stderr)."""
        typer.secho(f"pelton: {text}", fg="red", err=True)

    def _new_second(self) -> None:
        self._timer = None
        for kind, count in self._counted.items():
            typer.secho(f"          … and {count} more {_plural(kind)} in this second", dim=True)
        self._shown.clear()
        self._counted.clear()


def _counts(state: JsonObject) -> str:
    counted = ((len(state[f"{what}s"]), what) for what in ("function", "route", "table", "trigger"))
    parts = [f"{count} {what}{'s' if count > 1 else ''}" for count, what in counted if count]
    return ", ".join(parts) or "an empty project"


def _plural(kind: Kind) -> str:
    return {Kind.LOG: "log lines", Kind.WRITES: "commits"}.get(kind, f"{kind.value}s")
