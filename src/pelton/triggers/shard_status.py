"""Where a function stands in a shard, and what is not done, read off its processor. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.events import ShardStatus
from pelton.triggers.lanes import Lane
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.processor import ShardProcessor
from pelton.triggers.protocols import SourceShard, Unread
from pelton.triggers.record_age import expires_ms

_NOTHING = Unread(0, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerView:
    """What a runner knows beside its processor."""

    now_ms: int
    has_unread: bool  #: the shard may hold more than was read
    unread: Unread = _NOTHING  #: how much more
    retention_ms: int = 0
    position: str | None = None  #: last sequence number that is done, as records show it
    is_paused: bool = False
    is_at_end: bool = False
    trouble: str | None = None  #: why discarded records are not kept yet
    rate_per_s: float = 0.0
    unsaved_s: float = 0.0


def shard_status(
    mapping: EventSourceMapping, shard_id: str, processor: ShardProcessor, view: RunnerView
) -> ShardStatus:
    """The status of a running shard."""
    lane = _most_stuck(processor)
    piece = lane.piece
    state = "finished" if view.is_at_end else "paused" if view.is_paused else _state(processor, lane)
    if view.trouble is not None:
        state = "waiting"
    waits_for = _waits_for(lane, view.now_ms) if lane.retry_at_ms is not None else None
    behind = behind_records(processor, lane, view.unread)
    holds_up = standstill(lane, processor, view.retention_ms, behind, view.now_ms)
    return ShardStatus(
        mapping_uuid=mapping.uuid,
        function_name=mapping.function_name,
        stream_arn=mapping.stream_arn,
        shard=shard_id,
        state=state,
        position=view.position,
        lag_records=view.unread.records + _waiting(processor),
        lag_s=_lag_s(processor, view),
        attempt=piece.tries if piece is not None else 0,
        last_error=piece.note.reason if piece is not None and piece.note is not None else None,
        next_attempt_ms=lane.retry_at_ms,
        waits_for=view.trouble or (waits_for and f"{waits_for}; {holds_up}"),
        rate_per_s=view.rate_per_s,
        batch_records=len(piece.records) if piece is not None else 0,
        behind_records=behind if lane.retry_at_ms is not None or view.trouble else 0,
        expires_ms=_expires_ms(lane, processor, view.retention_ms),
        unsaved_s=view.unsaved_s,
    )


def waiting_status(mapping: EventSourceMapping, shard: SourceShard, unread: Unread, now_ms: int) -> ShardStatus:
    """The status of a shard that has not begun: its parent comes first."""
    return ShardStatus(
        mapping_uuid=mapping.uuid,
        function_name=mapping.function_name,
        stream_arn=mapping.stream_arn,
        shard=shard.id,
        state="behind its parent",
        position=None,
        lag_records=unread.records,
        lag_s=max(now_ms - (unread.oldest_ms or now_ms), 0) / 1000,
        attempt=0,
        last_error=None,
        next_attempt_ms=None,
        waits_for=f"the end of {shard.parent}",
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


def behind_records(processor: ShardProcessor, lane: Lane, unread: Unread) -> int:
    """How many records wait behind the batch in hand; of several lanes, of those that were read."""
    in_hand = len(lane.piece.records) if lane.piece is not None else 0
    return lane.waiting - in_hand + (unread.records if len(processor.lanes) == 1 else 0)


def standstill(lane: Lane, processor: ShardProcessor, retention_ms: int, behind: int, now_ms: int) -> str:
    """What a batch that is tried again holds up, and until when, in words."""
    records = "record waits" if behind == 1 else "records wait"
    expires = _expires_ms(lane, processor, retention_ms)
    until = f", given up in {_span(expires - now_ms)}" if expires is not None else ""
    return f"{behind} {records} behind it{until}"


def _expires_ms(lane: Lane, processor: ShardProcessor, retention_ms: int) -> int | None:
    if lane.piece is None or lane.retry_at_ms is None:
        return None
    return expires_ms(lane.piece, processor.settings_in_force, retention_ms)


def _lag_s(processor: ShardProcessor, view: RunnerView) -> float:
    made = [record.created_ms for lane in processor.lanes for record in lane.unfinished()]
    if view.unread.oldest_ms is not None:
        made.append(view.unread.oldest_ms)
    return max(view.now_ms - min(made, default=view.now_ms), 0) / 1000


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


def _span(milliseconds: int) -> str:
    """A time for people: ``23 h 59 min``, ``4 min``, ``12 s``."""
    seconds = max(milliseconds, 0) // 1000
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
