"""SQS: standard and FIFO queues in storage's own file, over the JSON protocol.

``operations(queues)`` gives every operation that is served, by its name on the wire; a name that is missing there
is one Pelton does not offer.
"""

from __future__ import annotations

from collections.abc import Mapping

from pelton.operations import Operation
from pelton.queues.deleting import deleting_operations, visibility_operations
from pelton.queues.managing import managing_operations
from pelton.queues.receiving import receiving_operation
from pelton.queues.sending import sending_operations
from pelton.queues.service import Queues

__all__ = ["Queues", "operations"]


def operations(queues: Queues) -> Mapping[str, Operation]:
    """The operations of ``AmazonSQS`` by name."""
    served = [
        *managing_operations(queues),
        *sending_operations(queues),
        receiving_operation(queues),
        *deleting_operations(queues),
        *visibility_operations(queues),
    ]
    return {operation.name: operation for operation in served}
