"""Message move tasks at work: dead letters on their way back, a few in each transaction.

A step takes messages out of one queue, puts them into another and counts them in one transaction, so cancelling and
dying lose none and move none twice; a task that was under way when Pelton stopped goes on at its next start.
Source: SQS developer guide, "Configure a dead-letter queue redrive": moved messages are new ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from pelton.clock import Timer
from pelton.queues.fifo import DEDUPLICATION, is_fifo
from pelton.queues.names import parts_of_arn
from pelton.queues.sending import store_message
from pelton.queues.service import Queues
from pelton.queues.taking import DEAD_LETTER_SOURCE, receivable_now
from pelton.storage.messages import Message, remove_message
from pelton.storage.move_tasks import COMPLETED, FAILED, RUNNING, MoveTask, find_task, running_tasks, set_progress
from pelton.storage.queues import Queue, find_queue
from pelton.storage.transaction import Snapshot, WriteTransaction

#: Messages of one step without a rate, and steps a second with one.
_STEP_MAX = 100
_STEPS_PER_S = 10
#: Pause after the disk refused a step.
_TROUBLE_PAUSE_S = 1.0

#: Why a task fails. Source: SQS API reference, ListMessageMoveTasks, FailureReason.
NO_SOURCE, NO_QUEUE = "CouldNotDetermineMessageSource", "AWS.SimpleQueueService.NonExistentQueue"


class _Step(NamedTuple):
    """What a step came to."""

    is_over: bool
    filled: frozenset[str]  #: ARNs of the queues that got messages


class Moving:
    """All tasks that are under way."""

    def __init__(self, queues: Queues, snapshot: Callable[[], Snapshot]) -> None:
        self._queues = queues
        self._snapshot = snapshot
        self._timers: dict[str, Timer] = {}  #: the next step of each task
        self._under_way: dict[str, str] = {}  #: tasks and the ARNs of their sources
        self._is_closed = False

    def start(self) -> None:
        """Go on with what was under way."""
        for task in running_tasks(self._snapshot()):
            self.begin(task)

    def begin(self, task: MoveTask) -> None:
        """Carry out a task that is stored."""
        self._under_way[task.task] = task.source
        self._later(task, 0.0)

    def close(self) -> None:
        """Make no more steps: Pelton is stopping."""
        self._is_closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def outstanding(self) -> list[str]:
        """Tasks that are not over, one line each."""
        return [f"messages are moved out of queue {arn.rsplit(':', 1)[1]}" for arn in self._under_way.values()]

    def _later(self, task: MoveTask, delay_s: float) -> None:
        if not self._is_closed:
            self._timers[task.task] = self._queues.clock.call_later(delay_s, lambda: self._step(task))

    def _step(self, task: MoveTask) -> None:
        del self._timers[task.task]
        limit, pause_s = pace(task.per_second)

        def done(step: _Step | BaseException) -> None:
            if isinstance(step, BaseException):  # The disk, or a fault of ours: nothing has moved.
                self._later(task, _TROUBLE_PAUSE_S)
                return
            self._queues.wake(step.filled)
            if step.is_over:
                del self._under_way[task.task]
            else:
                self._later(task, pause_s)

        self._queues.submit(lambda transaction: move_step(transaction, self._queues, task.task, limit), done)


def pace(per_second: int | None) -> tuple[int, float]:
    """How many messages a step moves at most, and the pause after it (s)."""
    if per_second is None:
        return _STEP_MAX, 0.0
    limit = max(per_second // _STEPS_PER_S, 1)
    return limit, limit / per_second


def move_step(transaction: WriteTransaction, queues: Queues, task_id: str, limit: int) -> _Step:
    """Move some messages, and say how far the task is."""
    task = find_task(transaction, task_id)
    if task is None or task.status != RUNNING:
        return _Step(True, frozenset())
    now_ms = queues.clock.now_ms()
    source = _queue(transaction, task.source)
    found = receivable_now(transaction, source, now_ms, limit) if source is not None else ()
    status, reason = (COMPLETED, None) if source is not None else (FAILED, NO_QUEUE)
    filled: list[str] = []
    for message in found:
        arn = task.destination or message.system.get(DEAD_LETTER_SOURCE)
        target = _queue(transaction, arn) if arn is not None else None
        if target is None:
            status, reason = FAILED, NO_SOURCE if arn is None else NO_QUEUE
            break
        _move(transaction, message, target, (queues.new_id(), now_ms))
        filled.append(target.arn)
        status = RUNNING
    set_progress(transaction, task.task, status, task.moved + len(filled), reason)
    return _Step(status != RUNNING, frozenset(filled))


def _queue(snapshot: Snapshot, arn: str) -> Queue | None:
    parts = parts_of_arn(arn)
    return find_queue(snapshot, *parts) if parts is not None else None


def _move(transaction: WriteTransaction, message: Message, target: Queue, new: tuple[str, int]) -> None:
    """Put a message into its new queue as a new one, sent now."""
    message_id, now_ms = new
    system = {name: value for name, value in message.system.items() if name != DEAD_LETTER_SOURCE}
    if is_fifo(target):
        system[DEDUPLICATION] = message_id
    remove_message(transaction, message)
    moved = replace(
        message,
        message_id=message_id,
        system=system,
        sent_ms=now_ms,
        visible_ms=now_ms,
        received=0,
        first_received_ms=None,
        receipt=None,
        id=0,
        group=None,
    )
    store_message(transaction, target, moved, now_ms)
