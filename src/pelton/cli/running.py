"""What the commands beside a running Pelton share: finding it, and saying in one line why not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pelton.control.client import CallRefused, RunningPelton
from pelton.control.run_file import NotRunning
from pelton.operations import JsonObject

#: Exit code when a command could not start: nothing runs there, a port is taken, the project is broken.
CANNOT_START = 2

DataDir = Annotated[Path, typer.Option("--data-dir", help="Data folder of the running Pelton.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@contextmanager
def running_pelton(data_dir: Path) -> Iterator[RunningPelton]:
    """The Pelton that runs on ``data_dir``; a refusal is printed as one line and ends with exit code 2."""
    try:
        yield RunningPelton(data_dir)
    except (NotRunning, CallRefused) as error:
        typer.secho(f"pelton: {error}", fg="red", err=True)
        raise typer.Exit(CANNOT_START) from None
    except BrokenPipeError:
        # The reader of our output has left (``pelton tail … | head``): that is how such a pipe ends.
        sys.stderr.close()
        raise typer.Exit from None


def print_json(value: JsonObject | list[JsonObject]) -> None:
    """Print a value as indented JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_json_line(value: JsonObject) -> None:
    """Print a value as one line of JSON, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()
