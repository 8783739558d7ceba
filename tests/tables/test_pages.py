"""Pages of many rows: read in pieces, each on the last commit, and whole all the same."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from pelton.errors import ResourceNotFound
from pelton.operations import Access, RequestContext, Unfinished
from tests.tables.conftest import Json, Tables, table_request

#: More rows than two pieces look into.
ROWS = 250
CONTEXT = RequestContext(account="000000000000", region="us-east-1", now_ms=0, request_id="R")
ALL = {"FilterExpression": "attribute_not_exists(secret)"}
OF_ADA = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "ada"}}, **ALL}
SELECT = "SELECT * FROM visits WHERE id = 'ada' AND secret IS MISSING"


@pytest.fixture
def rows(visits: Tables) -> Tables:
    for first in range(0, ROWS, 25):
        puts = [{"PutRequest": {"Item": visit(at)}} for at in range(first, first + 25)]
        visits.call("BatchWriteItem", {"RequestItems": {"visits": puts}})
    return visits


def visit(at: int, **others: Json) -> Json:
    return {"id": {"S": "ada"}, "at": {"N": str(at)}, **others}


def begin(tables: Tables, name: str, body: Json) -> Any:
    """What the operation answers after its first piece."""
    operation = tables.operations[name]
    access, decide = operation.access, operation.prepare(body, CONTEXT)
    if access is Access.AS_PREPARED:
        access, decide = decide
    return decide(tables.storage.snapshot())


def go_on(tables: Tables, read: Any) -> Any:
    """The answer, each further piece on the last commit."""
    while isinstance(read, Unfinished):
        read = read.go_on(tables.storage.snapshot())
    return orjson.loads(orjson.dumps(read))


def times(items: list[Json]) -> list[int]:
    return [int(item["at"]["N"]) for item in items]


@pytest.mark.parametrize(
    ("name", "request_", "expected"),
    [
        ("Scan", {"TableName": "visits", **ALL}, range(ROWS)),
        ("Scan", {"TableName": "visits", **ALL, "Limit": 220}, range(220)),
        ("Query", {"TableName": "visits", **OF_ADA}, range(ROWS)),
        ("Query", {"TableName": "visits", **OF_ADA, "ScanIndexForward": False}, range(ROWS - 1, -1, -1)),
        ("ExecuteStatement", {"Statement": SELECT}, range(ROWS)),
        ("ExecuteStatement", {"Statement": SELECT + " ORDER BY at DESC"}, range(ROWS - 1, -1, -1)),
    ],
    ids=["scan", "limit", "query", "descending", "select", "ordered"],
)
def test_pieces_make_the_page(rows: Tables, name: str, request_: Json, expected: range) -> None:
    read = begin(rows, name, request_)

    assert isinstance(read, Unfinished)
    assert times(go_on(rows, read)["Items"]) == list(expected)


def test_a_page_of_few_rows_is_read_at_once(rows: Tables) -> None:
    assert len(begin(rows, "Scan", {"TableName": "visits", **ALL, "Limit": 50})["Items"]) == 50


def test_rows_that_are_not_looked_into_come_in_large_pieces(rows: Tables) -> None:
    assert len(begin(rows, "Scan", {"TableName": "visits"})["Items"]) == ROWS


def test_a_piece_sees_what_was_written_while_it_waited(rows: Tables) -> None:
    read = begin(rows, "Scan", {"TableName": "visits", **ALL})
    rows.put("visits", visit(3, late={"BOOL": True}))  # The first piece has passed it.
    rows.put("visits", visit(240, late={"BOOL": True}))
    rows.call("DeleteItem", {"TableName": "visits", "Key": visit(249)})

    page = go_on(rows, read)

    assert (times(page["Items"]), page["ScannedCount"]) == (list(range(249)), 249)
    assert [item["at"]["N"] for item in page["Items"] if "late" in item] == ["240"]


def test_a_page_whose_place_was_deleted_goes_on_behind_it(rows: Tables) -> None:
    read = begin(rows, "Scan", {"TableName": "visits", **ALL})
    for at in range(90, 110):
        rows.call("DeleteItem", {"TableName": "visits", "Key": visit(at)})

    page = go_on(rows, read)

    # Those that the first piece has read are shown.
    assert times(page["Items"]) == [*range(100), *range(110, ROWS)]


@pytest.mark.parametrize("is_made_again", [False, True])
def test_a_table_that_goes_ends_the_page(rows: Tables, is_made_again: bool) -> None:
    read = begin(rows, "Scan", {"TableName": "visits", **ALL})
    rows.call("DeleteTable", {"TableName": "visits"})
    if is_made_again:
        rows.call("CreateTable", table_request("visits", sort="N"))

    with pytest.raises(ResourceNotFound):
        go_on(rows, read)
