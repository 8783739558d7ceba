"""The tail of durable PutItem at half of the rate that the machine manages, while checkpoints and trimming go on.

An open loop: requests are due at even steps, and a request's time counts from the moment it was due, so a
stall counts for everybody who had to wait behind it. The folder holds records that come of age during the
run, about as many a second as are written, and trimming looks for them once a minute.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from bench import wire
from bench.data_folders import fill_with_records, trimmed
from bench.load import Figures, measure, send_all
from bench.plan import Plan
from bench.programs import pelton
from bench.rows import Row, at_most, budgeted
from pelton.settings import DAY_MS
from pelton.storage.checkpointing import CheckpointLimits
from pelton.storage.folder import DATABASE

_CONNECTIONS = 64
_PAGE_BYTES = 4096
_LOOK_S = 0.2
#: A guess at half of the rate, for the number of records that come of age; the row says how many did.
_TRIMMED_PER_S = 3_000
#: Before the load begins, and after it ends: trimming looks once a minute.
_LEAD_MS = 60_000


class LargestWal:
    """Looks at the write-ahead log's size beside a load, in a thread."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"{DATABASE}-wal"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.bytes = 0

    def __enter__(self) -> LargestWal:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_S):
            if self._file.exists():
                self.bytes = max(self.bytes, self._file.stat().st_size)


def rows(plan: Plan) -> list[Row]:
    """The tail, and the largest write-ahead log."""
    place = plan.place("tail")
    data_dir = place / "data"
    with pelton(place) as server:
        send_all(server.port, [wire.create_table()])
    _fill(data_dir, plan)
    with pelton(place, project=place / "project") as server:
        send_all(server.port, list(wire.batches(1)))
        full = measure(server.port, wire.puts(2), connections=_CONNECTIONS, seconds=max(plan.seconds, 4.0))
        plan.say(f"{plan.tail_s:.0f} s at {full.per_s / 2:,.0f}/s")
        with LargestWal(data_dir) as wal:
            tail = measure(
                server.port, wire.puts(3), connections=_CONNECTIONS, seconds=plan.tail_s, rate=full.per_s / 2
            )
    return [_tail_row(plan, full, tail, trimmed(data_dir)), _wal_row(wal.bytes)]


def _fill(data_dir: Path, plan: Plan) -> None:
    plan.say("writing yesterday's records")
    begin_ms = int(time.time() * 1000) - DAY_MS - _LEAD_MS  # Some are of age when it starts, the rest as it goes on.
    span_ms = int((plan.tail_s + plan.seconds) * 1000) + 2 * _LEAD_MS
    count = span_ms * _TRIMMED_PER_S // 1000
    fill_with_records(data_dir, count, first_ms=begin_ms, last_ms=begin_ms + span_ms)


def _tail_row(plan: Plan, full: Figures, tail: Figures, horizon: int) -> Row:
    details = (
        f"{plan.tail_s:.0f} s at {tail.per_s:,.0f}/s (all out {full.per_s:,.0f}/s); p50 {tail.p50_ms:.1f} ms, "
        f"longest {tail.max_ms:.0f} ms; {horizon:,} records trimmed"
    )
    return budgeted(
        "p99 of durable PutItem at half of the rate, 64 connections", tail.p99_ms, at_most(15, "ms"), details
    )


def _wal_row(size: int) -> Row:
    cap = CheckpointLimits().wal_pages_max * _PAGE_BYTES / 1e6
    return budgeted("the same: largest write-ahead log", size / 1e6, at_most(round(cap), "MB"))
