"""What a copy of a table says of it: the request that would make the table again, and how the API describes it.

A restore is that request, with its overrides, made true like any CreateTable; so a restored table obeys the same
rules. Not copied, as the service does it: tags, stream, TTL, policies, deletion protection.
Source: DynamoDB API reference, BackupDescription; developer guide, "Restoring a table".
"""

from __future__ import annotations

from pelton.operations import JsonObject
from pelton.storage.catalog import Copy, Index, Table
from pelton.storage.transaction import Snapshot
from pelton.tables.encryption import encryption_description
from pelton.tables.key_schemas import to_wire
from pelton.tables.throughput import epoch_seconds

_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")


def create_request(table: Table) -> JsonObject:
    """The CreateTable request, without a name, that makes a table like this one."""
    definition = table.definition
    request: JsonObject = {
        "AttributeDefinitions": definition["AttributeDefinitions"],
        "KeySchema": to_wire(table.schema),
        "BillingMode": definition["BillingMode"],
    }
    if (throughput := definition.get("ProvisionedThroughput")) is not None:
        request["ProvisionedThroughput"] = _numbers(throughput)
    for member in ("OnDemandThroughput", "TableClass"):
        if definition.get(member) is not None:
            request[member] = definition[member]
    if (key := definition.get("EncryptionKey")) is not None:
        request["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    if local := [_index(index) for index in table.indexes if not index.is_global]:
        request["LocalSecondaryIndexes"] = local
    if remote := [_global_index(table, index) for index in table.indexes if index.is_global]:
        request["GlobalSecondaryIndexes"] = remote
    return request


def backup_detail(snapshot: Snapshot, table: Table, name: str) -> JsonObject:
    """What a backup keeps beside the items."""
    items, size = snapshot.counts(table)
    request = create_request(table)
    source: JsonObject = {
        "TableName": table.name,
        "TableId": table.uuid,
        "TableArn": table.arn,
        "TableSizeBytes": size,
        "KeySchema": request["KeySchema"],
        "TableCreationDateTime": epoch_seconds(table.created_ms),
        "ProvisionedThroughput": request.get("ProvisionedThroughput", dict.fromkeys(_UNITS, 0)),
        "ItemCount": items,
        "BillingMode": request["BillingMode"],
    }
    if "OnDemandThroughput" in request:
        source["OnDemandThroughput"] = request["OnDemandThroughput"]
    return {"Name": name, "Source": source, "Features": _features(table, request), "Request": request}


def backup_details(copy: Copy) -> JsonObject:
    """BackupDetails of a backup."""
    details: JsonObject = {
        "BackupArn": copy.arn,
        "BackupName": copy.detail["Name"],
        "BackupSizeBytes": copy.detail["Source"]["TableSizeBytes"],
        "BackupStatus": "AVAILABLE" if copy.is_whole else "CREATING",
        "BackupType": copy.kind,
        "BackupCreationDateTime": epoch_seconds(copy.created_ms),
    }
    if copy.expires_ms is not None:
        details["BackupExpiryDateTime"] = epoch_seconds(copy.expires_ms)
    return details


def backup_description(copy: Copy, status: str | None = None) -> JsonObject:
    """BackupDescription of a backup, as if it had that status."""
    details = backup_details(copy)
    return {
        "BackupDetails": details if status is None else {**details, "BackupStatus": status},
        "SourceTableDetails": copy.detail["Source"],
        "SourceTableFeatureDetails": copy.detail["Features"],
    }


def backup_summary(copy: Copy) -> JsonObject:
    """BackupSummary of a backup."""
    source = copy.detail["Source"]
    return {**{member: source[member] for member in ("TableName", "TableId", "TableArn")}, **backup_details(copy)}


def _features(table: Table, request: JsonObject) -> JsonObject:
    features: JsonObject = {
        member: request[member] for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes") if member in request
    }
    if table.stream is not None:
        features["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": table.stream.view_type}
    attribute = table.definition.get("TimeToLive")
    features["TimeToLiveDescription"] = (
        {"TimeToLiveStatus": "DISABLED"}
        if attribute is None
        else {"AttributeName": attribute, "TimeToLiveStatus": "ENABLED"}
    )
    if encryption := encryption_description(table.definition.get("EncryptionKey")):
        features["SSEDescription"] = encryption
    return features


def _index(index: Index) -> JsonObject:
    return {"IndexName": index.name, "KeySchema": to_wire(index.schema), "Projection": index.projection}


def _global_index(table: Table, index: Index) -> JsonObject:
    described = _index(index)
    if (throughput := table.definition.get("IndexThroughput", {}).get(index.name)) is not None:
        described["ProvisionedThroughput"] = _numbers(throughput)
    if (limits := table.definition.get("IndexOnDemand", {}).get(index.name)) is not None:
        described["OnDemandThroughput"] = limits
    return described


def _numbers(throughput: JsonObject) -> JsonObject:
    return {unit: throughput[unit] for unit in _UNITS}
