"""Where a function stands in its queue, for ``pelton triggers``, metrics and ``settle()``. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pelton.triggers.queue_intake import Waiting
from pelton.triggers.queue_mappings import QueueMapping
from pelton.triggers.queue_processor import QueueProcessor


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """Where one function stands in its queue."""

    mapping_uuid: str
    function_name: str
    queue_arn: str
    queue: str
    state: str  #: idle, running, waiting (for messages to show, or for room), batching, or paused
    messages: int  #: that the queue holds, in flight and delayed ones too
    oldest_s: float  #: age of the oldest of them, 0 when there is none
    in_hand: int  #: batches that the function handles now
    concurrency: int  #: batches that may be handled at a time now
    rate_per_s: float  #: messages done, over the last ten seconds
    last_error: str | None  #: cleared by the next success
    waits_for: str | None  #: what is next and when, in words; None when nothing waits


@dataclass(slots=True)
class QueueCounts:
    """Messages of one mapping since the start; the names are the service's without their ``EventCount``."""

    polled: int = 0  #: received
    filtered_out: int = 0  #: that no filter let through
    invoked: int = 0  #: handed to the function, again with each attempt
    failed_invoke: int = 0  #: of those, what the function failed on
    deleted: int = 0  #: done


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """What a status needs beside the mapping and its processor."""

    now_ms: int
    waiting: Waiting
    rate_per_s: float
    last_error: str | None


def queue_status(mapping: QueueMapping, processor: QueueProcessor, view: QueueView) -> QueueStatus:
    """The status of a mapping."""
    waiting, state = view.waiting, _state(mapping, processor, view.waiting)
    return QueueStatus(
        mapping_uuid=mapping.uuid,
        function_name=mapping.function_name,
        queue_arn=mapping.queue_arn,
        queue=mapping.queue_name,
        state=state,
        messages=waiting.messages,
        oldest_s=waiting.oldest_s,
        in_hand=len(processor.running),
        concurrency=processor.scaling.limit,
        rate_per_s=view.rate_per_s,
        last_error=view.last_error,
        waits_for=_waits_for(processor, view) if state == "waiting" else None,
    )


def _state(mapping: QueueMapping, processor: QueueProcessor, waiting: Waiting) -> str:
    if not mapping.is_running:
        return "paused"
    if processor.running:
        return "running"
    if processor.held:
        return "batching"
    return "waiting" if processor.refused or waiting.messages else "idle"


def _waits_for(processor: QueueProcessor, view: QueueView) -> str:
    waiting, now_ms = view.waiting, view.now_ms
    after = f" after: {view.last_error}" if view.last_error else ""
    if processor.refused:
        due_ms = min(batch.retry_at_ms or now_ms for batch in processor.refused)
        return f"room for the function, tried in {max(due_ms - now_ms, 0) / 1000:.1f} s{after}"
    if waiting.next_ms is None:
        return f"the next look{after}"
    return f"messages that show in {max(waiting.next_ms - now_ms, 0) / 1000:.1f} s{after}"
