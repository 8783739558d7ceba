"""Features that no table has, and the page that says what is served."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import botocore.session
import pytest

from pelton.errors import ResourceNotFound, ValidationFailed, WireError
from pelton.tables import TableOptions, operations
from pelton.tables.backup_errors import PointInTimeRecoveryUnavailable, TableNotFound
from pelton.tables.unavailable_features import ExportNotFound, ImportNotFound
from pelton.tables.unused_features import GlobalTableNotFound
from tests.tables.conftest import Tables, table_request

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "compatibility.md"


@pytest.fixture
def orders(tmp_path: Path) -> Tables:
    tables = Tables(tmp_path / "data")
    tables.call("CreateTable", table_request())
    return tables


def test_a_table_has_no_insights_and_no_destinations(orders: Tables) -> None:
    insights = orders.call("DescribeContributorInsights", {"TableName": "orders"})
    destinations = orders.call("DescribeKinesisStreamingDestination", {"TableName": "orders"})

    assert insights == {"TableName": "orders", "ContributorInsightsStatus": "DISABLED"}
    assert destinations == {"TableName": "orders", "KinesisDataStreamDestinations": []}
    with pytest.raises(ResourceNotFound):
        orders.call("DescribeContributorInsights", {"TableName": "gone"})


@pytest.mark.parametrize("name", ["ListContributorInsights", "ListExports", "ListGlobalTables", "ListImports"])
def test_lists_of_what_nobody_made_are_empty(orders: Tables, name: str) -> None:
    assert list(orders.call(name, {}).values()) == [[]]


def test_there_are_no_global_tables(orders: Tables) -> None:
    with pytest.raises(GlobalTableNotFound):
        orders.call("DescribeGlobalTable", {"GlobalTableName": "orders"})


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("EnableKinesisStreamingDestination", {"TableName": "orders"}, "Pelton does not offer Kinesis destinations"),
    ("UpdateContributorInsights", {"TableName": "orders"}, "Pelton does not offer contributor insights"),
    ("UpdateTableReplicaAutoScaling", {"TableName": "orders"}, "Pelton does not offer auto scaling of replicas"),
    ("ImportTable", {}, "Pelton does not offer imports from S3"),
    ("CreateGlobalTable", {"GlobalTableName": "orders"}, "Pelton does not offer global tables"),
    (
        "DisableKinesisStreamingDestination",
        {"TableName": "orders", "StreamArn": "arn:k"},
        "No streaming destination with streamArn: arn:k found for table with tableName: orders",
    ),
    (
        "UpdateKinesisStreamingDestination",
        {"TableName": "orders", "StreamArn": "arn:k"},
        "UpdateKinesisStreamingConfiguration cannot be null or contain only null values",
    ),
]


@pytest.mark.parametrize(("name", "body", "text"), REFUSED)
def test_what_one_machine_cannot_do_is_refused_by_name(
    orders: Tables, name: str, body: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValidationFailed, match=text):
        orders.call(name, body)


MISSING: list[tuple[str, dict[str, Any], type[WireError]]] = [
    ("EnableKinesisStreamingDestination", {"TableName": "gone"}, ResourceNotFound),
    ("UpdateContributorInsights", {"TableName": "gone"}, ResourceNotFound),
    ("CreateGlobalTable", {"GlobalTableName": "gone"}, TableNotFound),
    ("UpdateGlobalTable", {"GlobalTableName": "orders"}, GlobalTableNotFound),
    ("DescribeGlobalTableSettings", {"GlobalTableName": "orders"}, GlobalTableNotFound),
    ("UpdateGlobalTableSettings", {"GlobalTableName": "orders"}, GlobalTableNotFound),
    ("DescribeExport", {"ExportArn": "arn"}, ExportNotFound),
    ("DescribeImport", {"ImportArn": "arn"}, ImportNotFound),
    ("ExportTableToPointInTime", {"TableArn": "gone"}, TableNotFound),
    ("ExportTableToPointInTime", {"TableArn": "orders"}, PointInTimeRecoveryUnavailable),
]


@pytest.mark.parametrize(("name", "body", "fault"), MISSING)
def test_what_is_not_there_is_told_in_the_services_words(
    orders: Tables, name: str, body: dict[str, Any], fault: type[WireError]
) -> None:
    with pytest.raises(fault):
        orders.call(name, body)


def test_a_table_without_replicas_has_no_auto_scaling_of_them(orders: Tables) -> None:
    answer = orders.call("DescribeTableReplicaAutoScaling", {"TableName": "orders"})

    assert answer == {"TableAutoScalingDescription": {"TableName": "orders", "TableStatus": "ACTIVE", "Replicas": []}}


SECTIONS = {"dynamodb": "## DynamoDB", "dynamodbstreams": "## DynamoDB Streams"}


@pytest.mark.parametrize("service", SECTIONS)
def test_the_compatibility_page_has_a_row_for_every_operation(service: str) -> None:
    known = set(botocore.session.get_session().get_service_model(service).operation_names)
    section = PAGE.read_text().partition(f"{SECTIONS[service]}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("|")]

    told = {word for names, what in rows if what.strip() for word in re.findall(r"[A-Za-z]+", names)}

    assert known - told == set()


def test_the_compatibility_page_says_not_offered_of_what_is_not_served() -> None:
    served = set(operations(TableOptions(random=Random(1))))
    known = set(botocore.session.get_session().get_service_model("dynamodb").operation_names)
    rows = [line.split("|")[1:3] for line in PAGE.read_text().splitlines() if line.startswith("|")]
    refused = {word for names, what in rows if "not offered" in what for word in re.findall(r"[A-Za-z]+", names)}

    assert served <= known
    assert known - served - refused == set()
