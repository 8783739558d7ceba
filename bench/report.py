"""The table of figures: for a terminal, as JSON, and as Markdown between two markers of a page."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from bench.rows import Row

#: What stands between these two lines of a page is written by ``bench.run --write``.
BEGIN = "<!-- figures: written by `python -m bench.run --write`, not by hand -->"
END = "<!-- end of figures -->"

_HEADER = ("what", "measured", "budget", "verdict", "details")


class NoMarkers(Exception):
    """The page has no place for the table."""


def machine() -> str:
    """What it ran on: CPU model, cores, memory, system, Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{_cpu_model()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def text_table(rows: Sequence[Row], head: str) -> str:
    """Columns of the same width, details at the end."""
    lines = [_cells(row) for row in rows]
    widths = [max([len(line[column]) for line in lines] + [len(_HEADER[column])]) for column in range(len(_HEADER))]
    padded = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (_HEADER, *lines)
    ]
    return "\n".join([f"# {head}", "", *(line.rstrip() for line in padded)])


def as_json(rows: Sequence[Row], head: str) -> str:
    """One object: what it ran on, and the rows."""
    listed = [
        {
            **asdict(row),
            "budget": None if row.budget is None else str(row.budget),
            "figure": row.figure,
            "verdict": row.verdict.value,
        }
        for row in rows
    ]
    return json.dumps({"machine": head, "rows": listed}, ensure_ascii=False)


def markdown(rows: Sequence[Row], head: str, day: date) -> str:
    """The table as a page shows it, with date and machine."""
    lines = [f"Measured on {day.isoformat()}: {head}.", "", _line(_HEADER), _line(["---"] * len(_HEADER))]
    return "\n".join(lines + [_line(_cells(row)) for row in rows])


def with_section(page: str, text: str, begin: str, end: str) -> str:
    """The page with the text in the place of what stood between two lines of it.

    Raises:
        NoMarkers: one of the two lines is missing, or they stand in the wrong order.
    """
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise NoMarkers(f"the page needs the lines\n{begin}\n{end}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def write_section(file: Path, text: str, begin: str, end: str) -> None:
    """Put the text between two lines of a page.

    Raises:
        NoMarkers: see ``with_section``.
    """
    file.write_text(with_section(file.read_text(encoding="utf-8"), text, begin, end), encoding="utf-8")


def write_table(file: Path, table: str) -> None:
    """Put the table into a page; a page that is not there is made, with nothing else in it."""
    page = file.read_text(encoding="utf-8") if file.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    file.write_text(with_section(page, table, BEGIN, END), encoding="utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    budget = "" if row.budget is None else str(row.budget)
    return row.what, row.figure, budget, row.verdict.value, row.details


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
