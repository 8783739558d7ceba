"""How a table looks from outside: TableDescription in the forms the operations answer with.

A table's ``definition`` holds, in wire form and only where they apply:

- ``AttributeDefinitions``, ``BillingMode``, ``DeletionProtectionEnabled``;
- ``ProvisionedThroughput`` and ``IndexThroughput`` (by index name), absent on demand;
- ``OnDemandThroughput``, ``WarmThroughput``, and ``IndexOnDemand`` and ``IndexWarm`` (by index name);
- ``TableClass`` and ``TableClassUpdated``, ``LastUpdateToPayPerRequest`` (epoch seconds);
- ``EncryptionKey``: ARN of the key named by an SSESpecification;
- ``Restore``: what the table was, or is being, restored from (``restoring``);
- ``Backfills``: how far indexes that are being created have come (``backfilling``);
- ``Tags`` (key to value) and ``TimeToLive`` (the attribute's name).

Source: CreateTable, DescribeTable, DeleteTable answers as recorded.
"""

from __future__ import annotations

from pelton.arns import index_arn
from pelton.operations import JsonObject
from pelton.storage.catalog import Index, Table
from pelton.storage.transaction import Snapshot
from pelton.tables.backfilling import has_begun, is_backfilling, status_of
from pelton.tables.encryption import encryption_description
from pelton.tables.key_schemas import to_wire
from pelton.tables.throughput import (
    ON_DEMAND,
    asked_warm_description,
    epoch_seconds,
    on_demand_description,
    throughput_description,
    warm_description,
)


def created_description(table: Table) -> JsonObject:
    """The answer of CreateTable: everything is being created and empty."""
    description = _without_rows(table, "CREATING", table.created_ms)
    description.update(ItemCount=0, TableSizeBytes=0)
    if "BillingModeSummary" in description:
        description["BillingModeSummary"] = {"BillingMode": ON_DEMAND}
    if (warm := table.definition.get("WarmThroughput")) is not None:
        description["WarmThroughput"] = asked_warm_description(warm)
    index_warm = table.definition.get("IndexWarm", {})
    for index in description.get("GlobalSecondaryIndexes", ()):
        index["IndexStatus"] = "CREATING"
        if (warm := index_warm.get(index["IndexName"])) is not None:
            index["WarmThroughput"] = asked_warm_description(warm)
    for index in (*description.get("GlobalSecondaryIndexes", ()), *description.get("LocalSecondaryIndexes", ())):
        index.update(ItemCount=0, IndexSizeBytes=0)
    return description


def table_description(snapshot: Snapshot, table: Table, now_ms: int, status: str | None = None) -> JsonObject:
    """The answer of DescribeTable, and of UpdateTable with ``status`` UPDATING; counts are exact."""
    description = _without_rows(table, status or status_of(table), now_ms)
    _add_counts(snapshot, table, description)
    definition = table.definition
    throughput = definition.get("ProvisionedThroughput")
    description["WarmThroughput"] = warm_description(definition.get("WarmThroughput"), throughput)
    for index in description.get("GlobalSecondaryIndexes", ()):
        name = index["IndexName"]
        index["WarmThroughput"] = warm_description(
            definition.get("IndexWarm", {}).get(name), definition.get("IndexThroughput", {}).get(name)
        )
    return description


def deleted_description(snapshot: Snapshot, table: Table, now_ms: int) -> JsonObject:
    """The answer of DeleteTable: fewer members than any other."""
    items, size = snapshot.counts(table)
    return {
        "TableName": table.name,
        "TableArn": table.arn,
        "TableId": table.uuid,
        "TableStatus": "DELETING",
        "ItemCount": items,
        "TableSizeBytes": size,
        "ProvisionedThroughput": throughput_description(table.definition.get("ProvisionedThroughput"), now_ms),
        "DeletionProtectionEnabled": table.definition["DeletionProtectionEnabled"],
    }


