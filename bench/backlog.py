"""A backlog into one function, a thousand records at a time: how fast it is worked off, and in how much memory.

The records are written while the mapping is disabled; the clock runs from enabling it to the end of the
last batch, as the handler notes it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench import wire
from bench.load import send_all
from bench.plan import Plan
from bench.processes import peak_resident_mb, resident_mb
from bench.programs import Pelton, pelton
from bench.projects import StreamFunction, write_project
from bench.rows import Row, at_least, at_most, budgeted

_RECORDS = 200_000
_RECORDS_WHOLE = 1_000_000
_LOOK_S = 0.05
_PATIENCE_S = 300.0
_HANDLER = """
import time
from pathlib import Path

NOTES = (Path(__file__).parent / "done").open("a", buffering=1)


def handler(event, context):
    NOTES.write(f"{len(event['Records'])} {time.time()!r}\\n")
"""


def rows(plan: Plan) -> list[Row]:
    """Records a second, and the server's largest memory."""
    count = _RECORDS_WHOLE if plan.is_whole else _RECORDS
    place = plan.place("backlog")
    function = StreamFunction(name="drain", table=wire.TABLE, batch_size=1000, is_enabled=False)
    project = write_project(place / "project", [wire.TABLE], [function], _HANDLER)
    with pelton(place, project=project) as server:
        filled = _fill(server, count, plan)
        before_mb = resident_mb(server.pid)
        plan.say("working the backlog off")
        began = _enable(server)
        ended = _wait_for_all(project / "done", count)
        peak_mb = peak_resident_mb(server.pid)
    details = f"{count:,} records of {wire.BODY_BYTES} bytes in {ended - began:.1f} s (written at {filled:,.0f}/s)"
    return [
        budgeted(
            "backlog into one function, batch 1000", count / (ended - began), at_least(50_000, "records/s"), details
        ),
        budgeted(
            "the same: largest memory of the server", peak_mb, at_most(200, "MB"), f"{before_mb:.0f} MB before it began"
        ),
    ]


def _fill(server: Pelton, count: int, plan: Plan) -> float:
    """Write the records, each a change of its own; how many a second."""
    began = time.perf_counter()
    for round_number, first in enumerate(range(0, count, wire.ITEMS)):
        plan.say(f"written {first:,} of {count:,} records")
        numbers = range(min(wire.ITEMS, count - first))
        send_all(server.port, list(wire.batches(round_number, numbers=numbers)), connections=8)
    return count / (time.perf_counter() - began)


def _enable(server: Pelton) -> float:
    """Enable the one mapping; the moment it was asked for."""
    client: Any = server.client("lambda")
    (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
    began = time.time()
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    return began


def _wait_for_all(notes: Path, count: int) -> float:
    """Until the handler has seen so many records; when it noted the last."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        done = [line.split() for line in notes.read_text(encoding="utf-8").splitlines()] if notes.exists() else []
        if sum(int(records) for records, _ in done) >= count:
            return float(done[-1][1])
        time.sleep(_LOOK_S)
    raise TimeoutError(f"the backlog was not worked off within {_PATIENCE_S:g} s")
