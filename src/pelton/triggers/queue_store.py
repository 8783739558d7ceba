"""Mappings of queues as they lie in storage. Decisions for one write transaction each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pelton.functions.errors import InvalidParameterValue
from pelton.queues.attributes import number
from pelton.queues.names import parts_of_arn
from pelton.storage.mappings import StoredMapping, mappings, put_mapping
from pelton.storage.queues import find_queue
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.errors import MappingConflict
from pelton.triggers.queue_mappings import QueueMapping, definition, is_of_queue, mapping_of

#: The timeout of the function with that ARN (s); None: there is no such function.
TimeoutOf = Callable[[str], float | None]


def stored_queue_mappings(snapshot: Snapshot) -> Sequence[QueueMapping]:
    """All mappings of queues."""
    return [_version_of(each) for each in mappings(snapshot) if is_of_queue(each.definition)]


def put_queue_mapping(
    transaction: WriteTransaction, mapping: QueueMapping, timeout_of: TimeoutOf, now_ms: int
) -> QueueMapping:
    """Store a mapping's definition: a new version, unless nothing changed.

    Raises:
        InvalidParameterValue: the queue does not exist, or shows messages again before the function must be done.
        MappingConflict: another mapping has the same function and queue.
    """
    _check_alone(transaction, mapping)
    _check_queue(transaction, mapping, timeout_of(mapping.function_arn))
    return _version_of(put_mapping(transaction, mapping.uuid, definition(mapping), now_ms))


def no_such_queue() -> InvalidParameterValue:
    """What a mapping of a queue that does not exist is answered."""
    return InvalidParameterValue(
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
        "SQS Error Message: The specified queue does not exist."
    )


def _check_alone(snapshot: Snapshot, mapping: QueueMapping) -> None:
    for other in stored_queue_mappings(snapshot):
        is_same = (other.queue_arn, other.function_arn) == (mapping.queue_arn, mapping.function_arn)
        if is_same and other.uuid != mapping.uuid:
            raise MappingConflict(
                f'The event source arn (" {mapping.queue_arn} ") and function (" {mapping.function_name} ") provided '
                f"mapping already exists. Please update or delete the existing mapping with UUID {other.uuid}"
            )


def _check_queue(snapshot: Snapshot, mapping: QueueMapping, timeout_s: float | None) -> None:
    parts = parts_of_arn(mapping.queue_arn)
    queue = find_queue(snapshot, *parts) if parts is not None else None
    if queue is None:
        raise no_such_queue()
    visibility_s = number(queue.attributes, "VisibilityTimeout")
    if timeout_s is not None and visibility_s < timeout_s:
        raise InvalidParameterValue(
            f"Queue visibility timeout: {visibility_s} seconds is less than Function timeout: {timeout_s:g} seconds"
        )


def _version_of(stored: StoredMapping) -> QueueMapping:
    mapping = mapping_of(stored.definition)
    return replace(mapping, uuid=stored.uuid, version=stored.version, modified_ms=stored.created_ms)
