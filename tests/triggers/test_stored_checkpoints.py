"""Positions in storage: what a failed commit has not taken comes with the next one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelton.errors import InternalServerError
from pelton.storage.catalog import SequenceNumber
from pelton.storage.checkpoints import checkpoints
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage
from pelton.testing import ManualClock
from pelton.triggers.checkpoints import StoredCheckpoints, finished, started_at


class Refusing:
    """Storage whose rides fail as long as it is told."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.is_full = False

    def ride(self, decide: Any, done: Any) -> None:
        if self.is_full:
            done(InternalServerError("the disk is full"))
        else:
            self.storage.ride(decide, done)


def test_a_parents_end_is_never_missing_beside_its_childs_position(tmp_path: Path) -> None:
    storage = Storage.open(tmp_path, clock=ManualClock(), driver=InlineDriver())
    full = Refusing(storage)
    positions = StoredCheckpoints(full, "mapping")  # type: ignore[arg-type]  # Of storage it needs the rides alone.

    full.is_full = True
    positions.save("parent", lambda: finished(started_at(SequenceNumber(5))))
    full.is_full = False
    positions.save("child", lambda: started_at(SequenceNumber(9)))

    kept = checkpoints(storage.snapshot(), "mapping")
    storage.close()
    assert {shard: each.position for shard, each in kept.items()} == {"parent": 5, "child": 9}
