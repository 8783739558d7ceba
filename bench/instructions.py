"""``make bench-instructions``: how many instructions a request costs, which no other load of the machine changes.

    python -m bench.instructions [--only put ...] [--json]

Valgrind's callgrind runs the trace of ``bench.trace`` twice, with few rounds and with more; the difference is what the
requests of the further rounds cost. Hashing is not random in it, so that two runs agree within a per mille or so.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bench.plan import ProgressLine
from bench.trace import CONNECTIONS, OPERATIONS

_FEW, _MANY = 5, 15
_ITEMS = 320
_COLLECTED = re.compile(rb"Collected : (\d+)")


class NoValgrind(Exception):
    """The program that counts is not installed."""


def counted(operation: str) -> int:
    """Instructions of one request."""
    return round((_run(operation, _MANY) - _run(operation, _FEW)) / ((_MANY - _FEW) * CONNECTIONS))


def _run(operation: str, rounds: int) -> int:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise NoValgrind("valgrind counts the instructions and is not installed: apt install valgrind")
    command = [valgrind, "--tool=callgrind", f"--callgrind-out-file={os.devnull}", sys.executable, "-m", "bench.trace"]
    command += [operation, "--rounds", str(rounds), "--items", str(_ITEMS)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONMALLOC": "pymalloc"}
    answer = subprocess.run(command, capture_output=True, env=environment, check=True, cwd=Path(__file__).parents[1])
    found = _COLLECTED.search(answer.stderr)
    assert found is not None, answer.stderr
    return int(found[1])


def main() -> int:
    """Count and print."""
    parser = argparse.ArgumentParser(description="Count the instructions of a request.")
    parser.add_argument("--only", action="append", choices=OPERATIONS, metavar="NAME", help=", ".join(OPERATIONS))
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    progress = ProgressLine()
    found: dict[str, int] = {}
    try:
        for operation in asked.only or OPERATIONS:
            progress.begin(operation)
            progress.say("two runs, some minutes")
            found[operation] = counted(operation)
    except NoValgrind as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        progress.end()
    print(
        json.dumps(found) if asked.json else "\n".join(f"{name}: {count:,} a request" for name, count in found.items())
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
