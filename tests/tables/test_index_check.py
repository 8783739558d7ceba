"""The check of a stopped folder holds every index against its table."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from pelton.storage.check import check
from pelton.tables.backfilling import expected_rows

from .conftest import Tables, table_request

STATE = {"AttributeName": "state", "AttributeType": "S"}
BY_STATE = {
    "IndexName": "by_state",
    "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stopped folder with three items, two of them in the index."""
    tables = Tables(tmp_path)
    request = table_request("orders", GlobalSecondaryIndexes=[BY_STATE])
    request["AttributeDefinitions"] = [*request["AttributeDefinitions"], STATE]
    tables.call("CreateTable", request)
    for number, state in enumerate(({"state": {"S": "new"}}, {"state": {"S": "old"}}, {})):
        tables.put("orders", {"id": {"S": str(number)}, **state})
    tables.storage.close()
    return tmp_path


def test_an_index_that_is_its_table_is_no_problem(folder: Path) -> None:
    assert check(folder, expected_rows).problems == ()


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE index_1 SET body = replace(body, 'old', 'bad')", "has not what the item under key"),
        ("UPDATE index_1 SET key = x'00' WHERE rowid = 1", "has not what the item under key"),
        ("INSERT INTO index_1 (key, size, body) VALUES (x'00', 2, '{}')", "holds 3 rows, its table's items give 2"),
    ],
)
def test_an_index_that_is_not_its_table_is_named(folder: Path, damage: str, problem: str) -> None:
    connection = apsw.Connection(str(folder / "pelton.db"))
    connection.execute(damage)
    connection.close()

    assert any(f"index by_state: {problem}" in found for found in check(folder, expected_rows).problems)
