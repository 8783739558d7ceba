"""Item collections: all items of one partition key, which tables with a local index answer about on request.

Source: DynamoDB API reference, ItemCollectionMetrics.
"""

from __future__ import annotations

from pelton.items.keys import partition_range
from pelton.operations import JsonObject
from pelton.storage.catalog import Index, Table
from pelton.storage.transaction import Snapshot
from pelton.tables.effects import Address

GIGABYTE = 1 << 30


def collection_metrics(snapshot: Snapshot, address: Address) -> JsonObject | None:
    """ItemCollectionMetrics of the collection an item belongs to; None: the table has no local index."""
    table = address.table
    local = [index for index in table.indexes if not index.is_global]
    if not local:
        return None
    partition = table.schema.partition[0]
    gigabytes = float(_collection_size(snapshot, address, local) // GIGABYTE)
    return {
        "ItemCollectionKey": {partition.name: address.keys[partition.name]},
        "SizeEstimateRangeGB": [gigabytes, gigabytes + 1.0],
    }


def _collection_size(snapshot: Snapshot, address: Address, local: list[Index]) -> int:
    """Bytes of a collection in the table and its local indexes; exact only where a gigabyte could matter."""
    table = address.table
    owners: list[Index | None] = [None, *local]
    if sum(snapshot.counts(table, owner)[1] for owner in owners) < GIGABYTE:
        return 0
    return sum(_partition_size(snapshot, table, owner, address) for owner in owners)


def _partition_size(snapshot: Snapshot, table: Table, owner: Index | None, address: Address) -> int:
    schema = table.schema if owner is None else owner.schema
    lower, upper = partition_range(schema, [address.keys[part.name] for part in schema.partition])
    return sum(row.size for row in snapshot.items(table, owner, lower=lower, upper=upper))
