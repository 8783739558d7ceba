"""Rolling over: an open shard of a certain age closes and one child goes on, with or without traffic.

Amazon does so about every four hours, and it is what turns a reader deaf that lists shards only once. A look a
minute costs nothing; whoever follows a shard is woken by the commit that closes it.
Source: DynamoDB Streams, "Reading and processing a stream"; the four hours as observed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from pelton.clock import Clock, Timer
from pelton.storage.catalog import Shard, Stream
from pelton.storage.engine import Storage
from pelton.storage.transaction import Snapshot, WriteTransaction

_log = logging.getLogger(__name__)

#: Between two looks.
LOOK_S = 60.0
#: Shards of one step.
STEP_SHARDS = 50


class Rolling:
    """Looks at the open shards once a minute, from ``start`` to ``close``."""

    def __init__(self, storage: Storage, clock: Clock, age_max_ms: int | None) -> None:
        """``age_max_ms``: how old an open shard may become; None: as old as it likes."""
        self._storage = storage
        self._clock = clock
        self._age_max_ms = age_max_ms
        self._timer: Timer | None = None
        self._is_closed = False

    def start(self) -> None:
        """Begin to look, a minute from now."""
        if self._age_max_ms is not None:
            self._look_later()

    def close(self) -> None:
        """Look no more."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _look_later(self) -> None:
        if not self._is_closed:
            self._timer = self._clock.call_later(LOOK_S, self._look)

    def _look(self) -> None:
        assert self._age_max_ms is not None, "looks only where shards have an age"
        now_ms = self._clock.now_ms()
        before_ms = now_ms - self._age_max_ms
        with self._storage.snapshot() as snapshot:
            is_due = any(True for _ in aged_shards(snapshot, before_ms))
        if is_due:
            self._storage.submit(lambda transaction: roll_aged(transaction, before_ms, now_ms), self._rolled)
        else:
            self._look_later()

    def _rolled(self, outcome: bool | BaseException) -> None:
        if isinstance(outcome, BaseException):
            _log.warning("rolling shards over was put off: %s", outcome)
        if outcome is True and not self._is_closed:
            self._look()
        else:
            self._look_later()


def aged_shards(snapshot: Snapshot, before_ms: int) -> Iterator[tuple[Stream, Shard]]:
    """Open shards of enabled streams that were made at that time or earlier."""
    streams = [table.stream for table in snapshot.all_tables() if table.stream is not None]
    for stream in streams:
        for shard in stream.shards:
            if shard.ending is None and shard.created_ms <= before_ms:
                yield stream, shard


def roll_aged(transaction: WriteTransaction, before_ms: int, now_ms: int) -> bool:
    """Roll a bounded number of aged shards over; whether there are more."""
    aged = list(aged_shards(transaction, before_ms))
    for stream, shard in aged[:STEP_SHARDS]:
        transaction.roll_shard(stream.id, shard.id, now_ms)
    return len(aged) > STEP_SHARDS
