"""UpdateTable: stream, billing, deletion protection, table class, throughput and index changes.

The answer says UPDATING and shows the old throughput, as the service's does; the change itself is
done when the answer goes out.
Source: DynamoDB API reference, UpdateTable; recorded order and texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pelton.errors import ValidationFailed
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.transaction import WriteTransaction
from pelton.tables.backfilling import STEP_ITEMS, begin_at_once, status_of
from pelton.tables.billing import change_billing
from pelton.tables.create_table import refuse_not_offered
from pelton.tables.descriptions import table_description
from pelton.tables.encryption import change_encryption
from pelton.tables.errors import NotOffered, invalid_parameter, stream_view_type_missing, table_in_use
from pelton.tables.index_changes import IndexChanges, apply_index_changes, check_updates, index_changes
from pelton.tables.lookup import changeable_table
from pelton.tables.options import TableOptions
from pelton.tables.throughput import (
    PROVISIONED,
    check_bounds,
    check_on_demand_limits,
    epoch_seconds,
    raised_warm,
    warm_units,
)
from pelton.tables.update_descriptions import show_changes, show_deleted_index

#: Members that ask for a change; AttributeDefinitions alone is none.
CHANGES = (
    "ProvisionedThroughput",
    "BillingMode",
    "StreamSpecification",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "ReplicaUpdates",
    "TableClass",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
)
NOT_OFFERED = {
    "ReplicaUpdates": "leave it out, a table lives in one region",
    "MultiRegionConsistency": "leave it out, a table lives in one region",
    "GlobalTableWitnessUpdates": "leave it out, a table lives in one region",
    "DisassociationProtectionEnabled": "leave it out, a table lives in one region",
    "VectorIndexUpdates": "leave it out",
}


def update_table(options: TableOptions) -> Operation:
    """The operation UpdateTable."""
    return Operation(name="UpdateTable", access=Access.WRITE, prepare=partial(_prepare, options))


def _prepare(
    options: TableOptions, body: JsonObject, context: RequestContext
) -> Callable[[WriteTransaction], JsonObject]:
    _check_request(body)

    def decide(transaction: WriteTransaction) -> JsonObject:
        table = changeable_table(transaction, context, body["TableName"])
        if status_of(table) == "UPDATING":
            raise table_in_use(f"Table is being updated: {table.name}")
        _check_alone(body)
        definition = changed_definition(table, body, context)
        changes = index_changes(table, definition, body, context.now_ms)
        _check_index_throughput(table, definition, changes)
        if changes.created is not None and transaction.counts(table)[0] < STEP_ITEMS:
            begin_at_once(definition, changes.created.name)
        stream = _stream_change(table, body.get("StreamSpecification"))
        # Everything that can be refused has been decided: from here on the catalog changes.
        old = table_description(transaction, table, context.now_ms)
        if definition != table.definition:
            table = replace(table, definition=definition)
            transaction.replace_table(table)
        table = _apply_stream(transaction, table, stream, context.now_ms, options.shards)
        table = apply_index_changes(transaction, table, changes)
        if changes.created is not None:
            options.on_index_created()
        description = table_description(transaction, table, context.now_ms, status="UPDATING")
        show_changes(description, old, table, body)
        show_deleted_index(description, old, changes)
        return {"TableDescription": description}

    return decide


def _check_index_throughput(table: Table, definition: JsonObject, changes: IndexChanges) -> None:
    """A provisioned table has numbers for each of its global indexes."""
    if definition["BillingMode"] != PROVISIONED:
        return
    given = definition.get("IndexThroughput", {})
    kept = [index for index in table.indexes if index.is_global and index is not changes.deleted]
    if missing := [index.name for index in kept if index.name not in given]:
        raise invalid_parameter(f"ProvisionedThroughput must be specified for index: {','.join(missing)}")


def _check_request(body: JsonObject) -> None:
    """Refuse what needs no table to be seen as wrong, in the service's order."""
    for member, cure in NOT_OFFERED.items():
        if body.get(member) is not None:
            raise NotOffered(member, cure)
    refuse_not_offered(body)
    if all(body.get(member) is None for member in CHANGES):
        raise ValidationFailed(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
            "or SSESpecification or ReplicaUpdates is required"
        )
    throughput = body.get("ProvisionedThroughput")
    if body.get("BillingMode") == PROVISIONED and throughput is None:
        raise invalid_parameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    check_bounds(throughput)
    check_updates(body.get("GlobalSecondaryIndexUpdates") or ())


def _check_alone(body: JsonObject) -> None:
    """Refuse two changes that the service makes one after the other only."""
    if body.get("ProvisionedThroughput") is not None:
        if body.get("StreamSpecification") is not None:
            raise invalid_parameter("You cannot modify stream status while updating table IOPS")
        updates = body.get("GlobalSecondaryIndexUpdates") or ()
        if any(update.get("Create") or update.get("Delete") for update in updates):
            raise invalid_parameter("Cannot create or delete index while updating table IOPS")
    for member in ("TableClass", "SSESpecification"):
        if body.get(member) is None:
            continue
        if others := [other for other in CHANGES if other != member and body.get(other) is not None]:
            # The service's words are not known.
            raise invalid_parameter(f"{member} cannot be updated together with {', '.join(others)}")


def changed_definition(table: Table, body: JsonObject, context: RequestContext) -> JsonObject:
    """The table's definition after the request, stream and indexes apart.

    Raises:
        ValidationFailed: the change is none, or does not fit the billing mode.
    """
    definition = dict(table.definition)
    change_billing(definition, body, context.now_ms)
    if (limits := body.get("OnDemandThroughput")) is not None:
        check_on_demand_limits(
            limits,
            "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED",
            definition["BillingMode"],
        )
        definition["OnDemandThroughput"] = {**definition.get("OnDemandThroughput", {}), **limits}
    if body.get("DeletionProtectionEnabled") is not None:
        definition["DeletionProtectionEnabled"] = body["DeletionProtectionEnabled"]
    if body.get("TableClass") is not None:
        definition["TableClass"] = body["TableClass"]
        definition["TableClassUpdated"] = epoch_seconds(context.now_ms)
    if body.get("WarmThroughput") is not None:
        current = warm_units(definition.get("WarmThroughput"), definition.get("ProvisionedThroughput"))
        definition["WarmThroughput"] = raised_warm(body["WarmThroughput"], current)
    if body.get("SSESpecification") is not None:
        change_encryption(definition, body["SSESpecification"], context)
    return definition


def _stream_change(table: Table, specification: JsonObject | None) -> JsonObject | None:
    """The stream change to make, None for none.

    Raises:
        ValidationFailed: the stream is on or off already, or no view type is given.
    """
    if specification is None:
        return None
    if not specification["StreamEnabled"]:
        if table.stream is None:
            raise ValidationFailed(f"Table has no stream to disable: TableName: {table.name}")
        if specification.get("StreamViewType") is not None:
            raise ValidationFailed(
                "Invalid StreamViewType: Stream StreamEnabled was false but a StreamViewType was present."
            )
        return specification
    if table.stream is not None:
        raise ValidationFailed(f"Table already has an enabled stream: TableName: {table.name}")
    if specification.get("StreamViewType") is None:
        raise stream_view_type_missing()
    return specification


def _apply_stream(
    transaction: WriteTransaction, table: Table, specification: JsonObject | None, now_ms: int, shards: int
) -> Table:
    if specification is None:
        return table
    if specification["StreamEnabled"]:
        return transaction.enable_stream(table, specification["StreamViewType"], now_ms, shards)
    return transaction.disable_stream(table, now_ms)
