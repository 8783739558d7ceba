"""The answer of UpdateTable: what is changing says UPDATING, and numbers are still the old ones.

By the next DescribeTable all is done, backfills apart. Source: UpdateTable, recorded answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from pelton.operations import JsonObject
from pelton.storage.catalog import Table
from pelton.tables.index_changes import IndexChanges
from pelton.tables.throughput import asked_warm_description

_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")


def show_changes(description: JsonObject, old: JsonObject, table: Table, body: JsonObject) -> None:
    """Turn the description of the changed table into the request's answer.

    Args:
        description: of the table as it is now; changed in place.
        old: of the table as it was.
        table: as it is now.
        body: the request.
    """
    _keep_units(description, old)
    if body.get("OnDemandThroughput") is not None:
        # A ceiling that is taken away is shown once more, as -1.
        description["OnDemandThroughput"] = table.definition["OnDemandThroughput"]
    if body.get("WarmThroughput") is not None:
        description["WarmThroughput"] = asked_warm_description(table.definition["WarmThroughput"])
    if body.get("SSESpecification") is not None:
        shown = description.get("SSEDescription") or old["SSEDescription"]
        description["SSEDescription"] = {**shown, "Status": "UPDATING"}
    _show_index_changes(description, old, table, body)


def show_deleted_index(description: JsonObject, old: JsonObject, changes: IndexChanges) -> None:
    """The answer still shows the index that is going."""
    if changes.deleted is None:
        return
    shown = _by_name(old)[changes.deleted.name]
    rest = description.get("GlobalSecondaryIndexes", ())
    description["GlobalSecondaryIndexes"] = [*rest, {**shown, "IndexStatus": "DELETING"}]


def _show_index_changes(description: JsonObject, old: JsonObject, table: Table, body: JsonObject) -> None:
    updates = [update["Update"] for update in body.get("GlobalSecondaryIndexUpdates") or () if update.get("Update")]
    changed = {update["IndexName"]: update for update in updates}
    before = _by_name(old)
    is_switched = _billing_mode(description) != _billing_mode(old)
    for name, index in _by_name(description).items():
        if name not in before:
            index["Backfilling"] = False  # The answer is of the moment before.
        if name not in before or not (is_switched or name in changed):
            continue
        index["IndexStatus"] = "UPDATING"
        _keep_units(index, before[name])
        update = changed.get(name, {})
        if update.get("OnDemandThroughput") is not None:
            index["OnDemandThroughput"] = table.definition["IndexOnDemand"][name]
        if update.get("WarmThroughput") is not None:
            index["WarmThroughput"] = asked_warm_description(table.definition["IndexWarm"][name])


def _keep_units(description: JsonObject, old: JsonObject) -> None:
    units = {unit: old["ProvisionedThroughput"][unit] for unit in _UNITS}
    description["ProvisionedThroughput"] = {**description["ProvisionedThroughput"], **units}


def _billing_mode(description: JsonObject) -> str:
    mode: str = description.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    return mode


def _by_name(description: JsonObject) -> Mapping[str, JsonObject]:
    return {index["IndexName"]: index for index in description.get("GlobalSecondaryIndexes", ())}
