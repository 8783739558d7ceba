"""TTL's background: items leave within seconds of their expiry, each with a record of the service's own.

A sweep looks on a snapshot, through an index that only tables with a TTL have; only when something has
expired it asks for the writer, in small steps. What leaves is found anew in the deleting transaction:
an item whose attribute was changed or removed meanwhile stays.
Source: developer guide, "Time to Live (TTL)"; a time more than five years in the past is ignored.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import orjson

from pelton.clock import Clock, Timer
from pelton.items.keys import key_of
from pelton.items.types import Item
from pelton.storage.catalog import Table
from pelton.storage.change import StoredItem
from pelton.storage.engine import Storage
from pelton.storage.expiry import expired_items, index_expiry
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.effects import Address, effect_of

_log = logging.getLogger(__name__)

#: Times further in the past than this never expire: they are taken for a mistake.
OLDEST_S = 5 * 365 * 24 * 3600
#: Items of one step.
STEP_ITEMS = 100
#: Between two sweeps.
SWEEP_S = 1.0
#: Between two steps of one sweep: the writer has other work.
_PAUSE_S = 0.005


def with_time_to_live(snapshot: Snapshot) -> Sequence[Table]:
    """Tables whose items expire."""
    return [table for table in snapshot.all_tables() if "TimeToLive" in table.definition]


def expired(snapshot: Snapshot, table: Table, now_ms: int, limit: int) -> Sequence[StoredItem]:
    """Items of a table with a TTL whose time has passed, the longest-expired first."""
    now_s = now_ms / 1000
    attribute = table.definition["TimeToLive"]
    return expired_items(snapshot, table, attribute, from_s=now_s - OLDEST_S, before_s=now_s, limit=limit)


def expiry_step(transaction: WriteTransaction, now_ms: int) -> bool:
    """Delete a bounded number of expired items; whether there may be more."""
    left = STEP_ITEMS
    for table in with_time_to_live(transaction):
        items = expired(transaction, table, now_ms, left)
        for stored in items:
            _delete(transaction, table, stored)
        left -= len(items)
        if left == 0:
            return True
    return False


def _delete(transaction: WriteTransaction, table: Table, stored: StoredItem) -> None:
    item: Item = orjson.loads(stored.body)
    address = Address(table, stored.key, key_of(table.schema, item))
    change = effect_of(address, stored, None, None, None, item).change
    assert change is not None, "an item that goes is a change"
    transaction.apply(change._replace(is_service=True))


class Expiring:
    """A sweep a second for as long as a table has a TTL: from ``start``, and from each ``wake``."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._timer: Timer | None = None
        self._is_stepping = False
        self._is_closed = False

    def start(self) -> None:
        """Go on where a former process ended; tables written before there was an index get theirs."""
        with self._storage.snapshot() as snapshot:
            if with_time_to_live(snapshot):
                self._submit_indexes()

    def wake(self) -> None:
        """A table has a TTL now: begin to sweep. Called on the loop's thread, within a decision too."""
        # A step under way looks again when it is done.
        if self._timer is None and not self._is_stepping:
            self._after(SWEEP_S)

    def close(self) -> None:
        """Begin no further step."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _submit_indexes(self) -> None:
        self._is_stepping = True
        self._storage.submit(_index_all, self._stepped)

    def _sweep(self) -> None:
        self._timer = None
        now_ms = self._clock.now_ms()
        with self._storage.snapshot() as snapshot:
            tables = with_time_to_live(snapshot)
            is_due = any(expired(snapshot, table, now_ms, 1) for table in tables)
        if is_due:
            self._is_stepping = True
            self._storage.submit(lambda transaction: expiry_step(transaction, now_ms), self._stepped)
        elif tables:
            self._after(SWEEP_S)

    def _stepped(self, more: bool | BaseException) -> None:
        self._is_stepping = False
        if isinstance(more, BaseException):
            _log.warning("deleting expired items was put off: %s", more)
        self._after(_PAUSE_S if more is True else SWEEP_S)

    def _after(self, pause_s: float) -> None:
        if not self._is_closed:
            self._timer = self._clock.call_later(pause_s, self._sweep)


def _index_all(transaction: WriteTransaction) -> bool:
    for table in with_time_to_live(transaction):
        index_expiry(transaction, table, table.definition["TimeToLive"])
    return True