def _without_rows(table: Table, status: str, now_ms: int) -> JsonObject:
    definition = table.definition
    description: JsonObject = {
        "AttributeDefinitions": definition["AttributeDefinitions"],
        "TableName": table.name,
        "KeySchema": to_wire(table.schema),
        "TableStatus": status,
        "CreationDateTime": epoch_seconds(table.created_ms),
        "ProvisionedThroughput": throughput_description(definition.get("ProvisionedThroughput"), now_ms),
        "TableArn": table.arn,
        "TableId": table.uuid,
        "DeletionProtectionEnabled": definition["DeletionProtectionEnabled"],
    }
    description.update(_billing(definition))
    if encryption := encryption_description(definition.get("EncryptionKey")):
        description["SSEDescription"] = encryption
    if (restored := definition.get("Restore")) is not None:
        description["RestoreSummary"] = _restore_summary(restored)
    description.update(_indexes(table, now_ms))
    description.update(_stream(table))
    return description


def _restore_summary(restored: JsonObject) -> JsonObject:
    summary = {
        "SourceTableArn": restored["TableArn"],
        "RestoreDateTime": restored["DateTime"],
        "RestoreInProgress": restored["InProgress"],
    }
    return summary if "BackupArn" not in restored else {"SourceBackupArn": restored["BackupArn"], **summary}


def _billing(definition: JsonObject) -> JsonObject:
    members: JsonObject = {}
    # Shown of a table that is, or once was, billed on demand.
    if definition["BillingMode"] == ON_DEMAND or "LastUpdateToPayPerRequest" in definition:
        members["BillingModeSummary"] = {"BillingMode": definition["BillingMode"]}
        if "LastUpdateToPayPerRequest" in definition:
            members["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = definition["LastUpdateToPayPerRequest"]
    if limits := on_demand_description(definition.get("OnDemandThroughput", {})):
        members["OnDemandThroughput"] = limits
    if "TableClass" in definition:
        members["TableClassSummary"] = {"TableClass": definition["TableClass"]}
        if "TableClassUpdated" in definition:
            members["TableClassSummary"]["LastUpdateDateTime"] = definition["TableClassUpdated"]
    return members


def _indexes(table: Table, now_ms: int) -> JsonObject:
    described = [(index.is_global, _index(table, index, now_ms)) for index in table.indexes]
    members: JsonObject = {}
    if local := [description for is_global, description in described if not is_global]:
        members["LocalSecondaryIndexes"] = local
    if remote := [description for is_global, description in described if is_global]:
        members["GlobalSecondaryIndexes"] = remote
    return members


def _index(table: Table, index: Index, now_ms: int) -> JsonObject:
    description: JsonObject = {
        "IndexName": index.name,
        "KeySchema": to_wire(index.schema),
        "Projection": index.projection,
        "IndexArn": index_arn(table.arn, index.name),
    }
    if index.is_global:
        definition = table.definition
        throughput = definition.get("IndexThroughput", {}).get(index.name)
        description["IndexStatus"] = "CREATING" if table.status == "CREATING" else "ACTIVE"
        if is_backfilling(table, index):
            description.update(IndexStatus="CREATING", Backfilling=has_begun(table, index))
        description["ProvisionedThroughput"] = throughput_description(throughput, now_ms)
        if limits := on_demand_description(definition.get("IndexOnDemand", {}).get(index.name, {})):
            description["OnDemandThroughput"] = limits
    return description


def _stream(table: Table) -> JsonObject:
    members: JsonObject = {}
    if table.stream is not None:
        members["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream.view_type}
    if table.latest_stream is not None:
        members["LatestStreamArn"], members["LatestStreamLabel"] = table.latest_stream
    return members


def _add_counts(snapshot: Snapshot, table: Table, description: JsonObject) -> None:
    description["ItemCount"], description["TableSizeBytes"] = snapshot.counts(table)
    by_name = {index.name: index for index in table.indexes}
    for index in (*description.get("LocalSecondaryIndexes", ()), *description.get("GlobalSecondaryIndexes", ())):
        index["ItemCount"], index["IndexSizeBytes"] = snapshot.counts(table, by_name[index["IndexName"]])
