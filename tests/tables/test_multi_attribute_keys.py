"""Queries of a global index whose key has several attributes: two to partition by, two to sort by."""

from __future__ import annotations

import pytest

from pelton.errors import ValidationFailed

from .conftest import Json, Tables, table_request

NAMES = ("a", "b", "c", "d")
VALUES: Json = {":a": {"S": "x"}, ":b": {"N": "1"}, ":c": {"S": "c1"}, ":d": {"N": "6"}}
MISSED = "Query condition missed key schema element: "
NOT_EQUAL = (
    "RANGE key attributes c must have equality conditions specified in the query "
    "because a condition is present on key attribute d"
)
INDEX: Json = {
    "IndexName": "by_four",
    "KeySchema": [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(NAMES, ("HASH", "HASH", "RANGE", "RANGE"), strict=True)
    ],
    "Projection": {"ProjectionType": "ALL"},
}


@pytest.fixture
def indexed(tables: Tables) -> Tables:
    """Six items in one partition of the index, and one that lacks a key attribute."""
    request = table_request(GlobalSecondaryIndexes=[INDEX])
    request["AttributeDefinitions"] += [
        {"AttributeName": name, "AttributeType": kind} for name, kind in zip(NAMES, "SNSN", strict=True)
    ]
    tables.call("CreateTable", request)
    for number in range(6):
        keys = {"a": VALUES[":a"], "b": VALUES[":b"], "c": {"S": f"c{number % 2}"}, "d": {"N": str(10 - number)}}
        tables.put("orders", {"id": {"S": str(number)}, **keys})
    tables.put("orders", {"id": {"S": "outside"}, "a": VALUES[":a"], "b": VALUES[":b"], "c": VALUES[":c"]})
    return tables


def query(tables: Tables, condition: str, **members: object) -> Json:
    values = {name: value for name, value in VALUES.items() if name in condition}
    request = {"TableName": "orders", "IndexName": "by_four", "KeyConditionExpression": condition}
    return tables.call("Query", {**request, "ExpressionAttributeValues": values, **members})


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        # In the order of the sort attributes, the first first.
        ("a = :a AND b = :b", "420531"),
        ("a = :a AND b = :b AND c = :c", "531"),
        ("d > :d AND c = :c AND b = :b AND a = :a", "31"),
        ("a = :a AND b = :b AND c = :c AND d BETWEEN :d AND :d", ""),
        ("a = :a AND b = :b AND begins_with(c, :c)", "531"),
        ("a = :a AND b = :b AND c < :c", "420"),
    ],
)
def test_a_query_reads_its_range_in_order(indexed: Tables, condition: str, ids: str) -> None:
    assert "".join(item["id"]["S"] for item in query(indexed, condition)["Items"]) == ids


def test_a_page_ends_with_all_keys_and_goes_on_from_there(indexed: Tables) -> None:
    condition = "a = :a AND b = :b"
    first = query(indexed, condition, Limit=4, ScanIndexForward=False)

    rest = query(indexed, condition, ExclusiveStartKey=first["LastEvaluatedKey"], ScanIndexForward=False)

    assert set(first["LastEvaluatedKey"]) == {"id", *NAMES}
    assert [item["id"]["S"] for item in first["Items"] + rest["Items"]] == list("135024")


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("a = :a", MISSED + "b"),
        ("b = :b", MISSED + "a"),
        ("a = :a AND c = :c", MISSED + "b"),
        ("a = :a AND b > :b", "Query key condition not supported"),
        ("a = :a AND b = :b AND d = :d", NOT_EQUAL),
        ("a = :a AND b = :b AND c > :c AND d = :d", NOT_EQUAL),
        # Of the table's key nothing can be asked.
        ("a = :a AND b = :b AND id = :c", MISSED + "c"),
        ("a = :a AND b = :b AND c > :c AND id = :c", MISSED + "d"),
        (
            "a = :a AND b = :b AND c = :c AND d = :d AND id = :c",
            "The number of query conditions (5) exceeds the number of key attributes defined in the schema (4)",
        ),
    ],
)
def test_a_condition_that_is_no_range_is_refused(indexed: Tables, condition: str, text: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        query(indexed, condition)

    assert caught.value.message == text


def test_a_start_key_names_every_key_attribute(indexed: Tables) -> None:
    start = {"id": {"S": "2"}, "a": VALUES[":a"], "b": VALUES[":b"], "c": VALUES[":c"]}

    with pytest.raises(ValidationFailed, match=r"^The provided starting key is invalid$"):
        query(indexed, "a = :a AND b = :b", ExclusiveStartKey=start)


def test_a_filter_names_none_of_the_queried_keys(indexed: Tables) -> None:
    with pytest.raises(ValidationFailed, match=r"contain non-primary key attributes: Primary key attribute: d$"):
        query(indexed, "a = :a AND b = :b", FilterExpression="attribute_exists(d)")
