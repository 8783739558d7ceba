"""Ten thousand invocations of every ending: memory, open files and children of server and worker must stay level.

python -m tests.endurance.invocations --count 10000
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end.running import Up

PROJECT = """
service: level
provider: {name: aws, runtime: python3.12, timeout: 5}
functions:
  well: {handler: app.well}
  other: {handler: app.other}
  later: {handler: app.well}
"""
HANDLERS = """
import os
import sys

def well(event, context):
    print("x" * event.get("printed", 0))
    return {"pid": os.getpid(), "padding": "y" * event.get("returned", 0)}

def other(event, context):
    if event["ending"] == "raise":
        raise ValueError("as asked")
    if event["ending"] == "exit":
        sys.exit(3)
    return {1, 2}
"""

#: How often an invocation ends its worker, whose successor must leave nothing behind either.
_EXIT_EVERY = 100


@dataclass(frozen=True, slots=True)
class Sample:
    """A process after so many invocations."""

    server_mb: float
    data_mb: float  #: the database, whose pages the server keeps in memory up to a bound
    server_files: int
    children: int
    worker_mb: float
    worker_files: int


def invocations(folder: Path, count: int, samples: int) -> Sequence[Sample]:
    """Invoke so often, and look so many times at even distances; the first look is after the first stretch."""
    project = folder / "project"
    project.mkdir()
    (project / "serverless.yml").write_text(PROJECT)
    (project / "app.py").write_text(HANDLERS)
    taken = []
    with Up(project, folder / "data", "--no-watch") as up:
        worker = _pid(_invoke(up, "well", {}))
        for number in range(1, count + 1):
            name, event, kind = _ending(number)
            _invoke(up, name, event, kind)
            if number % (count // samples) == 0:
                taken.append(_sample(up, worker))
        assert _pid(_invoke(up, "well", {})) == worker, "the worker of the measured function was replaced"
    return taken


def _ending(number: int) -> tuple[str, dict[str, Any], str]:
    """The function, its event and the type of an invocation: large and small, well and not, at once and later."""
    if number % _EXIT_EVERY == 0:
        return "other", {"ending": "exit"}, "RequestResponse"
    kinds = (
        ("well", {"printed": 100}, "RequestResponse"),
        ("well", {"returned": 200_000}, "RequestResponse"),
        ("other", {"ending": "raise"}, "RequestResponse"),
        ("other", {"ending": "marshal"}, "RequestResponse"),
        ("well", {"filling": "z" * 100_000}, "RequestResponse"),
        ("later", {}, "Event"),
    )
    return kinds[number % len(kinds)]


def _invoke(up: Up, name: str, event: dict[str, Any], kind: str = "RequestResponse") -> bytes:
    answer = up.client("lambda").invoke(
        FunctionName=f"level-dev-{name}",
        Payload=json.dumps(event).encode(),
        InvocationType=kind,
        LogType="Tail" if kind == "RequestResponse" else "None",
    )
    payload: bytes = answer["Payload"].read()
    return payload


def _pid(payload: bytes) -> int:
    pid: int = json.loads(payload)["pid"]
    return pid


def _sample(up: Up, worker: int) -> Sample:
    server = up.process.pid
    return Sample(
        server_mb=_resident_mb(server),
        data_mb=(up.data_dir / "pelton.db").stat().st_size / (1 << 20),
        server_files=_files(server),
        children=len(Path(f"/proc/{server}/task/{server}/children").read_text().split()),
        worker_mb=_resident_mb(worker),
        worker_files=_files(worker),
    )


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pelton-level-") as folder:
        for sample in invocations(Path(folder), options.count, samples=10):
            print(sample)


if __name__ == "__main__":
    main()
