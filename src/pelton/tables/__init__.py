"""DynamoDB's tables and items: one module per family of operations, each pure from request to decision.

``operations(options)`` gives every operation that is served, by its name on the wire; a name that
is missing there is one Pelton does not offer.
"""

from __future__ import annotations

from collections.abc import Mapping

from pelton.operations import Operation
from pelton.tables.backups import backup_operations
from pelton.tables.batch_get_item import batch_get_item
from pelton.tables.batch_write_item import batch_write_item
from pelton.tables.continuous_backups import continuous_backup_operations
from pelton.tables.create_table import create_table
from pelton.tables.delete_item import delete_item
from pelton.tables.describe_table import table_operations
from pelton.tables.get_item import get_item
from pelton.tables.limits import limit_operations
from pelton.tables.options import TableOptions
from pelton.tables.partiql.statements import partiql_operations
from pelton.tables.put_item import put_item
from pelton.tables.query import query
from pelton.tables.resource_policies import resource_policy_operations
from pelton.tables.restore_operations import restore_operations
from pelton.tables.scan import scan
from pelton.tables.tags import tag_operations
from pelton.tables.time_to_live import time_to_live_operations
from pelton.tables.transact_get_items import transact_get_items
from pelton.tables.transact_write_items import transact_write_items
from pelton.tables.unavailable_features import unavailable_feature_operations
from pelton.tables.unused_features import unused_feature_operations
from pelton.tables.update_item import update_item
from pelton.tables.update_table import update_table

__all__ = ["TableOptions", "operations"]


def operations(options: TableOptions) -> Mapping[str, Operation]:
    """The operations of ``DynamoDB_20120810`` by name."""
    cache = options.expressions
    served = [
        create_table(options),
        update_table(options),
        *table_operations(options),
        *tag_operations(),
        *time_to_live_operations(options),
        *limit_operations(options),
        *resource_policy_operations(),
        *backup_operations(options),
        *continuous_backup_operations(options),
        *restore_operations(options),
        put_item(cache),
        get_item(cache),
        update_item(cache),
        delete_item(cache),
        query(cache),
        scan(cache),
        batch_get_item(cache),
        batch_write_item(cache),
        transact_write_items(cache),
        transact_get_items(cache),
        *partiql_operations(cache),
        *unused_feature_operations(),
        *unavailable_feature_operations(),
    ]
    return {operation.name: operation for operation in served}
