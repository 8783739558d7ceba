"""What all runners of a mapping share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pelton.clock import Clock
from pelton.triggers.checkpoints import Result
from pelton.triggers.counting import EventCounts
from pelton.triggers.events import TriggerEvent
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.protocols import Checkpoints, Executor, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerContext:
    """Everything around a shard's runner that it does not own."""

    source: Source
    checkpoints: Checkpoints
    execute: Executor
    clock: Clock
    random: Random
    retention_ms: int
    mapping: Callable[[], EventSourceMapping]  #: as it is now: its function may change
    on_event: Callable[[TriggerEvent], None]
    on_result: Callable[[bool], None]  #: an invocation succeeded, or failed
    last_result: Callable[[], Result | None]  #: of the mapping, in any shard
    counts: EventCounts
