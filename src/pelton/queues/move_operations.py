"""StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask. Source: SQS API reference; texts as recorded."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Callable

from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.queues.attributes import redrive_of
from pelton.queues.errors import InvalidParameterValue, MissingParameter, MoveNotSupported, MoveResourceNotFound
from pelton.queues.fifo import is_fifo
from pelton.queues.moving import Moving
from pelton.queues.names import parts_of_arn
from pelton.queues.service import Queues
from pelton.storage.messages import count_messages
from pelton.storage.move_tasks import CANCELLED, RUNNING, MoveTask, add_task, find_task, set_progress, tasks_of
from pelton.storage.queues import Queue, find_queue, list_queues
from pelton.storage.transaction import Snapshot, WriteTransaction

_RATES = range(1, 501)
_RESULTS = range(1, 11)

_Read = Callable[[Snapshot], JsonObject]
_Write = Callable[[WriteTransaction], JsonObject]


def move_operations(queues: Queues, moving: Moving) -> tuple[Operation, ...]:
    """The three operations."""

    def start(body: JsonObject, context: RequestContext) -> _Write:
        return _start(queues, moving, body, context)

    return (
        Operation(name="StartMessageMoveTask", access=Access.WRITE, prepare=start),
        Operation(name="ListMessageMoveTasks", access=Access.READ, prepare=_list),
        Operation(name="CancelMessageMoveTask", access=Access.WRITE, prepare=_cancel),
    )


def _start(queues: Queues, moving: Moving, body: JsonObject, context: RequestContext) -> _Write:
    per_second = _in_range(body, "MaxNumberOfMessagesPerSecond", _RATES)

    def decide(transaction: WriteTransaction) -> JsonObject:
        source = _queue(transaction, body, "SourceArn", context)
        _check_source(transaction, source)
        destination = body.get("DestinationArn")
        if destination:
            target = _queue(transaction, body, "DestinationArn", context)
            if target.id == source.id:
                raise InvalidParameterValue("Source queue arn and destination queue arn cannot be the same.")
            if is_fifo(target) is not is_fifo(source):
                raise InvalidParameterValue("The source and destination queues must be of the same type.")
        counts = count_messages(transaction, source.bucket, context.now_ms, source.oldest_ms(context.now_ms))
        task = MoveTask(
            task=queues.new_id(),
            source=source.arn,
            destination=destination or None,
            per_second=per_second,
            status=RUNNING,
            moved=0,
            to_move=counts.visible,
            started_ms=context.now_ms,
        )
        add_task(transaction, task)
        moving.begin(task)  # Its first step comes in a later batch: it finds the task, or that it was not stored.
        return {"TaskHandle": _handle(task)}

    return decide


def _check_source(snapshot: Snapshot, source: Queue) -> None:
    policies = (redrive_of(queue.attributes) for queue in list_queues(snapshot, source.account, source.region))
    if not any(policy is not None and policy.target_arn == source.arn for policy in policies):
        raise InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
    if any(task.status == RUNNING for task in tasks_of(snapshot, source.arn)):
        raise InvalidParameterValue(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )


def _list(body: JsonObject, context: RequestContext) -> _Read:
    limit = _in_range(body, "MaxResults", _RESULTS) or 1

    def decide(snapshot: Snapshot) -> JsonObject:
        source = _queue(snapshot, body, "SourceArn", context)
        return {"Results": [_shown(task) for task in tasks_of(snapshot, source.arn)[:limit]]}

    return decide


def _cancel(body: JsonObject, context: RequestContext) -> _Write:
    task_id = _task_in(body.get("TaskHandle"))

    def decide(transaction: WriteTransaction) -> JsonObject:
        task = find_task(transaction, task_id)
        parts = parts_of_arn(task.source) if task is not None else None
        if task is None or parts is None or parts[:2] != (context.account, context.region):
            raise MoveResourceNotFound("Task does not exist.")
        if task.status != RUNNING:
            raise MoveNotSupported("Only active tasks can be cancelled.")
        set_progress(transaction, task.task, CANCELLED, task.moved)
        return {"ApproximateNumberOfMessagesMoved": task.moved}

    return decide


def _queue(snapshot: Snapshot, body: JsonObject, name: str, context: RequestContext) -> Queue:
    arn = body.get(name)
    if not arn:
        raise MissingParameter(name)
    parts = parts_of_arn(arn)
    is_own = parts is not None and parts[:2] == (context.account, context.region)
    queue = find_queue(snapshot, *parts) if parts is not None and is_own else None
    if queue is None:
        raise MoveResourceNotFound(f"The resource that you specified for the {name} parameter doesn't exist.")
    return queue


def _in_range(body: JsonObject, name: str, allowed: range) -> int | None:
    value: int | None = body.get(name)
    if value is not None and value not in allowed:
        raise InvalidParameterValue(
            f"Value {value} for parameter {name} is invalid. Reason: "
            f"{name} must be an integer between {allowed[0]} and {allowed[-1]}."
        )
    return value


def _shown(task: MoveTask) -> JsonObject:
    shown: JsonObject = {
        "TaskHandle": _handle(task) if task.status == RUNNING else None,
        "Status": task.status,
        "SourceArn": task.source,
        "DestinationArn": task.destination,
        "MaxNumberOfMessagesPerSecond": task.per_second,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "FailureReason": task.reason,
        "StartedTimestamp": task.started_ms,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _handle(task: MoveTask) -> str:
    """Opaque to clients: the service's own form."""
    return b64encode(json.dumps({"taskId": task.task, "sourceArn": task.source}).encode()).decode()


def _task_in(handle: str | None) -> str:
    if not handle:
        raise MissingParameter("TaskHandle")
    try:
        return str(json.loads(b64decode(handle, validate=True))["taskId"])
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise InvalidParameterValue("Value for parameter TaskHandle is invalid.") from None
