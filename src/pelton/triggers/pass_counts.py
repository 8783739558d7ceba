"""How many records of each pass are done, how fast, and a pass as people and programs see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pelton.clock import Clock
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.checkpoints import Checkpoint
from pelton.storage.passes import Pass
from pelton.storage.tail import count_between
from pelton.storage.transaction import Snapshot
from pelton.triggers.counting import Rate
from pelton.triggers.pass_progress import looked_through
from pelton.triggers.pass_requests import name_of

#: Members of a body that are shown as they are, where a pass has them.
_SHOWN = ("mode", "moved_on", "unknown", "batches")


@dataclass(slots=True)
class _Seen:
    """What is counted of a pass in this process."""

    rate: Rate
    done: int = 0
    places: dict[str, SequenceNumber] | None = None


class PassCounts:
    """Of all passes that this process has seen under way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[int, _Seen] = {}

    def shown(self, row: Pass) -> JsonObject:
        """A pass as people and programs see it."""
        body, seen = row.body, self._seen.get(row.id)
        done = body.get("done")
        if done is None:
            done = body["total"] if not row.is_active else seen.done if seen else 0
        per_s = seen.rate.per_s(self._clock.monotonic()) if seen and row.is_active else 0.0
        return {
            "id": row.id,
            "name": name_of(row),
            "kind": row.kind,
            "function_name": body["function_name"],
            "table": body["stream"].split("/")[1],
            "state": row.state,
            "total": body["total"],
            "done": done,
            "failed": body["failed"],
            "per_s": per_s,
            "left_s": max(body["total"] - done, 0) / per_s if per_s else None,
            "rate": body["rate"],
            "reason": body["reason"],
            "started_ms": row.created_ms,
            "changed_ms": row.changed_ms,
            **{name: body[name] for name in _SHOWN if name in body},
        }

    def count(self, snapshot: Snapshot, row: Pass, stored: Mapping[str, Checkpoint]) -> None:
        """How many are done, and how fast; a replay's own are counted on from where they were counted last."""
        seen = self._seen.setdefault(row.id, _Seen(Rate()))
        before = seen.done
        if row.kind != "replay":
            seen.done = row.body["done"]
        else:
            places = looked_through(row, stored)
            stream = snapshot.stream(row.body["stream"])
            for shard in () if stream is None else stream.shards:
                start = (seen.places or {}).get(shard.id, SequenceNumber(row.body["after"]))
                if shard.id in places and places[shard.id] > start:
                    seen.done += count_between(snapshot, shard.number, start, places[shard.id])
            seen.places = {**(seen.places or {}), **places}
        if seen.done > before:
            seen.rate.add(seen.done - before, self._clock.monotonic())
