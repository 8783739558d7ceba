"""RestoreTableFromBackup and RestoreTableToPointInTime: a new table from a copy, filled in the background.

The new table is made by the rules of CreateTable from what the copy says of the old one and the request overrides. It
is CREATING, and can be neither read nor written, until its items and index rows are whole; how far that is stands in
its definition, stored with the rows. A small table is ACTIVE by the first DescribeTable.
Source: DynamoDB API reference of the two; developer guide, "Restoring a table".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pelton.errors import ValidationFailed
from pelton.operations import JsonObject, RequestContext
from pelton.storage.catalog import Copy, Table
from pelton.storage.copies import copied_items, copy_by_id, recovered_items
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.backup_errors import TableAlreadyExists
from pelton.tables.create_table import enter_table, new_table
from pelton.tables.descriptions import created_description
from pelton.tables.index_rows import index_entries
from pelton.tables.options import TableOptions
from pelton.tables.throughput import ON_DEMAND, PROVISIONED, epoch_seconds

#: Items of one step: the writer is held for as long as it takes to make their index rows.
STEP_ITEMS = 100

#: Members of a CreateTable request that a restore overrides whole, by the restore's own member.
_OVERRIDES = {
    "ProvisionedThroughputOverride": "ProvisionedThroughput",
    "OnDemandThroughputOverride": "OnDemandThroughput",
    "SSESpecificationOverride": "SSESpecification",
}
_INDEX_OVERRIDES = {
    "LocalSecondaryIndexOverride": "LocalSecondaryIndexes",
    "GlobalSecondaryIndexOverride": "GlobalSecondaryIndexes",
}


def restore(
    transaction: WriteTransaction,
    request: JsonObject,
    body: JsonObject,
    source: JsonObject,
    context: RequestContext,
    options: TableOptions,
) -> JsonObject:
    """Begin a restore; its answer.

    Args:
        transaction: where.
        request: a CreateTable request without a name (``create_request``).
        body: the restore's, with its overrides.
        source: of the definition's ``Restore``: Copy, UpTo (of a history) and what the summary shows.
        context: who asks.
        options: of the room.

    Raises:
        TableAlreadyExists: the name is taken.
        ValidationFailed: an override breaks a rule.
    """
    target = body["TargetTableName"]
    if transaction.table(context.account, context.region, target) is not None:
        raise TableAlreadyExists(f"Table already exists: {target}")
    wanted = new_table({"TableName": target, **_overridden(request, body)}, context)
    table = enter_table(transaction, wanted, context, options)
    progress = {**source, "Position": "", "InProgress": True}
    table = replace(table, status="CREATING", definition={**table.definition, "Restore": progress})
    transaction.replace_table(table)
    answer = created_description(table)
    if restore_step(transaction, table):
        options.on_copies()
    return {"TableDescription": answer}


def restore_step(transaction: WriteTransaction, table: Table) -> bool:
    """Fill a bounded part of a table that is being restored; whether more is left."""
    progress = table.definition["Restore"]
    copy = copy_by_id(transaction, progress["Copy"])
    if not copy.is_whole:
        return True  # Point-in-time recovery was enabled a moment ago; its base is still being taken.
    after = bytes.fromhex(progress["Position"])
    if copy.kind == "RECOVERY":
        items, last = recovered_items(transaction, copy, progress["UpTo"], after, STEP_ITEMS)
    else:
        items, last = copied_items(transaction, copy, after, STEP_ITEMS)
    transaction.restore_rows(table, None, items)
    for index in table.indexes:
        entries = (index_entries(table, index, item) for item in items)
        transaction.restore_rows(table, index, [entry for entry in entries if entry is not None])
    done = {**progress, "Position": "" if last is None else last.hex(), "InProgress": last is not None}
    transaction.replace_table(
        replace(
            table,
            status="ACTIVE" if last is None else "CREATING",
            definition={**table.definition, "Restore": done},
        )
    )
    return last is not None


def is_restoring(table: Table) -> bool:
    """Whether the table is being filled from a copy."""
    return bool(table.definition.get("Restore", {}).get("InProgress"))


def is_restoring_from(snapshot: Snapshot, copy: Copy) -> bool:
    """Whether a table is being filled from this copy."""
    return any(
        is_restoring(table) and table.definition["Restore"]["Copy"] == copy.id for table in snapshot.all_tables()
    )


def restore_source(copy: Copy, table_arn: str, moment_ms: int, up_to: int | None = None) -> JsonObject:
    """Where a restore takes its items from, as the new table's definition keeps it."""
    source: JsonObject = {"Copy": copy.id, "TableArn": table_arn, "DateTime": epoch_seconds(moment_ms)}
    if up_to is not None:
        source["UpTo"] = up_to
    if copy.arn is not None:
        source["BackupArn"] = copy.arn
    return source


def _overridden(request: JsonObject, body: JsonObject) -> JsonObject:
    wanted = dict(request)
    billing_mode = body.get("BillingModeOverride")
    if billing_mode is not None and billing_mode != wanted["BillingMode"]:
        wanted["BillingMode"] = billing_mode
        _drop_numbers(wanted, billing_mode)
    for member, overridden in _OVERRIDES.items():
        if body.get(member) is not None:
            wanted[overridden] = body[member]
    for member, overridden in _INDEX_OVERRIDES.items():
        if body.get(member) is not None:
            _check_indexes(request.get(overridden, ()), body[member])
            wanted.pop(overridden, None)
            if body[member]:
                wanted[overridden] = body[member]
    wanted["AttributeDefinitions"] = _used_definitions(wanted)
    return wanted


def _drop_numbers(wanted: JsonObject, billing_mode: str) -> None:
    """What the other billing mode has no use for."""
    member = "ProvisionedThroughput" if billing_mode == ON_DEMAND else "OnDemandThroughput"
    assert billing_mode in (ON_DEMAND, PROVISIONED), "the model knows no other"
    wanted.pop(member, None)
    if "GlobalSecondaryIndexes" in wanted:
        wanted["GlobalSecondaryIndexes"] = [
            {name: value for name, value in index.items() if name != member}
            for index in wanted["GlobalSecondaryIndexes"]
        ]


def _check_indexes(there: Sequence[JsonObject], wanted: Sequence[JsonObject]) -> None:
    """Indexes can be left out, not changed or added; the text is ours."""
    known = {index["IndexName"]: index for index in there}
    for index in wanted:
        source = known.get(index["IndexName"])
        if source is None or _shape(source) != _shape(index):
            raise ValidationFailed(
                "One or more parameter values were invalid: "
                f"Index does not match an index of the source table: {index['IndexName']}"
            )


def _shape(index: JsonObject) -> object:
    projection = index["Projection"]
    return index["KeySchema"], projection.get("ProjectionType"), sorted(projection.get("NonKeyAttributes") or ())


def _used_definitions(wanted: JsonObject) -> list[JsonObject]:
    """Definitions of attributes that are keys still."""
    owners = (wanted, *wanted.get("LocalSecondaryIndexes", ()), *wanted.get("GlobalSecondaryIndexes", ()))
    used = {element["AttributeName"] for owner in owners for element in owner["KeySchema"]}
    return [definition for definition in wanted["AttributeDefinitions"] if definition["AttributeName"] in used]
