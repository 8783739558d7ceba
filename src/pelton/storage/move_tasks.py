"""Message move tasks: which dead-letter queue is emptied into which queue, how far that is, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pelton.storage.transaction import Row, Snapshot, WriteTransaction

RUNNING, COMPLETED, CANCELLED, FAILED = "RUNNING", "COMPLETED", "CANCELLED", "FAILED"

#: Tasks that are remembered of a queue, the newest.
_KEPT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTask:
    """One task."""

    task: str  #: its id, a UUID
    source: str  #: ARN of the queue that is emptied
    destination: str | None  #: ARN; None: each message goes where it came from
    per_second: int | None  #: messages at most; None: as many as can be
    status: str  #: RUNNING, COMPLETED, CANCELLED or FAILED
    moved: int
    to_move: int  #: messages there when it began
    started_ms: int
    reason: str | None = None  #: why it failed


def add_task(transaction: WriteTransaction, task: MoveTask) -> None:
    """Remember a new task, and of its queue's older ones only the newest."""
    transaction.change(
        "INSERT INTO move_tasks (task, source, destination, per_second, status, moved, to_move, started_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            task.task,
            task.source,
            task.destination,
            task.per_second,
            task.status,
            task.moved,
            task.to_move,
            task.started_ms,
        ),
    )
    transaction.change(
        "DELETE FROM move_tasks WHERE source = ?1 AND id NOT IN "
        "(SELECT id FROM move_tasks WHERE source = ?1 ORDER BY id DESC LIMIT ?2)",
        (task.source, _KEPT),
    )


def set_progress(transaction: WriteTransaction, task: str, status: str, moved: int, reason: str | None = None) -> None:
    """How far a task is, or how it ended."""
    transaction.change(
        "UPDATE move_tasks SET status = ?, moved = ?, reason = ? WHERE task = ?", (status, moved, reason, task)
    )


def find_task(snapshot: Snapshot, task: str) -> MoveTask | None:
    """The task of that id."""
    rows = snapshot.select(f"{_SELECT} WHERE task = ?", (task,))
    return _task(rows[0]) if rows else None


def tasks_of(snapshot: Snapshot, source: str) -> Sequence[MoveTask]:
    """The tasks of a queue, the newest first."""
    return [_task(row) for row in snapshot.select(f"{_SELECT} WHERE source = ? ORDER BY id DESC", (source,))]


def running_tasks(snapshot: Snapshot) -> Sequence[MoveTask]:
    """All tasks that are under way, oldest first."""
    return [_task(row) for row in snapshot.select(f"{_SELECT} WHERE status = ? ORDER BY id", (RUNNING,))]


_SELECT = """SELECT task, source, destination, per_second, status, moved, to_move, started_ms, reason
    FROM move_tasks"""


def _task(row: Row) -> MoveTask:
    return MoveTask(
        task=row[0],
        source=row[1],
        destination=row[2],
        per_second=row[3],
        status=row[4],
        moved=row[5],
        to_move=row[6],
        started_ms=row[7],
        reason=row[8],
    )
