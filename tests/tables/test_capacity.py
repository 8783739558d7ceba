"""What the service would have charged, and how it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Json, Tables, table_request

KEY = {"id": {"S": "a"}}
LARGE = {"S": "x" * 2500}
TWO_INDEXES: Json = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "at", "g", "l")],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "gsi",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "lsi",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
ITEM = {**KEY, "at": {"S": "1"}, "g": {"S": "x"}, "l": {"S": "y"}, "big": LARGE}
ITEM_KEY = {**KEY, "at": {"S": "1"}}


@pytest.fixture
def indexed(tables: Tables) -> Tables:
    tables.call("CreateTable", table_request(**TWO_INDEXES))
    return tables


def charged(tables: Tables, name: str, body: Json, detail: str = "INDEXES") -> Any:
    request = {"TableName": "orders", "ReturnConsumedCapacity": detail, **body}
    return tables.call(name, request)["ConsumedCapacity"]


def units(table: float, gsi: float | None = None, lsi: float | None = None) -> Json:
    expected: Json = {"TableName": "orders", "CapacityUnits": table + (gsi or 0) + (lsi or 0)}
    expected["Table"] = {"CapacityUnits": table}
    if gsi is not None:
        expected["GlobalSecondaryIndexes"] = {"gsi": {"CapacityUnits": gsi}}
    if lsi is not None:
        expected["LocalSecondaryIndexes"] = {"lsi": {"CapacityUnits": lsi}}
    return expected


def setting(name: str, text: str) -> Json:
    return {
        "Key": ITEM_KEY,
        "UpdateExpression": f"SET {name} = :v",
        "ExpressionAttributeValues": {":v": {"S": text}},
    }


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        # The same item again: the indexes are not touched.
        ("PutItem", {"Item": ITEM}, units(3.0)),
        # The key of the global index moves; the local one holds the attribute.
        ("UpdateItem", setting("g", "z"), units(3.0, gsi=2.0, lsi=3.0)),
        ("UpdateItem", setting("note", "z"), units(3.0, lsi=3.0)),
        ("DeleteItem", {"Key": ITEM_KEY}, units(3.0, gsi=1.0, lsi=3.0)),
        ("DeleteItem", {"Key": {**KEY, "at": {"S": "none"}}}, units(1.0)),
        ("GetItem", {"Key": ITEM_KEY}, units(0.5)),
        ("GetItem", {"Key": {**KEY, "at": {"S": "none"}}, "ConsistentRead": True}, units(1.0)),
        ("Scan", {"IndexName": "gsi"}, units(0.0, gsi=0.5)),
        ("Scan", {"IndexName": "lsi", "ConsistentRead": True}, units(0.0, lsi=1.0)),
    ],
)
def test_each_request_is_charged_for_table_and_indexes(indexed: Tables, name: str, body: Json, expected: Json) -> None:
    indexed.put("orders", ITEM)

    assert charged(indexed, name, body) == expected


def test_an_item_that_enters_indexes_is_charged_in_each(indexed: Tables) -> None:
    assert charged(indexed, "PutItem", {"Item": ITEM}) == units(3.0, gsi=1.0, lsi=3.0)


def test_total_tells_the_sum_alone(indexed: Tables) -> None:
    assert charged(indexed, "PutItem", {"Item": ITEM}, "TOTAL") == {"TableName": "orders", "CapacityUnits": 7.0}


def test_a_transaction_doubles_the_tables_units_and_not_the_indexes(indexed: Tables) -> None:
    actions = [{"Put": {"TableName": "orders", "Item": ITEM}}]

    capacity = charged(indexed, "TransactWriteItems", {"TransactItems": actions, "ClientRequestToken": "t"})
    replayed = charged(indexed, "TransactWriteItems", {"TransactItems": actions, "ClientRequestToken": "t"})

    assert capacity[0]["Table"] == {"CapacityUnits": 6.0, "WriteCapacityUnits": 6.0}
    assert capacity[0]["GlobalSecondaryIndexes"]["gsi"] == {"CapacityUnits": 1.0, "WriteCapacityUnits": 1.0}
    assert capacity[0]["CapacityUnits"] == 10.0
    # A replay wrote nothing: it tells what it read.
    assert replayed[0]["Table"] == {"CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}


def test_metrics_of_item_collections_come_from_tables_with_a_local_index_only(indexed: Tables) -> None:
    indexed.call("CreateTable", table_request("plain"))
    request = {"ReturnItemCollectionMetrics": "SIZE"}

    there = indexed.call("PutItem", {"TableName": "orders", "Item": ITEM, **request})
    none = indexed.call("PutItem", {"TableName": "plain", "Item": KEY, **request})

    assert there["ItemCollectionMetrics"] == {"ItemCollectionKey": KEY, "SizeEstimateRangeGB": [0.0, 1.0]}
    assert none == {}
