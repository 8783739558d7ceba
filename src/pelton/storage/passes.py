"""Replays, backfills and redrives: one row each, that says where it stands. The body is ``triggers``' own matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pelton.operations import JsonObject
from pelton.storage.changing import Changing
from pelton.storage.transaction import Row, Snapshot, WriteTransaction

#: States of a pass that goes on; all others are ends.
RUNNING, PAUSED, CANCELLING = "running", "paused", "cancelling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass over the past of one mapping."""

    id: int
    mapping: str  #: uuid
    kind: str  #: replay, backfill or redrive
    state: str
    body: JsonObject
    created_ms: int
    changed_ms: int

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state in (RUNNING, PAUSED, CANCELLING)


def add_pass(transaction: WriteTransaction, mapping: str, kind: str, body: JsonObject, now_ms: int) -> Pass:
    """Store a new, running pass."""
    rows = transaction.change(
        "INSERT INTO passes (mapping, kind, state, body, created_ms, changed_ms) VALUES (?, ?, ?, ?, ?, ?) "
        "RETURNING id",
        (mapping, kind, RUNNING, orjson.dumps(body), now_ms, now_ms),
    )
    return Pass(
        id=rows[0][0], mapping=mapping, kind=kind, state=RUNNING, body=body, created_ms=now_ms, changed_ms=now_ms
    )


def put_pass(transaction: WriteTransaction, changed: Pass, now_ms: int) -> None:
    """Store a pass's new state and body."""
    transaction.change(
        "UPDATE passes SET state = ?, body = ?, changed_ms = ? WHERE id = ?",
        (changed.state, orjson.dumps(changed.body), now_ms, changed.id),
    )


def find_pass(snapshot: Snapshot, pass_id: int) -> Pass | None:
    """The pass of that id."""
    rows = snapshot.select(f"{_SELECT} WHERE id = ?", (pass_id,))
    return _pass(rows[0]) if rows else None


def passes(snapshot: Snapshot, *, limit: int = 100) -> Sequence[Pass]:
    """Newest first; those that have ended too, for as long as they are kept."""
    return [_pass(row) for row in snapshot.select(f"{_SELECT} ORDER BY id DESC LIMIT ?", (limit,))]


def active_passes(snapshot: Snapshot) -> Sequence[Pass]:
    """Those that have not ended, oldest first."""
    rows = snapshot.select(f"{_SELECT} WHERE state IN (?, ?, ?) ORDER BY id", (RUNNING, PAUSED, CANCELLING))
    return [_pass(row) for row in rows]


def trim_passes(transaction: Changing, before_ms: int, limit: int) -> int:
    """Remove passes that ended before that; returns how many there were, at most ``limit``."""
    rows = transaction.select(
        "SELECT id FROM passes WHERE changed_ms < ? AND state NOT IN (?, ?, ?) ORDER BY id LIMIT ?",
        (before_ms, RUNNING, PAUSED, CANCELLING, limit),
    )
    for (pass_id,) in rows:
        transaction.change("DELETE FROM passes WHERE id = ?", (pass_id,))
    return len(rows)


_SELECT = "SELECT id, mapping, kind, state, body, created_ms, changed_ms FROM passes"


def _pass(row: Row) -> Pass:
    return Pass(
        id=row[0],
        mapping=row[1],
        kind=row[2],
        state=row[3],
        body=orjson.loads(row[4]),
        created_ms=row[5],
        changed_ms=row[6],
    )
