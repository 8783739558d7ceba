"""``make bench``: the budgets of ``docs/explanation/performance.md``, measured on this machine.

    python -m bench.run [--only floor --only backlog] [--seconds 4] [--minutes 10] [--whole] [--json]
        [--write docs/explanation/performance.md]

Each family of rows is a module of this folder and says in its first lines how it measures. This module
composes them and prints; it ends with 1 when a budget is missed or a row could not be measured.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    against_floor,
    backlog,
    fan_out,
    idle,
    invoking,
    operations,
    passes,
    queues,
    reaction,
    scale,
    signature_rows,
    signup_rows,
    starting,
    storage_rows,
    tail_latency,
)
from bench.plan import Family, Plan, ProgressLine, scratch_folder
from bench.report import as_json, machine, markdown, text_table, write_table
from bench.rows import Row, Verdict

#: In the order of the table.
FAMILIES: Mapping[str, Family] = {
    "storage": storage_rows.rows,
    "floor": against_floor.rows,
    "tail": tail_latency.rows,
    "reaction": reaction.rows,
    "backlog": backlog.rows,
    "passes": passes.rows,
    "queues": queues.rows,
    "invoking": invoking.rows,
    "signup": signup_rows.rows,
    "starting": starting.rows,
    "idle": idle.rows,
    "scale": scale.rows,
    "signatures": signature_rows.rows,
    "fan-out": fan_out.rows,
    "operations": operations.rows,
}


def measured(names: Sequence[str], plan: Plan, progress: ProgressLine) -> list[Row]:
    """The rows of the named families; one that fails leaves a row that says so."""
    rows: list[Row] = []
    for name in names:
        progress.begin(name)
        try:
            rows += FAMILIES[name](plan)
        except Exception as error:  # the other families are measured all the same
            traceback.print_exc()
            rows.append(Row(what=name, details=f"{type(error).__name__}: {error}"[:200]))
    progress.end()
    return rows


def arguments() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(description="Measure Pelton against its budgets.")
    parser.add_argument("--only", action="append", choices=FAMILIES, metavar="NAME", help=", ".join(FAMILIES))
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="of each ratio (3)")
    parser.add_argument("--minutes", type=float, default=1.0, help="of the paced load whose tail is measured (1)")
    parser.add_argument("--whole", action="store_true", help="a million records of backlog, ten million items")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table between the markers of a page")
    asked = parser.parse_args()
    if asked.write and asked.only:
        parser.error("--write needs all rows: leave --only out")
    return asked


def main() -> int:
    """Measure, print, write; the exit code."""
    asked = arguments()
    progress = ProgressLine()
    with scratch_folder() as folder:
        plan = Plan(
            folder=folder,
            seconds=asked.seconds,
            rounds=asked.rounds,
            tail_s=asked.minutes * 60,
            is_whole=asked.whole,
            say=progress.say,
        )
        rows = measured(asked.only or list(FAMILIES), plan, progress)
    print(as_json(rows, machine()) if asked.json else text_table(rows, machine()))
    if asked.write:
        write_table(asked.write, markdown(rows, machine(), datetime.now(UTC).date()))
    return int(any(row.verdict in (Verdict.MISSED, Verdict.FAILED) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
