"""What begins a pass: its row's body, worked out in the transaction that stores it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber, Stream
from pelton.storage.checkpoints import Checkpoint, checkpoints
from pelton.storage.passes import Pass, active_passes
from pelton.storage.tail import count_between
from pelton.storage.transaction import Snapshot
from pelton.triggers.backfill_pages import WHOLE, enabled_stream
from pelton.triggers.errors import PassRefused
from pelton.triggers.filter_tests import PatternRefused
from pelton.triggers.filters import Filter
from pelton.triggers.live_done import LiveDone
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.redrive_pages import AS_IT_IS_NOW
from pelton.triggers.stored_ends import is_over


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """Retained records once more: those after ``after``, and while ``to`` is not None not beyond it."""

    after: SequenceNumber
    to: SequenceNumber | None = None
    patterns: Sequence[str] = ()
    rate: float | None = None  #: records a second


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillRequest:
    """Every item as an INSERT; with ``sample`` that many, and then a pause."""

    rate: float | None = None
    sample: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveRequest:
    """What failed once more."""

    patterns: Sequence[str] = ()
    mode: str = AS_IT_IS_NOW
    rate: float | None = None
    edits: Mapping[str, Mapping[str, JsonObject]] = field(default_factory=dict)  #: failure id → index → event


class Replayed(NamedTuple):
    """What was counted of a shard before its replay begins."""

    until: SequenceNumber
    records: int  #: up to there


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What was counted of a function's failures before a redrive of them begins: those up to an id."""

    through: int
    total: int = 0  #: records
    batches: int = 0
    moved_on: int = 0
    unknown: int = 0  #: whether they have moved on


def check_alone(snapshot: Snapshot, mapping_uuid: str) -> None:
    """Refuse a second pass over a mapping, or what a pass stands in the way of.

    Raises:
        PassRefused: one is under way.
    """
    for row in active_passes(snapshot):
        if row.mapping == mapping_uuid:
            function = row.body["function_name"]
            raise PassRefused(
                f"{name_of(row)} of {function} is {row.state}: wait for it, or cancel it "
                f"(pelton {row.kind} {function} --cancel)"
            )


def name_of(row: Pass) -> str:
    """``replay-3``."""
    return f"{row.kind}-{row.id}"


def replay_body(
    snapshot: Snapshot, mapping: EventSourceMapping, request: ReplayRequest, counted: Mapping[str, Replayed]
) -> JsonObject:
    """The body of a replay of what live delivery has done; its durable state must be what its runner last knew.

    Raises:
        PassRefused: a pattern is none, or the mapping's settings do not allow it.
    """
    settings = mapping.settings
    if settings.tumbling_window_s and settings.record_age_max_s > 0:
        raise PassRefused(
            f"{mapping.function_name} has a tumbling window and MaximumRecordAgeInSeconds: windows of the past are "
            "too old at once (set the age to -1 for the replay)"
        )
    stream = _stream(snapshot, mapping)
    untils = untils_of(stream, checkpoints(snapshot, mapping.uuid), request.after)
    numbers = {shard.id: shard.number for shard in stream.shards}
    total = 0
    for shard, until in untils.items():
        known = counted.get(shard, Replayed(request.after, 0))
        total += known.records + count_between(snapshot, numbers[shard], known.until, until)
    return {
        **_common(mapping, request.patterns, request.rate),
        "after": request.after,
        "to": request.to,
        "shards": untils,
        "cancelled": None,
        "total": total,
    }


def backfill_body(snapshot: Snapshot, mapping: EventSourceMapping, request: BackfillRequest) -> JsonObject:
    """The body of a backfill.

    Raises:
        PassRefused: the mapping's stream is not the table's present one.
    """
    found = enabled_stream(snapshot, mapping.stream_arn)
    if found is None:
        raise PassRefused(f"the stream of {mapping.function_name} has ended: its items have no place in it")
    return {
        **_common(mapping, (), request.rate),
        "remaining": WHOLE,
        "flight": [],
        "claimed": 0,
        "done": 0,
        "sample": request.sample,
        "total": snapshot.counts(found[0])[0],
    }


def redrive_body(
    snapshot: Snapshot, mapping: EventSourceMapping, request: RedriveRequest, counted: Failed
) -> JsonObject:
    """The body of a redrive, with how many of its items have moved on since.

    Raises:
        PassRefused: a pattern is none, or the stream has ended.
    """
    if enabled_stream(snapshot, mapping.stream_arn) is None:
        raise PassRefused(f"the stream of {mapping.function_name} has ended: what failed has no place in it any more")
    return {
        **_common(mapping, request.patterns, request.rate),
        "table_arn": mapping.table,
        "after": 0,
        "through": counted.through,
        "again": [],
        "remaining": ["failures"],
        "flight": [],
        "claimed": 0,
        "done": 0,
        "sample": None,
        "mode": request.mode,
        "edits": {failure: dict(edits) for failure, edits in request.edits.items()},
        "total": counted.total,
        "batches": counted.batches,
        "moved_on": counted.moved_on,
        "unknown": counted.unknown,
    }


def check_patterns(patterns: Sequence[str]) -> None:
    """Raises PassRefused: a pattern is none."""
    try:
        Filter(patterns)
    except PatternRefused as error:
        raise PassRefused(f"the filter is none: {error}") from None


def untils_of(stream: Stream, stored: Mapping[str, Checkpoint], after: SequenceNumber) -> dict[str, SequenceNumber]:
    """Up to where each shard is sent again, parents first.

    One whose finished parent is sent again has its place, too, though nothing of it may be: it must wait for that.
    """
    untils: dict[str, SequenceNumber] = {}
    for shard in stream.shards:
        until = _done_through(stored.get(shard.id))
        if until > after or (shard.parent in untils and is_over(stored.get(shard.parent))):
            untils[shard.id] = SequenceNumber(max(until, after))
    return untils


def _common(mapping: EventSourceMapping, patterns: Sequence[str], rate: float | None) -> JsonObject:
    if rate is not None and rate <= 0:
        raise PassRefused(f"a rate of {rate:g} records a second would never end: give more than 0")
    check_patterns(patterns)
    return {
        "function_name": mapping.function_name,
        "stream": mapping.stream_arn,
        "filter": list(patterns),
        "rate": rate,
        "failed": 0,
        "reason": None,
    }


def _stream(snapshot: Snapshot, mapping: EventSourceMapping) -> Stream:
    stream = snapshot.stream(mapping.stream_arn)
    if stream is None:
        raise PassRefused(f"the stream of {mapping.function_name} is gone: nothing of it is kept")
    return stream


def _done_through(kept: Checkpoint | None) -> SequenceNumber:
    if kept is None or kept.state is None:
        return SequenceNumber(0)
    return LiveDone(json.loads(kept.state), lambda record: record.keys).through
