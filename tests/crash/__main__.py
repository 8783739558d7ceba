"""``make crash``: kill a loaded ``pelton up`` many times and find nothing missing.

python -m tests.crash --kills 300 --seed 7
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tests.crash.campaign import Totals, run


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="make crash", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32), help="a failing run's, to see it again")
    chosen = parser.parse_args(arguments)
    console = Console()
    console.print(f"seed {chosen.seed}")
    folder = Path(tempfile.mkdtemp(prefix="pelton-crash-"))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("kills", total=chosen.kills)
        totals = run(folder, chosen.kills, chosen.seed, lambda sofar: bar.update(task, completed=sofar.kills.total()))
    console.print(_summary(totals))
    for problem in totals.problems:
        console.print(f"[red]missing or wrong:[/] {problem}", highlight=False)
    if totals.problems:
        console.print(
            f"the last folder stays in {folder}; again with: make crash KILLS={chosen.kills} SEED={chosen.seed}"
        )
    else:
        folder.rmdir()
    return 1 if totals.problems else 0


def _summary(totals: Totals) -> Table:
    table = Table(title="nothing is missing" if not totals.problems else "something is missing", show_header=False)
    for point, count in sorted(totals.kills.items()):
        table.add_row(f"killed at {point}", f"{count:,}")
    table.add_row("writes acknowledged, all there", f"{totals.acknowledged:,}")
    table.add_row("writes under way that took place whole", f"{totals.found_done:,}")
    table.add_row("writes under way that left nothing", f"{totals.found_undone:,}")
    table.add_row("stream records, each seen by both functions", f"{totals.records:,}")
    table.add_row("shards made by splits and rollovers", f"{totals.shards:,}")
    table.add_row("backups acknowledged, all there and whole", f"{totals.backups:,}")
    table.add_row("records trimmed meanwhile", f"{totals.trimmed:,}")
    table.add_row("times the write-ahead log began anew", f"{totals.checkpoints:,} or more")
    table.add_row("snapshots taken meanwhile, restored whole", f"{totals.snapshots:,}")
    table.add_row("pelton check", f"{totals.checks:,} times")
    return table


if __name__ == "__main__":
    sys.exit(main())
