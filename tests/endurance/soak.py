"""Days of steady mixed load with triggers in minutes: memory, open files and the data file must stay level.

    python -m tests.endurance.soak --minutes 10 --hours 72

What is level: the line through the samples after the first day (from then on as much is trimmed as is written) rises
by less than a bound over the rest of the run. The slopes are printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tests.crash.history import item_of
from tests.crash.project import FUNCTIONS, INDEX, TABLE, make_project, seen
from tests.crash.wire import Client, Refused
from tests.end_to_end.running import Up

DAY_H = 24.0
_WRITERS = 4
_KEYS = 500
_PAUSE_S = 0.01  #: of a writer between two requests: a steady load, not all that is possible


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment."""

    hours: float  #: of its own days
    memory_mb: float
    files: int
    data_mb: float


@dataclass(frozen=True, slots=True)
class Soak:
    """What a run came to."""

    samples: Sequence[Sample]
    requests: int
    refused: int
    reactions: int

    def rise(self, what: str) -> tuple[float, float]:
        """By how much it rose after the first day, along the line through the samples, and its mean."""
        level = [sample for sample in self.samples if sample.hours > DAY_H]
        xs = [sample.hours for sample in level]
        ys = [float(getattr(sample, what)) for sample in level]
        x, y = sum(xs) / len(xs), sum(ys) / len(ys)
        slope = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)
        return slope * (xs[-1] - xs[0]), y


def soak(folder: Path, seconds: float, hours: float) -> Soak:
    """Run so many hours in so many seconds."""
    project = folder / "project"
    make_project(project)
    speed = hours * 3600 / seconds
    command = [sys.executable, "-m", "tests.endurance.hurried_up", str(project), str(folder / "data"), str(speed)]
    stop = threading.Event()
    samples: list[Sample] = []
    with Up(project, folder / "data", command=command, patience_s=120) as up:
        began = time.monotonic()
        port = urlsplit(up.aws).port
        assert port is not None
        writers = [_Writer(number, port, stop) for number in range(_WRITERS)]
        for writer in writers:
            writer.start()
        while time.monotonic() - began < seconds:
            stop.wait(seconds / 200)
            samples.append(_sample(up, (time.monotonic() - began) * speed / 3600))
        stop.set()
        for writer in writers:
            writer.join()
    reactions = sum(len(life) for function in FUNCTIONS for life in seen(project, function))
    return Soak(samples, sum(each.requests for each in writers), sum(each.refused for each in writers), reactions)


class _Writer(threading.Thread):
    """Writes, changes, reads, queries and deletes, one request after the other."""

    def __init__(self, number: int, port: int, stop: threading.Event) -> None:
        super().__init__()
        self._client = Client(port)
        self._random = Random(number)
        self._stop_soon = stop
        self._number = number
        self.requests = self.refused = 0

    def run(self) -> None:
        while not self._stop_soon.wait(_PAUSE_S):
            operation, body = self._next()
            self.requests += 1
            try:
                self._client.call(operation, **body)
            except Refused:
                self.refused += 1
        self._client.close()

    def _next(self) -> tuple[str, dict[str, Any]]:
        key = f"{self._number}-{self._random.randrange(_KEYS)}"
        named = {"TableName": TABLE, "Key": {"id": {"S": key}}}
        item = {"TableName": TABLE, "Item": item_of(key, self.requests)}
        chance = self._random.random()
        if chance < 0.5:
            return "PutItem", item
        if chance < 0.6:
            return "TransactWriteItems", {"TransactItems": [{"Put": item}]}
        if chance < 0.7:
            return "DeleteItem", named
        if chance < 0.9:
            return "GetItem", named
        values = {":g": {"N": str(self._random.randrange(7))}}
        condition = {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": values, "Limit": 50}
        return "Query", {"TableName": TABLE, "IndexName": INDEX, **condition}


def _sample(up: Up, hours: float) -> Sample:
    process = Path(f"/proc/{up.process.pid}")
    status = (process / "status").read_text()
    resident_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    files = len(list((process / "fd").iterdir()))
    return Sample(hours, resident_kb / 1024, files, (up.data_dir / "pelton.db").stat().st_size / 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--hours", type=float, default=72.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pelton-soak-") as folder:
        result = soak(Path(folder), options.minutes * 60, options.hours)
    print(f"{result.requests:,} requests ({result.refused} refused), {result.reactions:,} records reacted to")
    for what, unit in (("memory_mb", "MB"), ("files", ""), ("data_mb", "MB")):
        rise, mean = result.rise(what)
        print(f"{what}: mean {mean:.1f} {unit}, rise after the first day {rise:+.2f} {unit}")


if __name__ == "__main__":
    main()
