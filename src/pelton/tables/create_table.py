"""CreateTable: check a table's definition in the service's order, then enter it in the catalog.

The answer says CREATING, as the service's does; the catalog holds an ACTIVE table at once, so the
first DescribeTable says ACTIVE and boto3's waiter does not sleep 20 seconds.
Source: DynamoDB API reference, CreateTable; recorded order and texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from pelton.arns import table_name_of
from pelton.errors import ValidationFailed
from pelton.items.schema import KeySchema
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.policies import put_policy
from pelton.storage.transaction import WriteTransaction
from pelton.tables.descriptions import created_description
from pelton.tables.encryption import encryption_key
from pelton.tables.errors import ENVELOPE, NotOffered, invalid_parameter, stream_view_type_missing, table_exists
from pelton.tables.index_definitions import IndexDefinition, global_indexes, local_indexes
from pelton.tables.key_schemas import attribute_types, key_schema
from pelton.tables.options import TableOptions
from pelton.tables.resource_policies import checked_policy, new_policy
from pelton.tables.tags import checked_tags
from pelton.tables.throughput import (
    ON_DEMAND,
    PROVISIONED,
    check_on_demand_limits,
    check_table_throughput,
    epoch_seconds,
)

#: What defines a table's key, with the paths that error texts have for it, in their order.
KEY_MEMBERS = {"KeySchema": "keySchema", "AttributeDefinitions": "attributeDefinitions"}
#: Members of the request that mean something Pelton does not have, and what to do instead.
NOT_OFFERED = {
    "GlobalTableSourceArn": "leave it out, a table lives in one region",
    "GlobalTableSettingsReplicationMode": "leave it out, a table lives in one region",
    "VectorIndexes": "leave it out",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTable:
    """A table as a valid CreateTable request defines it."""

    name: str
    schema: KeySchema
    definition: JsonObject
    indexes: tuple[IndexDefinition, ...]
    view_type: str | None  #: None: no stream
    policy: str | None  #: the resource policy's document


def create_table(options: TableOptions) -> Operation:
    """The operation CreateTable."""
    return Operation(name="CreateTable", access=Access.WRITE, prepare=partial(_prepare, options))


def _prepare(
    options: TableOptions, body: JsonObject, context: RequestContext
) -> Callable[[WriteTransaction], JsonObject]:
    requested = new_table(body, context)

    def decide(transaction: WriteTransaction) -> JsonObject:
        if transaction.table(context.account, context.region, requested.name) is not None:
            raise table_exists(requested.name)
        table = enter_table(transaction, requested, context, options)
        return {"TableDescription": created_description(table)}

    return decide


def new_table(body: JsonObject, context: RequestContext) -> NewTable:
    """The table that a CreateTable request defines.

    Raises:
        ValidationFailed: the first rule it breaks, in the service's order.
    """
    _check_keys_given(body)
    refuse_not_offered(body)
    billing_mode = body.get("BillingMode") or PROVISIONED
    check_table_throughput(billing_mode, body.get("ProvisionedThroughput"))
    schema, indexes = _keys(body, billing_mode)
    view_type = _view_type(body.get("StreamSpecification"))
    check_on_demand_limits(
        body.get("OnDemandThroughput"),
        "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.",
        billing_mode,
    )
    return NewTable(
        name=table_name_of(body["TableName"]),
        schema=schema,
        definition=_definition(body, billing_mode, indexes, context),
        indexes=tuple(indexes),
        view_type=view_type,
        policy=None if body.get("ResourcePolicy") is None else checked_policy(body["ResourcePolicy"]),
    )


def _check_keys_given(body: JsonObject) -> None:
    """The model asks for neither, since a replica takes both from its source; every other table needs them."""
    missing = [path for member, path in KEY_MEMBERS.items() if body.get(member) is None]
    if not missing:
        return
    faults = [f"Value null at '{path}' failed to satisfy constraint: Member must not be null" for path in missing]
    head = ENVELOPE if len(faults) == 1 else f"{len(faults)} validation errors detected: "
    raise ValidationFailed(head + "; ".join(faults))


def refuse_not_offered(body: JsonObject) -> None:
    """Refuse by name what a request asks for and nothing here would do."""
    for member, cure in NOT_OFFERED.items():
        if body.get(member) is not None:
            raise NotOffered(member, cure)


def _keys(body: JsonObject, billing_mode: str) -> tuple[KeySchema, list[IndexDefinition]]:
    elements, definitions = body["KeySchema"], body["AttributeDefinitions"]
    if len(elements) > len(definitions):
        raise ValidationFailed("Invalid KeySchema: Some index key attribute have no definition")
    types = attribute_types(definitions)
    schema = key_schema(elements, types)
    requested_local, requested_global = body.get("LocalSecondaryIndexes"), body.get("GlobalSecondaryIndexes")
    if requested_local is None and requested_global is None:
        if len(elements) != len(definitions):
            raise invalid_parameter(
                "Number of attributes in KeySchema does not exactly match number of attributes "
                "defined in AttributeDefinitions"
            )
        return schema, []
    local = local_indexes(requested_local, schema, types)
    indexes = [*local, *global_indexes(requested_global, local, types, billing_mode)]
    _check_definitions_used(types, schema, indexes)
    return schema, indexes


def _check_definitions_used(types: dict[str, str], schema: KeySchema, indexes: Sequence[IndexDefinition]) -> None:
    used = {
        attribute.name: None
        for owner in (schema, *(index.schema for index in indexes))
        for attribute in owner.attributes
    }
    if any(name not in used for name in types):
        raise invalid_parameter(
            "Some AttributeDefinitions are not used. "
            f"AttributeDefinitions: [{', '.join(types)}], keys used: [{', '.join(used)}]"
        )


def _view_type(specification: JsonObject | None) -> str | None:
    if specification is None:
        return None
    view_type: str | None = specification.get("StreamViewType")
    if not specification["StreamEnabled"]:
        if view_type is not None:
            raise invalid_parameter(
                "Table is being created with a stream disabled, UpdateViewType should not be specified"
            )
        return None
    if view_type is None:
        raise stream_view_type_missing()
    return view_type


def _definition(
    body: JsonObject, billing_mode: str, indexes: Sequence[IndexDefinition], context: RequestContext
) -> JsonObject:
    definition: JsonObject = {
        "AttributeDefinitions": body["AttributeDefinitions"],
        "BillingMode": billing_mode,
        "DeletionProtectionEnabled": bool(body.get("DeletionProtectionEnabled")),
        "Tags": checked_tags(body.get("Tags") or []),
    }
    for member in ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput", "TableClass"):
        if body.get(member) is not None:
            definition[member] = body[member]
    if billing_mode == ON_DEMAND:
        definition["LastUpdateToPayPerRequest"] = epoch_seconds(context.now_ms)
    if (key := encryption_key(body.get("SSESpecification"), context)) is not None:
        definition["EncryptionKey"] = key
    by_name: dict[str, dict[str, Any]] = {
        "IndexThroughput": {index.name: index.throughput for index in indexes if index.throughput},
        "IndexWarm": {index.name: index.warm for index in indexes if index.warm},
        "IndexOnDemand": {index.name: index.on_demand for index in indexes if index.on_demand},
    }
    definition.update({member: values for member, values in by_name.items() if values})
    return definition


def enter_table(
    transaction: WriteTransaction, requested: NewTable, context: RequestContext, options: TableOptions
) -> Table:
    """Enter the table, its indexes and its stream in the catalog; the name is free."""
    table = transaction.create_table(
        account=context.account,
        region=context.region,
        name=requested.name,
        uuid=random_uuid(options.random),
        schema=requested.schema,
        definition=requested.definition,
        now_ms=context.now_ms,
    )
    for index in requested.indexes:
        table = transaction.create_index(
            table, name=index.name, schema=index.schema, is_global=index.is_global, projection=index.projection
        )
    if requested.view_type is not None:
        table = transaction.enable_stream(table, requested.view_type, context.now_ms, options.shards)
    if requested.policy is not None:
        put_policy(transaction, table.arn, new_policy(requested.policy, context.now_ms))
    return table


def random_uuid(random: Random) -> str:
    """A version 4 UUID from the given source."""
    return str(UUID(int=random.getrandbits(128), version=4))
