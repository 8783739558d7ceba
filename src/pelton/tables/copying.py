"""The background work of backups: copies taken, tables restored, histories shortened, old backups dropped; in steps."""

from __future__ import annotations

from pelton.clock import Clock, Timer
from pelton.storage.copies import all_copies
from pelton.storage.engine import Storage
from pelton.storage.transaction import WriteTransaction
from pelton.tables.continuous_backups import merge_step
from pelton.tables.restoring import is_restoring, is_restoring_from, restore_step
from pelton.tables.stepping import Stepping

#: How often histories and old backups are looked at.
_LOOK_S = 60.0


def copying_step(transaction: WriteTransaction, now_ms: int) -> bool:
    """Do a bounded part of what copies need, new ones first; whether there was anything."""
    copies = all_copies(transaction)
    for copy in copies:
        if not copy.is_whole:
            transaction.copy_step(copy)
            return True
    for table in transaction.all_tables():
        if is_restoring(table):
            restore_step(transaction, table)
            return True
    for copy in copies:
        if is_restoring_from(transaction, copy):
            continue
        if copy.expires_ms is not None and copy.expires_ms <= now_ms:
            transaction.drop_copy(copy)
            return True
        if copy.kind == "RECOVERY" and merge_step(transaction, copy, now_ms):
            return True
    return False


class Copying(Stepping):
    """Steps whenever there is something to do, and a look each minute while there are copies."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        super().__init__(storage, clock, lambda transaction: copying_step(transaction, clock.now_ms()), what="a backup")
        self._look_timer: Timer | None = None

    def wake(self) -> None:
        """A copy or a restore has begun, or may have grown old."""
        super().wake()
        if self._look_timer is None:
            self._look_timer = self._clock.call_later(_LOOK_S, self._look)

    def close(self) -> None:
        """Begin no further step."""
        super().close()
        if self._look_timer is not None:
            self._look_timer.cancel()

    def _look(self) -> None:
        self._look_timer = None
        with self._storage.snapshot() as snapshot:
            has_copies = any(copy.expires_ms is not None or copy.kind == "RECOVERY" for copy in all_copies(snapshot))
        if has_copies and not self._is_closed:
            self.wake()
