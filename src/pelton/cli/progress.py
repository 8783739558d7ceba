"""A bar on a terminal's stderr for what takes its time; nothing where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


class Told(Protocol):
    """Tells the bar what is done, what there is in all, and what else there is to say."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Show it."""


@contextmanager
def progress(what: str) -> Iterator[Told]:
    """A bar for as long as the context lasts."""
    note = TextColumn("{task.fields[note]}")
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), note)
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(what, total=None, note="")

        def told(done: int, total: int, note: str = "") -> None:
            bar.update(task, completed=done, total=total, note=note)

        yield told
