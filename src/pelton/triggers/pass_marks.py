"""What a pass leaves in the failure store: which records it sent again, and where a new failure comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from pelton.operations import JsonObject
from pelton.storage.failures import failure, failure_records, put_detail
from pelton.storage.invocations import invocations_of_record
from pelton.storage.passes import Pass
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.protocols import Discarded
from pelton.triggers.virtual_shards import replay_of


def discard_detail(snapshot: Snapshot, row: Pass | None, discarded: Discarded) -> tuple[JsonObject, Pass | None]:
    """What else is known of records that are given up, and the pass with those of its own counted."""
    detail: JsonObject = {"records": len(discarded.records), **_invocation(snapshot, discarded)}
    if row is None:
        return detail, None
    flights = [] if row.kind == "replay" else row.body["flight"]
    own = [flight for flight in flights if _count(flight, discarded)]
    count = sum(_count(flight, discarded) for flight in own)
    if row.kind == "replay" and replay_of(discarded.shard_id) == f"replay-{row.id}":
        count = len(discarded.records)
    if count == 0:
        return detail, None
    detail["pass"] = f"{row.kind}-{row.id}"
    if row.kind == "redrive":
        detail["redriveOf"] = sorted({int(failure_id) for flight in own for failure_id in flight["failures"]})
    return detail, replace(row, body={**row.body, "failed": row.body["failed"] + count})


def mark_redriven(transaction: WriteTransaction, row: Pass, flights: Sequence[JsonObject], now_ms: int) -> None:
    """Note with the failures of finished pages that their records were sent again, how, and what was changed."""
    for flight in flights:
        for failure_id, indexes in flight["failures"].items():
            _mark(transaction, row, (int(failure_id), indexes), now_ms)


def _mark(transaction: WriteTransaction, row: Pass, sent: tuple[int, list[int]], now_ms: int) -> None:
    failure_id, indexes = sent
    batch = failure(transaction, failure_id)
    if batch is None:  # It was trimmed meanwhile.
        return
    count = batch.detail.get("records")
    if count is None:
        count = len(orjson.loads(failure_records(transaction, failure_id) or b"[]"))
    mark: JsonObject = {
        "pass": f"{row.kind}-{row.id}",
        "mode": row.body["mode"],
        "indexes": "all" if len(indexes) == count else indexes,
        "atMs": now_ms,
    }
    edits = row.body["edits"].get(str(failure_id))
    if edits:
        mark["edited"] = edits
    put_detail(transaction, failure_id, {**batch.detail, "redrives": [*batch.detail.get("redrives", ()), mark]})


def _count(flight: JsonObject, discarded: Discarded) -> int:
    """How many of the records are the page's."""
    part = flight["parts"].get(discarded.shard_id)
    if part is None:
        return 0
    return sum(part[0] <= record.number <= part[1] for record in discarded.records)


def _invocation(snapshot: Snapshot, discarded: Discarded) -> JsonObject:
    """Trace of the last invocation, while its row is kept."""
    rows = invocations_of_record(snapshot, discarded.mapping_uuid, discarded.first)
    found = [row for row in rows if row.detail is not None and row.detail.get("request") == discarded.request_id]
    return {"trace": found[-1].trace} if found else {}
