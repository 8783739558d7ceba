"""DynamoDB's tables and items: one module per family of operations, each pure from request to decision.

``operations(options)`` gives every operation that is served, by its name on the wire; a name that
is missing there is one Pelton does not offer.
"""

from __future__ import annotations

from collections.abc import Mapping

from pelton.operations import Operation
from pelton.tables.create_table import create_table
from pelton.tables.describe_table import table_operations
from pelton.tables.limits import limit_operations
from pelton.tables.options import TableOptions
from pelton.tables.tags import tag_operations
from pelton.tables.time_to_live import time_to_live_operations
from pelton.tables.update_table import update_table

__all__ = ["TableOptions", "operations"]


def operations(options: TableOptions) -> Mapping[str, Operation]:
    """The operations of ``DynamoDB_20120810`` by name."""
    served = [
        create_table(options),
        update_table(options),
        *table_operations(),
        *tag_operations(),
        *time_to_live_operations(),
        *limit_operations(options),
    ]
    return {operation.name: operation for operation in served}
