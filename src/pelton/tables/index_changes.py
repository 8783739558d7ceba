"""GlobalSecondaryIndexUpdates of UpdateTable: one index to create or delete, throughput of others.

A new index is entered empty and filled in the background (``backfilling``); a deleted one is gone at once.
Source: DynamoDB API reference, UpdateTable; developer guide, "Managing Global Secondary Indexes".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pelton.errors import ResourceNotFound, ValidationFailed
from pelton.operations import JsonObject
from pelton.storage.catalog import Index, Table
from pelton.storage.transaction import WriteTransaction
from pelton.tables.backfilling import begin_backfill, is_backfilling, without_backfill
from pelton.tables.billing import changed_numbers
from pelton.tables.errors import invalid_parameter, one_index_at_a_time
from pelton.tables.index_definitions import (
    GLOBAL_INDEXES_MAX,
    IndexDefinition,
    check_included_names,
    check_index_limits,
    global_index,
)
from pelton.tables.key_schemas import attribute_types
from pelton.tables.lookup import index_named
from pelton.tables.throughput import ON_DEMAND, check_bounds, raised_warm, warm_units

#: Where a definition keeps what an update of an index can set, by the request's member.
MEMBERS = {
    "ProvisionedThroughput": "IndexThroughput",
    "WarmThroughput": "IndexWarm",
    "OnDemandThroughput": "IndexOnDemand",
}


@dataclass(frozen=True, slots=True)
class IndexChanges:
    """What a valid request changes about the indexes of one table."""

    created: IndexDefinition | None = None
    deleted: Index | None = None


def check_updates(updates: Sequence[JsonObject]) -> None:
    """Refuse what needs no table to be seen as wrong.

    Raises:
        ValidationFailed: an update is empty, or two are of one index.
    """
    seen: set[str] = set()
    for update in updates:
        actions = [action for action in update.values() if action is not None]
        if len(actions) != 1:
            raise invalid_parameter(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        name = actions[0]["IndexName"]
        if name in seen:
            raise invalid_parameter(
                f"Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )
        seen.add(name)
        check_bounds(actions[0].get("ProvisionedThroughput"))


def index_changes(table: Table, definition: JsonObject, body: JsonObject, now_ms: int) -> IndexChanges:
    """What the request changes about indexes; what it sets for them goes into ``definition``.

    Args:
        table: as it is.
        definition: a copy of the table's, with the new billing mode; changed in place.
        body: a request that passed ``check_updates``.
        now_ms: when numbers change.

    Raises:
        LimitExceeded: more than one index would be created or deleted at a time.
        ResourceNotFound: an index to delete is not there.
        ValidationFailed: any other rule.
    """
    updates = body.get("GlobalSecondaryIndexUpdates") or ()
    creates = [update["Create"] for update in updates if update.get("Create") is not None]
    deletes = [update["Delete"]["IndexName"] for update in updates if update.get("Delete") is not None]
    is_filling = creates and any(is_backfilling(table, index) for index in table.indexes)
    if len(creates) + len(deletes) > 1 or is_filling:
        raise one_index_at_a_time()
    for update in updates:
        if update.get("Update") is not None:
            _set(table, definition, update["Update"], now_ms)
    deleted = _deleted(table, definition, deletes[0]) if deletes else None
    created = _created(table, definition, creates[0], body) if creates else None
    _merge_attributes(table, definition, body, IndexChanges(created, deleted))
    return IndexChanges(created, deleted)


def apply_index_changes(transaction: WriteTransaction, table: Table, changes: IndexChanges) -> Table:
    """Enter or drop the index; the table's definition is stored already."""
    if changes.deleted is not None:
        table = transaction.drop_index(table, changes.deleted)
    if (index := changes.created) is not None:
        table = transaction.create_index(
            table, name=index.name, schema=index.schema, is_global=True, projection=index.projection
        )
    return table


def _set(table: Table, definition: JsonObject, update: JsonObject, now_ms: int) -> None:
    name = update["IndexName"]
    index = index_named(table, name)
    if index is None or not index.is_global:
        raise ValidationFailed(
            "This operation cannot be performed with given input values. "
            "Please contact DynamoDB service team for more info: Action Blocked: IndexUpdate"
        )
    changed = {member: update[member] for member in MEMBERS if update.get(member) is not None}
    if (throughput := changed.get("ProvisionedThroughput")) is not None:
        if definition["BillingMode"] == ON_DEMAND:
            raise invalid_parameter(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        current = _throughput(definition, name)
        changed["ProvisionedThroughput"] = changed_numbers(current, throughput, now_ms, f"index {name}")
    if (warm := changed.get("WarmThroughput")) is not None:
        given = warm_units(
            definition.get("IndexWarm", {}).get(name),
            changed.get("ProvisionedThroughput") or _throughput(definition, name),
        )
        changed["WarmThroughput"] = raised_warm(warm, given, f"index {name}")
    check_index_limits(name, changed.get("OnDemandThroughput"), definition["BillingMode"])
    for member, value in changed.items():
        kept = MEMBERS[member]
        definition[kept] = {**definition.get(kept, {}), name: value}


def _throughput(definition: JsonObject, name: str) -> JsonObject | None:
    throughput: JsonObject | None = definition.get("IndexThroughput", {}).get(name)
    return throughput


def _deleted(table: Table, definition: JsonObject, name: str) -> Index:
    index = index_named(table, name)
    if index is None or not index.is_global:
        raise ResourceNotFound("Requested resource not found")
    for kept in MEMBERS.values():
        if name in definition.get(kept, {}):
            definition[kept] = {other: value for other, value in definition[kept].items() if other != name}
    without_backfill(definition, name)
    return index


def _created(table: Table, definition: JsonObject, create: JsonObject, body: JsonObject) -> IndexDefinition:
    name = create["IndexName"]
    if index_named(table, name) is not None:
        raise ValidationFailed("Attempting to create an index which already exists")
    stored = attribute_types(table.definition["AttributeDefinitions"])
    # New keys are declared again; what is declared again keeps its stored type.
    declared = attribute_types(body.get("AttributeDefinitions") or ())
    types = {attribute: stored.get(attribute, type_) for attribute, type_ in declared.items()}
    index = global_index(create, types, definition["BillingMode"])
    others = [other for other in table.indexes if other.is_global]
    if len(others) >= GLOBAL_INDEXES_MAX:
        raise invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of 20")
    check_included_names([other.projection for other in table.indexes] + [index.projection])
    for member, value in (
        ("IndexThroughput", index.throughput),
        ("IndexWarm", index.warm),
        ("IndexOnDemand", index.on_demand),
    ):
        if value is not None:
            definition[member] = {**definition.get(member, {}), name: value}
    begin_backfill(definition, name)
    return index


def _merge_attributes(table: Table, definition: JsonObject, body: JsonObject, changes: IndexChanges) -> None:
    """AttributeDefinitions are a delta: merged by name, types of known ones kept, those no key uses dropped."""
    schemas = [table.schema, *(index.schema for index in table.indexes if index is not changes.deleted)]
    if changes.created is not None:
        schemas.append(changes.created.schema)
    used = {attribute.name for schema in schemas for attribute in schema.attributes}
    types = attribute_types(body.get("AttributeDefinitions") or ()) | attribute_types(
        definition["AttributeDefinitions"]
    )
    stored = [element["AttributeName"] for element in definition["AttributeDefinitions"]]
    names = [name for name in dict.fromkeys((*stored, *types)) if name in used]
    definition["AttributeDefinitions"] = [{"AttributeName": name, "AttributeType": types[name]} for name in names]
