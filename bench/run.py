"""``make bench``: the budgets of ``docs/explanation/performance.md``, measured on this machine, beside the floor.

    python -m bench.run [--json] [--seconds 5]

Each ratio is taken in one run: the floor program and Pelton answer the same load generator in turn, in
short alternating rounds, so that a busy machine slows both alike. The median of the rounds counts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench import wire
from bench.load import Figures, measure

ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. ``ratio`` and ``budget`` are shares of the floor unless the unit says otherwise."""

    what: str
    figure: str
    ratio: float | None = None
    budget: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the budget is kept; empty where there is none."""
        if self.ratio is None or self.budget is None:
            return ""
        return "kept" if self.ratio >= self.budget else "MISSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One operation over so many connections, with its budget as a share of the floor's ``against``."""

    what: str
    operation: str
    against: str
    connections: int
    budget: float


LOADS = (
    Load(what="durable PutItem, 64 connections", operation="put", against="put", connections=64, budget=0.65),
    Load(what="durable PutItem, 1 connection", operation="put", against="put", connections=1, budget=0.60),
    Load(what="GetItem, 64 connections", operation="get", against="get", connections=64, budget=0.45),
    Load(what="conditional UpdateItem, 64", operation="update", against="put", connections=64, budget=0.45),
)
REQUESTS = {"put": wire.puts, "get": wire.gets, "update": wire.updates}


@contextmanager
def program(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A child that is ended at the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.terminate()


@contextmanager
def floor(folder: Path) -> Iterator[int]:
    """The floor program; its port."""
    folder.mkdir()
    with program(sys.executable, "-m", "bench.floor", str(folder)) as child:
        assert child.stdout is not None
        yield int(child.stdout.readline())


@contextmanager
def pelton(folder: Path) -> Iterator[int]:
    """``pelton up`` on an empty project; the port of its AWS endpoint, from its run file."""
    project = folder / "project"
    project.mkdir(parents=True)
    (project / "serverless.yml").write_text("service: bench\nframeworkVersion: '3'\nprovider: {name: aws}\n")
    port = free_port()
    options = ("--port", str(port), "--http-port", "0", "--companions-port", "0", "--mail-port", "0", "--no-watch")
    command = str(Path(sys.executable).with_name("pelton"))
    with program(command, "up", str(project), "--data-dir", str(folder / "data"), *options) as child:
        wait_for_health(port, child)
        yield port


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_health(port: int, child: subprocess.Popen[str]) -> None:
    """Until ``GET /_pelton/health`` answers 200."""
    for _ in range(200):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_pelton/health"):
            return
        if child.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("pelton did not start")


def side_by_side(load: Load, ports: dict[str, int], seconds: float) -> Row:
    """Rounds of floor and Pelton in turn; the median of the ratios."""
    rates: dict[str, list[float]] = {"floor": [], "pelton": []}
    last: Figures | None = None
    for seed in range(ROUNDS):
        for name, port in ports.items():
            operation = load.operation if name == "pelton" else load.against
            requests = REQUESTS[operation](seed)
            last = measure(port, requests, connections=load.connections, seconds=seconds)
            if last.errors:
                raise RuntimeError(f"{load.what}: {name} answered {last.errors} of {last.requests} with errors")
            rates[name].append(last.per_s)
    assert last is not None
    ratio = median(own / lowest for own, lowest in zip(rates["pelton"], rates["floor"], strict=True))
    figure = f"{median(rates['pelton']):,.0f}/s (floor {median(rates['floor']):,.0f}/s), p99 {last.p99_ms:.1f} ms"
    return Row(what=load.what, figure=figure, ratio=ratio, budget=load.budget)


def over_http(folder: Path, seconds: float) -> list[Row]:
    """The rows that need the wire."""
    with floor(folder / "floor") as lowest, pelton(folder / "pelton") as port:
        measure(port, [wire.create_table()], connections=1, seconds=0)
        ports = {"floor": lowest, "pelton": port}
        for each in ports.values():
            measure(each, wire.puts(9), connections=16, seconds=max(2.0, seconds))
        return [side_by_side(load, ports, seconds) for load in LOADS]


def storage_alone(folder: Path) -> list[Row]:
    """What the lowest room can do without the wire."""
    command = [sys.executable, "-m", "bench.storage", str(folder)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [
        Row(
            what="storage alone: put, 64 writers",
            figure=f"{found['puts_per_s']:,.0f}/s, p99 {found['put_p99_ms']:.1f} ms, max {found['put_max_ms']:.0f} ms",
        ),
        Row(what="storage alone: get", figure=f"{found['gets_per_s']:,.0f}/s"),
        Row(
            what="storage alone: checkpoints",
            figure=f"{found['checkpoints']}, longest stall {found['stall_max_ms']:.0f} ms, "
            f"WAL at most {found['wal_pages_max'] * 4096 / 1e6:.0f} MB",
        ),
    ]


def machine() -> str:
    """What it ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def print_table(rows: list[Row]) -> None:
    """One line for each row."""
    print(f"# {machine()}\n")
    for row in rows:
        share = "" if row.ratio is None else f"{row.ratio:6.0%} of the floor"
        budget = "" if row.budget is None else f"budget {row.budget:.0%}: {row.verdict}"
        print(f"{row.what:34} {row.figure:52} {share:22} {budget}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pelton-bench-"))
    try:
        rows = [*storage_alone(folder / "storage"), *over_http(folder, options.seconds)]
    finally:
        shutil.rmtree(folder)
    if options.json:
        print(json.dumps({"machine": machine(), "rows": [{**asdict(row), "verdict": row.verdict} for row in rows]}))
    else:
        print_table(rows)


if __name__ == "__main__":
    main()
