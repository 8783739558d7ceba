"""Where a function stands in a shard, and what is not done, read off its processor. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.events import ShardStatus
from pelton.triggers.lanes import Lane
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.processor import ShardProcessor


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerView:
    """What a runner knows beside its processor."""

    now_ms: int
    has_unread: bool  #: the shard may hold more than was read
    unread: int = 0  #: how much more
    position: str | None = None  #: last sequence number that is done, as records show it
    is_paused: bool = False
    is_at_end: bool = False
    trouble: str | None = None  #: why discarded records are not kept yet


def shard_status(
    mapping: EventSourceMapping, shard_id: str, processor: ShardProcessor, view: RunnerView
) -> ShardStatus:
    """The status of a running shard."""
    lane = _most_stuck(processor)
    piece = lane.piece
    oldest = min((record.created_ms for each in processor.lanes for record in each.unfinished()), default=view.now_ms)
    state = "finished" if view.is_at_end else "paused" if view.is_paused else _state(processor, lane)
    if view.trouble is not None:
        state = "waiting"
    return ShardStatus(
        mapping_uuid=mapping.uuid,
        function_name=mapping.function_name,
        stream_arn=mapping.stream_arn,
        shard=shard_id,
        state=state,
        position=view.position,
        lag_records=view.unread + _waiting(processor),
        lag_s=max(view.now_ms - oldest, 0) / 1000,
        attempt=piece.tries if piece is not None else 0,
        last_error=piece.note.reason if piece is not None and piece.note is not None else None,
        next_attempt_ms=lane.retry_at_ms,
        waits_for=view.trouble or (_waits_for(lane, view.now_ms) if state == "waiting" else None),
    )


def waiting_status(mapping: EventSourceMapping, shard_id: str, parent: str) -> ShardStatus:
    """The status of a shard that has not begun: its parent comes first."""
    return ShardStatus(
        mapping_uuid=mapping.uuid,
        function_name=mapping.function_name,
        stream_arn=mapping.stream_arn,
        shard=shard_id,
        state="behind its parent",
        position=None,
        lag_records=0,
        lag_s=0.0,
        attempt=0,
        last_error=None,
        next_attempt_ms=None,
        waits_for=f"the end of {parent}",
    )


def outstanding_line(
    mapping: EventSourceMapping,
    shard_id: str,
    processor: ShardProcessor,
    view: RunnerView,
    up_to: SequenceNumber,
) -> str | None:
    """What of the records up to that number is not done; None when all is. Begins with the function's name."""
    if processor.position >= up_to:
        return None
    name = mapping.function_name
    oldest = min((record.number for lane in processor.lanes for record in lane.unfinished()), default=None)
    if oldest is not None and oldest <= up_to:
        lane = _most_stuck(processor)
        waits_for = f", {_waits_for(lane, view.now_ms)}" if lane.retry_at_ms is not None else ""
        if view.trouble is not None:
            waits_for = f", {view.trouble}"
        return f"{name}: {_waiting(processor)} records in {shard_id}{waits_for}"
    if view.has_unread and processor.read_after < up_to:
        return f"{name}: unread records in {shard_id}"
    return None


def _waiting(processor: ShardProcessor) -> int:
    return sum(lane.waiting for lane in processor.lanes)


def _most_stuck(processor: ShardProcessor) -> Lane:
    """The lane whose next attempt is furthest away; else one that has work; else the first."""
    return max(processor.lanes, key=lambda lane: (lane.retry_at_ms or 0, lane.is_busy, not lane.is_idle))


def _state(processor: ShardProcessor, lane: Lane) -> str:
    if lane.retry_at_ms is not None:
        return "waiting"
    if processor.is_busy:
        return "running"
    return "idle" if processor.is_idle else "batching"


def _waits_for(lane: Lane, now_ms: int) -> str:
    assert lane.retry_at_ms is not None, "asked of a waiting lane only"
    piece = lane.piece
    error = piece.note.reason if piece is not None and piece.note is not None else "the last attempt failed"
    tries = piece.tries if piece is not None else 0
    return f"attempt {tries + 1} in {max(lane.retry_at_ms - now_ms, 0) / 1000:.1f} s after: {error}"
