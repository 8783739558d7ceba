"""Triggers: every mapping of this Pelton, durable, and the runners that carry them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from pelton.clock import Clock
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.events import ShardStatus, TriggerEvent
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.protocols import Executor


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerOptions:
    """Limits all mappings share."""

    retention_ms: int = 24 * 3600 * 1000  #: a failing batch is retried until its records are older than this
    account: str = "000000000000"
    region: str = "us-east-1"


class Triggers:
    """The mappings and their runners. Everything runs on the event loop's thread."""

    def __init__(
        self,
        storage: object,
        execute: Executor,
        *,
        clock: Clock,
        random: Random,
        on_event: Callable[[TriggerEvent], None],
        options: TriggerOptions,
    ) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Read the mappings and begin their runners where their checkpoints stand."""
        raise NotImplementedError

    async def reconcile(self, declared: Sequence[JsonObject]) -> tuple[EventSourceMapping, ...]:
        """Make the project's mappings be exactly ``declared`` (members of CreateEventSourceMapping).

        A mapping of the same function and the same table is updated in place: id and positions stay.
        One that is declared no more is deleted. Mappings made through the API are left alone.
        """
        raise NotImplementedError

    async def create(self, members: JsonObject, *, account: str, region: str) -> EventSourceMapping:
        """CreateEventSourceMapping; a LATEST position is fixed when this returns."""
        raise NotImplementedError

    async def update(self, uuid: str, members: JsonObject) -> EventSourceMapping:
        """UpdateEventSourceMapping: holds from the next batch on."""
        raise NotImplementedError

    async def delete(self, uuid: str) -> EventSourceMapping:
        """DeleteEventSourceMapping: the batch in flight ends, its positions are forgotten."""
        raise NotImplementedError

    def mappings(self) -> tuple[EventSourceMapping, ...]:
        """All mappings, oldest first."""
        raise NotImplementedError

    def status(self) -> tuple[ShardStatus, ...]:
        """Where every function stands in every shard."""
        raise NotImplementedError

    def wake(self, tip: SequenceNumber) -> None:
        """New records were committed, up to ``tip``."""
        raise NotImplementedError

    def reset_backoff(self, function_name: str) -> None:
        """The function's code changed: what waits for a retry is tried now."""
        raise NotImplementedError

    def outstanding(self, up_to: SequenceNumber) -> list[str]:
        """What is not yet done of the changes up to that number, one line each; empty when idle."""
        raise NotImplementedError

    async def drain(self, timeout_s: float) -> None:
        """Start nothing more, let batches in flight end, make all state durable, stop."""
        raise NotImplementedError
