"""``make bench-growth``: what a request costs as things grow, one table and one plot for each.

    python -m bench.growth.run [--only items ...] [--seconds 2] [--whole] [--json] [--write PAGE]

``--whole`` goes to ten million items and four million retained records, and takes about half an hour.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench.growth.curves import Growth, plot, table
from bench.growth.dimensions import DIMENSIONS
from bench.plan import Plan, ProgressLine, scratch_folder
from bench.report import machine, write_section

#: What stands between these two lines of a page is written by this program.
BEGIN = "<!-- growth: written by `make bench-growth`, not by hand -->"
END = "<!-- end of growth -->"
#: Where the page's plots lie, beside it.
PLOTS = Path("growth")
_NAMES = {each.__name__: each for each in DIMENSIONS}


def page(found: list[Growth]) -> str:
    """The tables, each with its plot."""
    lines = [f"Measured on {datetime.now(UTC).date().isoformat()}: {machine()}.", ""]
    for growth in found:
        lines += [*table(growth), "", f"![{growth.what}]({PLOTS}/{growth.name}.svg)", ""]
    return "\n".join(lines).strip()


def measured(names: list[str], plan: Plan, progress: ProgressLine) -> list[Growth]:
    """The growths of those names; one that fails is told, and the others are measured all the same."""
    found = []
    for name in names:
        progress.begin(name)
        try:
            found.append(_NAMES[name](plan))
        except Exception:
            traceback.print_exc()
    progress.end()
    return found


def arguments() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(description="Measure what Pelton costs as things grow.")
    parser.add_argument("--only", action="append", choices=_NAMES, metavar="NAME", help=", ".join(_NAMES))
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement (2)")
    parser.add_argument("--whole", action="store_true", help="ten million items, four million records")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put tables and plots into a page")
    asked = parser.parse_args()
    if asked.write and asked.only:
        parser.error("--write needs all of them: leave --only out")
    return asked


def main() -> int:
    """Measure, print, write; 1 when something could not be measured."""
    asked = arguments()
    progress = ProgressLine()
    names = asked.only or list(_NAMES)
    with scratch_folder() as folder:
        plan = Plan(folder=folder, say=progress.say, seconds=asked.seconds, is_whole=asked.whole)
        found = measured(names, plan, progress)
    text = page(found)
    print(json.dumps([asdict(growth) for growth in found]) if asked.json else text)
    if asked.write:
        write_section(asked.write, text, BEGIN, END)
        plots = asked.write.parent / PLOTS
        plots.mkdir(exist_ok=True)
        for growth in found:
            (plots / f"{growth.name}.svg").write_text(plot(growth), encoding="utf-8")
    return int(len(found) < len(names))


if __name__ == "__main__":
    sys.exit(main())
