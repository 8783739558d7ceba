"""What all triggers share, as the composition root sets it."""

from __future__ import annotations

from dataclasses import dataclass

from pelton.triggers.destinations import Destinations


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerOptions:
    """What all mappings share."""

    destinations: Destinations | None = None  #: None: discarded batches go to the failure store alone
    retention_ms: int = 24 * 3600 * 1000  #: a failing batch is retried until its records are older than this
