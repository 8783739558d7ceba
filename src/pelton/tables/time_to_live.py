"""UpdateTimeToLive and DescribeTimeToLive: which attribute says when an item may go.

Here is the configuration; ``expiring`` deletes what has expired, in the background.
Source: DynamoDB API reference; recorded texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pelton.errors import ValidationFailed
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.expiry import drop_expiry, index_expiry
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.lookup import changeable_table, described_table
from pelton.tables.options import TableOptions


def time_to_live_operations(options: TableOptions) -> list[Operation]:
    """The two operations."""
    return [
        Operation(name="UpdateTimeToLive", access=Access.WRITE, prepare=partial(_update, options)),
        Operation(name="DescribeTimeToLive", access=Access.READ, prepare=_describe),
    ]


def _update(
    options: TableOptions, body: JsonObject, context: RequestContext
) -> Callable[[WriteTransaction], JsonObject]:
    specification = body["TimeToLiveSpecification"]
    is_enabling, attribute = specification["Enabled"], specification["AttributeName"]

    def decide(transaction: WriteTransaction) -> JsonObject:
        table = changeable_table(transaction, context, body["TableName"])
        _check(table.definition.get("TimeToLive"), attribute, is_enabling=is_enabling)
        definition = {member: value for member, value in table.definition.items() if member != "TimeToLive"}
        if is_enabling:
            definition["TimeToLive"] = attribute
            index_expiry(transaction, table, attribute)
            options.on_time_to_live()
        else:
            drop_expiry(transaction, table)
        transaction.replace_table(replace(table, definition=definition))
        return {"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": is_enabling}}

    return decide


def _describe(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    def decide(snapshot: Snapshot) -> JsonObject:
        attribute = described_table(snapshot, context, body["TableName"]).definition.get("TimeToLive")
        if attribute is None:
            return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
        return {"TimeToLiveDescription": {"AttributeName": attribute, "TimeToLiveStatus": "ENABLED"}}

    return decide


def _check(current: str | None, attribute: str, *, is_enabling: bool) -> None:
    if not is_enabling and current is None:
        raise ValidationFailed("TimeToLive is already disabled")
    if is_enabling and current == attribute:
        raise ValidationFailed("TimeToLive is already enabled")
    if current is not None and current != attribute:
        raise ValidationFailed(f"TimeToLive is active on a different AttributeName: current AttributeName is {current}")
