"""Reads about features that no table here has: answered as the service does for a table that never used them.

Source: DynamoDB API reference; recorded answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pelton.errors import WireError
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.transaction import Snapshot
from pelton.tables.lookup import described_table

#: Lists that are empty, by the member that holds them.
_LISTS = (
    ("ListContributorInsights", "ContributorInsightsSummaries"),
    ("ListGlobalTables", "GlobalTables"),
    ("ListExports", "ExportSummaries"),
    ("ListImports", "ImportSummaryList"),
)

Decide = Callable[[Snapshot], JsonObject]


class GlobalTableNotFound(WireError):
    """There is no global table of the first version: nobody can make one here."""

    code = "GlobalTableNotFoundException"


def unused_feature_operations() -> list[Operation]:
    """The operations."""
    lists = [Operation(name=name, access=Access.READ, prepare=partial(_empty, member)) for name, member in _LISTS]
    return [
        *lists,
        Operation(name="DescribeContributorInsights", access=Access.READ, prepare=_contributor_insights),
        Operation(name="DescribeKinesisStreamingDestination", access=Access.READ, prepare=_kinesis_destinations),
        Operation(name="DescribeGlobalTable", access=Access.READ, prepare=_global_table),
    ]


def _empty(member: str, _body: JsonObject, _context: RequestContext) -> Decide:
    return lambda _snapshot: {member: []}


def _contributor_insights(body: JsonObject, context: RequestContext) -> Decide:
    def decide(snapshot: Snapshot) -> JsonObject:
        table = described_table(snapshot, context, body["TableName"])
        index = {"IndexName": body["IndexName"]} if body.get("IndexName") is not None else {}
        return {"TableName": table.name, **index, "ContributorInsightsStatus": "DISABLED"}

    return decide


def _kinesis_destinations(body: JsonObject, context: RequestContext) -> Decide:
    def decide(snapshot: Snapshot) -> JsonObject:
        table = described_table(snapshot, context, body["TableName"])
        return {"TableName": table.name, "KinesisDataStreamDestinations": []}

    return decide


def global_table_missing(name: str) -> GlobalTableNotFound:
    """There is no global table of that name."""
    return GlobalTableNotFound(f"Global table not found: Global table with name: '{name}' does not exist.")


def _global_table(body: JsonObject, _context: RequestContext) -> Decide:
    raise global_table_missing(body["GlobalTableName"])
