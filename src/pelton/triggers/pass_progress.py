"""How far a pass has come, read off the durable positions of its mapping; and what is lost when Pelton ends. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber, Stream
from pelton.storage.checkpoints import Checkpoint
from pelton.storage.passes import CANCELLING, PAUSED, RUNNING, Pass
from pelton.storage.transaction import Snapshot
from pelton.triggers.backfill_pages import Range
from pelton.triggers.errors import PassRefused
from pelton.triggers.live_done import LiveDone
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.protocols import SourceRecord
from pelton.triggers.stored_ends import is_over
from pelton.triggers.virtual_shards import virtual_shard

DONE, CANCELLED, ENDED = "done", "cancelled", "ended"


def advanced(row: Pass, stored: Mapping[str, Checkpoint], listed: set[str]) -> Pass:
    """The pass as it stands now; the same value when nothing has changed.

    Args:
        row: an active pass.
        stored: the mapping's checkpoints, by shard.
        listed: shards that its stream still lists.
    """
    return _advanced_replay(row, stored, listed) if row.kind == "replay" else _advanced_pages(row, stored, listed)


def done_flights(row: Pass, stored: Mapping[str, Checkpoint]) -> list[JsonObject]:
    """The pages of which every record is done."""
    return [flight for flight in row.body["flight"] if _is_done(flight, stored)]


def put_back(row: Pass) -> Pass:
    """The pass after a start: what was in flight is to be claimed anew.

    Of a replay nobody knows any more how far beyond its checkpoints it was delivered: it is marked as ``resumed``.
    """
    if row.kind == "replay":
        return replace(row, body={**row.body, "resumed": True})
    if not row.body["flight"]:
        return row
    body = {**row.body, "flight": []}
    for flight in row.body["flight"]:
        body = _without(body, flight)
    return replace(row, body=body)


def looked_through(row: Pass, stored: Mapping[str, Checkpoint]) -> dict[str, SequenceNumber]:
    """For each real shard of a replay, up to where all is done."""
    after = SequenceNumber(row.body["after"])
    places = {}
    for shard, until in row.body["shards"].items():
        kept = stored.get(virtual_shard(shard, row.id))
        places[shard] = SequenceNumber(after if kept is None else max(min(kept.position, until), after))
    return places


def replay_places(
    row: Pass, stored: Mapping[str, Checkpoint], partition_key: Callable[[SourceRecord], bytes]
) -> tuple[dict[str, LiveDone], dict[str, SequenceNumber]]:
    """What live delivery has done of the shards that wait for a replay, and up to where that is done; else nothing."""
    if row.kind != "replay":
        return {}, {}
    live = {
        shard: LiveDone(json.loads(kept.state), partition_key)
        for shard in row.body["shards"]
        if (kept := stored.get(shard)) is not None
        and kept.state is not None
        and not is_over(stored.get(virtual_shard(shard, row.id)))
    }
    return live, looked_through(row, stored)


def turned(row: Pass, state: str, given: Mapping[str, SequenceNumber], stored: Mapping[str, Checkpoint]) -> Pass:
    """The pass paused, resumed or cancelled; ``given``: how far each virtual shard was read in this process.

    Raises:
        PassRefused: it is being cancelled already.
    """
    if row.state == CANCELLING:
        raise PassRefused(f"{row.kind}-{row.id} of {row.body['function_name']} is being cancelled")
    body = row.body
    if state == CANCELLING and row.kind == "replay":  # Beyond these places no key joins.
        places = looked_through(row, stored)
        cut = {shard: max(at, given.get(virtual_shard(shard, row.id), at)) for shard, at in places.items()}
        body = {**body, "cancelled": cut}
    return replace(row, state=state, body=body)


def end_reason(row: Pass, mapping: EventSourceMapping | None, stream: Stream | None) -> str | None:
    """Why a pass cannot go on; None while it can. ``stream``: the one it is over, while it is there."""
    if mapping is None:
        return "the trigger was deleted"
    if mapping.stream_arn != row.body["stream"]:
        return "the table has another stream now"
    if row.kind != "replay" and (stream is None or stream.disabled_ms is not None):
        return "the stream was disabled, or its table deleted"
    return None


def there(snapshot: Snapshot, row: Pass) -> set[str]:
    """The shards that the pass's stream lists."""
    stream = snapshot.stream(row.body["stream"])
    return set() if stream is None else {shard.id for shard in stream.shards}


def _advanced_replay(row: Pass, stored: Mapping[str, Checkpoint], listed: set[str]) -> Pass:
    for shard in row.body["shards"]:
        if shard in listed and not is_over(stored.get(virtual_shard(shard, row.id))):
            return row
    return replace(row, state=CANCELLED if row.body["cancelled"] is not None else DONE)


def _advanced_pages(row: Pass, stored: Mapping[str, Checkpoint], listed: set[str]) -> Pass:
    body, flights = row.body, []
    for flight in row.body["flight"]:
        if _is_done(flight, stored):
            body = {**body, "done": body["done"] + flight.get("looked_at", flight["records"])}
        elif all(shard in listed for shard in flight["parts"]):
            flights.append(flight)
        else:  # Its shard was trimmed before it was read to its end.
            body = _without(body, flight)
    if flights != row.body["flight"]:
        body = {**body, "flight": flights}
    row = row if body is row.body else replace(row, body=body)
    return row if flights else _ended(row)


def _ended(row: Pass) -> Pass:
    """Nothing is in flight: the end, the end of the sample, or more to come."""
    body = row.body
    if row.state == CANCELLING:
        return replace(row, state=CANCELLED)
    if not body["remaining"] and not body.get("again"):
        return replace(row, state=DONE)
    if row.state == RUNNING and body["sample"] is not None and body["claimed"] >= body["sample"]:
        return replace(row, state=PAUSED, body={**body, "sample": None})
    return row


def _is_done(flight: JsonObject, stored: Mapping[str, Checkpoint]) -> bool:
    return all(
        shard in stored and stored[shard].position >= SequenceNumber(last)
        for shard, (_, last) in flight["parts"].items()
    )


def _without(body: JsonObject, flight: JsonObject) -> JsonObject:
    """The body as if the page had not been claimed."""
    if "range" in flight:
        remaining: list[Range] = [flight["range"], *body["remaining"]]
        claimed = body["claimed"] - flight["records"]
        return {**body, "remaining": remaining, "claimed": claimed}
    # A batch of which a part was not claimed yet is looked at in its turn, whole.
    failures = sorted(
        {*body["again"], *(failure for failure in map(int, flight["failures"]) if failure <= body["after"])}
    )
    return {**body, "again": failures, "claimed": body["claimed"] - flight["looked_at"]}
