"""What triggers tell people: one line each, with the parts beside it for logs and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class TriggerEventKind(Enum):
    """What happened to a trigger."""

    BATCH_FAILED = "batch failed"  #: the stream of this function waits for the next attempt
    RECOVERED = "recovered"  #: the first success after failures
    DISCARDED = "discarded"  #: records were given up and kept in the failure store
    UNDELIVERABLE = "undeliverable"  #: their destination does not take them: the stream of this function waits
    GAP = "gap"  #: records were trimmed before the function saw them
    STREAM_GONE = "stream gone"  #: the mapping's stream does not exist any more
    BACKLOG = "backlog"  #: a new mapping begins with past records
    REFUSED = "refused"  #: a filter that the API refused without a reason, which is told here
    PASS_ENDED = "pass ended"  #: a replay, backfill or redrive is done, cancelled, or cannot go on
    STOPPED = "stopped"  #: a fault of ours stopped a shard's runner; it is started again


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerEvent:
    """One line for the terminal and the log."""

    kind: TriggerEventKind
    text: str  #: names the function, the cause, and what comes next
    function_name: str
    mapping_uuid: str
    shard_id: str | None = None
    next_attempt_ms: int | None = None  #: when a waiting batch is tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardStatus:
    """Where one function stands in one shard."""

    mapping_uuid: str
    function_name: str
    stream_arn: str
    shard: str
    state: str  #: idle, running, waiting (for a retry), batching, paused, behind its parent, or finished
    position: str | None  #: last sequence number that is done; None before the first
    lag_records: int  #: records not done; of a polled stream only those read
    lag_s: float  #: age of the oldest record not done, 0 when there is none; of a polled stream of those read
    attempt: int  #: invocations of the batch in hand so far, 0 when there is none
    last_error: str | None  #: cleared by the next success
    next_attempt_ms: int | None
    waits_for: str | None  #: what is next and when, in words; None when nothing waits
    rate_per_s: float = 0.0  #: records delivered a second, over the last ten seconds
    batch_records: int = 0  #: in the batch in hand
    behind_records: int = 0  #: that wait behind a batch that is tried again
    expires_ms: int | None = None  #: when that batch's oldest record is given up for its age; None: never, or no batch
    unsaved_s: float = 0.0  #: for how long progress has not been stored; 0 when all of it is
