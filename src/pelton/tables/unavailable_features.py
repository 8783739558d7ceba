"""Changes to features that need a service which one machine does not have: Kinesis, S3, CloudWatch, other regions.

Each checks its table and what it names as the service does, answers with the service's own error where there is one,
and otherwise refuses by name, with the cure. Nothing is accepted and ignored.
Source: DynamoDB API reference; the modelled exceptions; recorded texts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pelton.errors import ValidationFailed, WireError
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.copies import recovery_of
from pelton.storage.transaction import Snapshot
from pelton.tables.backup_errors import PointInTimeRecoveryUnavailable, source_table
from pelton.tables.errors import NotOffered
from pelton.tables.lookup import described_table
from pelton.tables.unused_features import global_table_missing

Decide = Callable[[Snapshot], JsonObject]

_NO_STREAM = (
    "Table is not in a valid state to {verb} Kinesis Streaming Destination: "
    "No streaming destination with streamArn: {arn} found for table with tableName: {table}"
)


class ExportNotFound(WireError):
    """There is no such export: nobody can make one here."""

    code = "ExportNotFoundException"


class ImportNotFound(WireError):
    """There is no such import: nobody can make one here."""

    code = "ImportNotFoundException"


def unavailable_feature_operations() -> list[Operation]:
    """The operations; all read only, for none of them changes anything."""
    prepared: dict[str, Callable[[JsonObject, RequestContext], Decide]] = {
        "EnableKinesisStreamingDestination": partial(
            _of_table, "Kinesis destinations", "read the table's own stream (DynamoDB Streams)"
        ),
        "DisableKinesisStreamingDestination": partial(_no_destination, "disable"),
        "UpdateKinesisStreamingDestination": _update_destination,
        "UpdateContributorInsights": partial(
            _of_table, "contributor insights", "read the metrics of GET /_pelton/metrics"
        ),
        "ExportTableToPointInTime": _export,
        "DescribeExport": _export_missing,
        "ImportTable": _import,
        "DescribeImport": _import_missing,
        "CreateGlobalTable": _create_global_table,
        "UpdateGlobalTable": _global_table,
        "DescribeGlobalTableSettings": _global_table,
        "UpdateGlobalTableSettings": _global_table,
        "DescribeTableReplicaAutoScaling": _replica_auto_scaling,
        "UpdateTableReplicaAutoScaling": partial(
            _of_table, "auto scaling of replicas", "leave it out, a table lives in one region and is never throttled"
        ),
    }
    return [Operation(name=name, access=Access.READ, prepare=prepare) for name, prepare in prepared.items()]


def _of_table(feature: str, cure: str, body: JsonObject, context: RequestContext) -> Decide:
    def decide(snapshot: Snapshot) -> JsonObject:
        described_table(snapshot, context, body["TableName"])
        raise NotOffered(feature, cure)

    return decide


def _no_destination(verb: str, body: JsonObject, context: RequestContext) -> Decide:
    def decide(snapshot: Snapshot) -> JsonObject:
        table = described_table(snapshot, context, body["TableName"])
        raise ValidationFailed(_NO_STREAM.format(verb=verb, arn=body["StreamArn"], table=table.name))

    return decide


def _update_destination(body: JsonObject, context: RequestContext) -> Decide:
    configuration = body.get("UpdateKinesisStreamingConfiguration") or {}
    if all(value is None for value in configuration.values()):
        raise ValidationFailed(
            "Streaming destination cannot be updated with given parameters: "
            "UpdateKinesisStreamingConfiguration cannot be null or contain only null values"
        )
    return _no_destination("enable", body, context)


def _export(body: JsonObject, context: RequestContext) -> Decide:
    def decide(snapshot: Snapshot) -> JsonObject:
        table = source_table(snapshot, context, body["TableArn"])
        if recovery_of(snapshot, table.id) is None:
            raise PointInTimeRecoveryUnavailable(f"Point in time recovery is not enabled for table '{table.name}'")
        raise NotOffered("exports to S3", "scan the table, or restore it to the moment with RestoreTableToPointInTime")

    return decide


def _export_missing(body: JsonObject, _context: RequestContext) -> Decide:
    raise ExportNotFound(f"Export not found: {body['ExportArn']}")


def _import(_body: JsonObject, _context: RequestContext) -> Decide:
    raise NotOffered("imports from S3", "create the table and fill it with BatchWriteItem")


def _import_missing(body: JsonObject, _context: RequestContext) -> Decide:
    raise ImportNotFound(f"Import not found: {body['ImportArn']}")


def _create_global_table(body: JsonObject, context: RequestContext) -> Decide:
    def decide(snapshot: Snapshot) -> JsonObject:
        source_table(snapshot, context, body["GlobalTableName"])
        raise NotOffered("global tables", "leave it out, a table lives in one region")

    return decide


def _global_table(body: JsonObject, _context: RequestContext) -> Decide:
    raise global_table_missing(body["GlobalTableName"])


def _replica_auto_scaling(body: JsonObject, context: RequestContext) -> Decide:
    def decide(snapshot: Snapshot) -> JsonObject:
        table = described_table(snapshot, context, body["TableName"])
        described = {"TableName": table.name, "TableStatus": table.status, "Replicas": []}
        return {"TableAutoScalingDescription": described}

    return decide
