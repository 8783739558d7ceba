"""Features that no table has, and the page that says what is served."""

from __future__ import annotations

from pathlib import Path
from random import Random

import botocore.session
import pytest

from pelton.errors import ResourceNotFound
from pelton.tables import TableOptions, operations
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


def test_the_compatibility_page_tells_of_every_operation() -> None:
    known = set(botocore.session.get_session().get_service_model("dynamodb").operation_names)
    rows = PAGE.read_text().replace("|", " ").replace(",", " ").split()

    assert known - set(rows) == set()
    assert set(operations(TableOptions(random=Random(1)))) <= known
