"""A replay and a backfill at full rate: how fast they are, and what live writers and other functions feel of them.

The function is trivial and takes a thousand records at a time; its handler notes each batch. Writers write, as fast
as answers come, into the very table that is sent again, with and without a backfill beside them in turn. The other
function reacts to single writes into another table.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import wire
from bench.load import Figures, measure, send_all
from bench.plan import Plan
from bench.programs import Pelton, pelton
from bench.projects import StreamFunction, write_project
from bench.reaction import delays_ms
from bench.rows import Row, at_least, at_most, budgeted, median_ratio, percentile
from pelton.control.client import RunningPelton
from pelton.operations import JsonObject

_ITEMS = 200_000
_ITEMS_WHOLE = 1_000_000
_CONNECTIONS = 64
_WRITES = 300
_LIVE = "live"
_LOOK_S = 0.05
_PATIENCE_S = 300.0
_HANDLER = """
import time
from pathlib import Path

ENTERED = (Path(__file__).parent / "entered").open("a", buffering=1)


def again(event, context):
    pass


def react(event, context):
    entered = time.time()
    for record in event["Records"]:
        ENTERED.write(record["dynamodb"]["Keys"]["id"]["S"] + f" {entered!r}\\n")
"""


class Backfilling:
    """Backfills one after another, in a thread, until the end; what they sent is counted."""

    def __init__(self, server: Pelton) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._began = 0.0
        self._sent_before = 0
        self._sent = [0, 0]  #: by those that are over, and by the one under way
        self.per_s = 0.0

    def __enter__(self) -> Backfilling:
        self._thread.start()
        time.sleep(0.5)  # It is at full rate.
        self._began, self._sent_before = time.perf_counter(), sum(self._sent)
        return self

    def __exit__(self, *_: object) -> None:
        self.per_s = (sum(self._sent) - self._sent_before) / (time.perf_counter() - self._began)
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            row = _begin(self._server, "backfill")
            while row["state"] == "running" and not self._over.wait(_LOOK_S):
                row = _row(self._server, row)
                self._sent[1] = row["done"]
            self._sent = [sum(self._sent), 0]
        if row["state"] == "running":
            _ask(self._server, "backfill", action="cancel")
            _until_over(self._server, row)


def rows(plan: Plan) -> list[Row]:
    """Rates, the writers' loss, and the tail of another function's reactions."""
    with _filled(plan) as (server, project):
        rates = [_rate_row(server, kind, plan) for kind in ("replay", "backfill")]
        rounds = [_round(server, number, plan) for number in range(plan.rounds)]
        server.settle(_PATIENCE_S)
        plan.say(f"{_WRITES} single writes beside a backfill")
        with Backfilling(server) as backfill:
            delays = delays_ms(server, _LIVE, _WRITES, project / "entered")
    writers = [[figures for figures, _ in side] for side in zip(*rounds, strict=True)]
    given = "/".join(f"{rate:,.0f}" for _, (_, rate) in rounds)
    return [
        *rates,
        budgeted(
            "writers beside a backfill at full rate ÷ without, 64 connections",
            median_ratio([each.per_s for each in writers[1]], [each.per_s for each in writers[0]]),
            at_least(0.8, "% of the rate"),
            f"p99 {_tails(writers[1])} ms with, {_tails(writers[0])} ms without; the backfill: {given} items/s",
        ),
        budgeted(
            "write acknowledged → another function entered, beside a backfill at full rate: p99",
            percentile(delays, 99),
            at_most(50, "ms"),
            f"p50 {percentile(delays, 50):.1f} ms, longest {max(delays):.1f} ms; the backfill: {backfill.per_s:,.0f}/s",
        ),
    ]


@contextmanager
def _filled(plan: Plan) -> Iterator[tuple[Pelton, Path]]:
    """A server whose table is full and whose functions are done with it; and its project."""
    place = plan.place("passes")
    functions = [
        StreamFunction(name="again", table=wire.TABLE, batch_size=1000, handler="app.again"),
        StreamFunction(name="react", table=_LIVE, handler="app.react"),
    ]
    project = write_project(place / "project", [wire.TABLE, _LIVE], functions, _HANDLER)
    count = _ITEMS_WHOLE if plan.is_whole else _ITEMS
    with pelton(place, project=project) as server:
        for first in range(0, count, wire.ITEMS):
            plan.say(f"written {first:,} of {count:,} items")
            numbers = range(first, min(first + wire.ITEMS, count))
            send_all(server.port, list(wire.batches(first, numbers=numbers)), connections=8)
        server.settle(_PATIENCE_S)
        yield server, project


def _rate_row(server: Pelton, kind: str, plan: Plan) -> Row:
    plan.say(f"{kind} of everything")
    began = time.perf_counter()
    row = _until_over(server, _begin(server, kind))
    seconds = time.perf_counter() - began
    return budgeted(
        f"{kind} into a trivial function, batch 1000",
        row["done"] / seconds,
        at_least(40_000, "records/s"),
        f"{row['done']:,} records of {wire.BODY_BYTES} bytes in {seconds:.1f} s",
    )


def _round(server: Pelton, number: int, plan: Plan) -> tuple[tuple[Figures, float], tuple[Figures, float]]:
    """Writers alone, then beside a backfill, which got on by so many items a second."""
    plan.say(f"round {number + 1}: writers alone")
    server.settle(_PATIENCE_S)
    requests = wire.puts(time.perf_counter_ns())
    alone = measure(server.port, requests, connections=_CONNECTIONS, seconds=plan.seconds)
    server.settle(_PATIENCE_S)
    plan.say(f"round {number + 1}: writers beside a backfill")
    with Backfilling(server) as backfill:
        beside = measure(server.port, requests, connections=_CONNECTIONS, seconds=plan.seconds)
    return (alone, 0.0), (beside, backfill.per_s)


def _begin(server: Pelton, kind: str) -> JsonObject:
    return _ask(server, kind, action="begin")


def _ask(server: Pelton, kind: str, **asked: str) -> JsonObject:
    return RunningPelton(server.data_dir).post("passes", kind, "again", body=json.dumps(asked).encode())


def _row(server: Pelton, row: JsonObject) -> JsonObject:
    return RunningPelton(server.data_dir).get("passes", str(row["id"]))


def _until_over(server: Pelton, row: JsonObject) -> JsonObject:
    deadline = time.monotonic() + _PATIENCE_S
    while row["state"] in ("running", "cancelling"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{row['name']} is not over within {_PATIENCE_S:g} s")
        time.sleep(_LOOK_S)
        row = _row(server, row)
    return row


def _tails(figures: list[Figures]) -> str:
    return "/".join(f"{each.p99_ms:.0f}" for each in figures)
