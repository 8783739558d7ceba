"""SQS: standard and FIFO queues in storage's own file, durable when they are answered.

``operations(queues, moving)`` gives every operation of the service by its name on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping

from pelton.operations import Operation
from pelton.queues.deleting import deleting_operations, visibility_operations
from pelton.queues.managing import managing_operations
from pelton.queues.move_operations import move_operations
from pelton.queues.moving import Moving
from pelton.queues.permissions import permission_operations
from pelton.queues.receiving import receiving_operation
from pelton.queues.sending import sending_operations
from pelton.queues.service import Queues

__all__ = ["Moving", "Queues", "operations"]


def operations(queues: Queues, moving: Moving) -> Mapping[str, Operation]:
    """The operations of ``AmazonSQS`` by name."""
    served = [
        *managing_operations(queues),
        *sending_operations(queues),
        receiving_operation(queues),
        *deleting_operations(queues),
        *visibility_operations(queues),
        *move_operations(queues, moving),
        *permission_operations(),
    ]
    return {operation.name: operation for operation in served}
