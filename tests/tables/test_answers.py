"""What requests that are right are answered, whole, through the edge: one row a request.

Every row begins with the same table and the same item, and none sees what another has written.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Json
from .test_reference import TABLE
from .wire import Wire

KEY: Json = {"pk": {"S": "a"}, "sk": {"N": "1"}}
ITEM: Json = {
    **KEY,
    "n": {"N": "1"},
    "g": {"S": "g"},
    "l": {"B": "AQ=="},
    "tags": {"SS": ["x", "y"]},
    "list": {"L": [{"N": "0"}, {"N": "1"}, {"M": {"x": {"N": "2"}, "y": {"N": "3"}}}]},
    "m": {"M": {"a": {"N": "1"}, "deep": {"M": {"b": {"S": "c"}}}}},
}
NEW_KEY: Json = {"pk": {"S": "new"}, "sk": {"N": "1"}}
VALUES: Json = {
    ":1": {"N": "1"},
    ":2": {"N": "2.0"},
    ":t": {"SS": ["x", "y"]},
    ":z": {"SS": ["z"]},
    ":e": {"L": []},
    ":g": {"S": "g"},
    ":pk": {"S": "a"},
    ":null": {"NULL": True},
}
NAMES = {"#list": "list", "#x": "x"}


def used(text: str) -> Json:
    """The names and values that an expression uses."""
    names = {name: value for name, value in NAMES.items() if name in text}
    values = {name: value for name, value in VALUES.items() if name in text}
    members: Json = {"ExpressionAttributeNames": names} if names else {}
    return {**members, "ExpressionAttributeValues": values} if values else members


def changing(text: str, returns: str, key: Json = KEY) -> Json:
    return {"Key": key, "UpdateExpression": text, "ReturnValues": returns, **used(text)}


def attributes(**values: Any) -> Json:
    return {"Attributes": values}


UPDATES = [
    # Touched, though nothing changes.
    (changing("SET n = :1", "UPDATED_OLD"), attributes(n={"N": "1"})),
    (changing("SET n = :1", "UPDATED_NEW"), attributes(n={"N": "1"})),
    (changing("SET n = :1", "ALL_NEW"), {"Attributes": ITEM}),
    (changing("SET n = :1", "ALL_OLD"), {"Attributes": ITEM}),
    (changing("SET n = :1", "NONE"), {}),
    (changing("SET n = :2", "UPDATED_NEW"), attributes(n={"N": "2"})),
    # What was not there is not told as old, and what is gone is not told as new.
    (changing("SET fresh = :1", "UPDATED_OLD"), {}),
    (changing("REMOVE n", "UPDATED_NEW"), {}),
    (changing("REMOVE n", "UPDATED_OLD"), attributes(n={"N": "1"})),
    (changing("REMOVE gone", "UPDATED_OLD"), {}),
    (changing("SET fresh = :1 REMOVE n", "UPDATED_NEW"), attributes(fresh={"N": "1"})),
    # Fragments of maps, and of lists without what is between.
    (changing("SET m.deep.b = :1", "UPDATED_OLD"), attributes(m={"M": {"deep": {"M": {"b": {"S": "c"}}}}})),
    (changing("SET m.deep.b = :1", "UPDATED_NEW"), attributes(m={"M": {"deep": {"M": {"b": {"N": "1"}}}}})),
    (changing("SET m.z = :1 REMOVE m.a", "UPDATED_NEW"), attributes(m={"M": {"z": {"N": "1"}}})),
    (changing("SET m = :e", "UPDATED_OLD"), attributes(m=ITEM["m"])),
    (
        changing("SET #list[2].#x = :1, #list[0] = :2", "UPDATED_OLD"),
        attributes(list={"L": [{"N": "0"}, {"M": {"x": {"N": "2"}}}]}),
    ),
    (
        changing("SET #list[2].#x = :1, #list[0] = :2", "UPDATED_NEW"),
        attributes(list={"L": [{"N": "2"}, {"M": {"x": {"N": "1"}}}]}),
    ),
    (changing("SET #list[9] = :2, #list[5] = :1", "UPDATED_NEW"), attributes(list={"L": [{"N": "1"}, {"N": "2"}]})),
    (changing("REMOVE #list[1]", "UPDATED_OLD"), attributes(list={"L": [{"N": "1"}]})),
    (changing("REMOVE #list[1]", "UPDATED_NEW"), {}),
    (
        changing("REMOVE #list[0], #list[1]", "ALL_NEW"),
        {"Attributes": {**ITEM, "list": {"L": [ITEM["list"]["L"][2]]}}},
    ),
    (
        changing("SET #list = list_append(if_not_exists(gone, :e), #list)", "UPDATED_NEW"),
        attributes(list=ITEM["list"]),
    ),
    (
        changing("SET a = if_not_exists(n, :2), b = if_not_exists(gone, :2) + :1", "UPDATED_NEW"),
        attributes(a={"N": "1"}, b={"N": "3"}),
    ),
    (changing("SET a = :null, b = if_not_exists(a, :1)", "UPDATED_NEW"), attributes(a={"NULL": True}, b={"N": "1"})),
    (
        changing("ADD n :2, fresh :1, tags :z", "UPDATED_NEW"),
        attributes(n={"N": "3"}, fresh={"N": "1"}, tags={"SS": ["x", "y", "z"]}),
    ),
    (changing("DELETE tags :t", "UPDATED_OLD"), attributes(tags={"SS": ["x", "y"]})),
    (changing("DELETE tags :t", "UPDATED_NEW"), {}),
    (changing("DELETE tags :z", "UPDATED_NEW"), attributes(tags={"SS": ["x", "y"]})),
    (changing("DELETE gone :z", "UPDATED_NEW"), {}),
    # An item that comes to be has its key at least.
    (changing("SET n = :1", "ALL_NEW", NEW_KEY), {"Attributes": {**NEW_KEY, "n": {"N": "1"}}}),
    (changing("SET n = :1", "UPDATED_NEW", NEW_KEY), attributes(n={"N": "1"})),
    (changing("SET n = :1", "ALL_OLD", NEW_KEY), {}),
    (changing("SET n = :1", "UPDATED_OLD", NEW_KEY), {}),
    (changing("REMOVE n", "ALL_NEW", NEW_KEY), {"Attributes": NEW_KEY}),
    (changing("DELETE tags :t", "ALL_NEW", NEW_KEY), {"Attributes": NEW_KEY}),
    ({"Key": NEW_KEY, "ReturnValues": "ALL_NEW"}, {"Attributes": NEW_KEY}),
    ({"Key": KEY, "ReturnValues": "UPDATED_NEW"}, {}),
]


def getting(text: str, **item: Any) -> tuple[str, Json, Json]:
    return "GetItem", {"Key": KEY, "ProjectionExpression": text, **used(text)}, {"Item": item}


OTHERS = [
    ("PutItem", {"Item": {**KEY, "z": {"N": "1"}}}, {}),
    ("PutItem", {"Item": ITEM, "ReturnValues": "ALL_OLD"}, {"Attributes": ITEM}),
    ("PutItem", {"Item": NEW_KEY, "ReturnValues": "ALL_OLD"}, {}),
    ("DeleteItem", {"Key": KEY, "ReturnValues": "ALL_OLD"}, {"Attributes": ITEM}),
    ("DeleteItem", {"Key": KEY, "ReturnValues": "NONE"}, {}),
    ("DeleteItem", {"Key": NEW_KEY, "ReturnValues": "ALL_OLD"}, {}),
    # Numbers are the same key however they are written.
    ("GetItem", {"Key": {"pk": {"S": "a"}, "sk": {"N": "10e-1"}}}, {"Item": ITEM}),
    ("GetItem", {"Key": NEW_KEY}, {}),
    getting("pk", pk={"S": "a"}),
    getting("gone, n.x, tags[0], #list[9], m.deep.gone"),
    getting("m.deep.b, m.a", m={"M": {"deep": {"M": {"b": {"S": "c"}}}, "a": {"N": "1"}}}),
    getting("#list[2].#x, #list[0]", list={"L": [{"N": "0"}, {"M": {"x": {"N": "2"}}}]}),
    getting("#list[2].y, #list[2].#x", list={"L": [{"M": {"y": {"N": "3"}, "x": {"N": "2"}}}]}),
    (
        "Query",
        {"KeyConditionExpression": "pk = :pk", "ProjectionExpression": "n", **used("pk = :pk")},
        {"Count": 1, "ScannedCount": 1, "Items": [{"n": {"N": "1"}}]},
    ),
    # The limit was reached: there is a place to go on, though nothing is left.
    (
        "Query",
        {"KeyConditionExpression": "pk = :pk", "Select": "COUNT", "Limit": 1, **used("pk = :pk")},
        {"Count": 1, "ScannedCount": 1, "LastEvaluatedKey": KEY},
    ),
    (
        "Query",
        {"KeyConditionExpression": "pk = :pk", "FilterExpression": "n > :2", **used("pk = :pk :2")},
        {"Count": 0, "ScannedCount": 1, "Items": []},
    ),
    (
        "Query",
        {"KeyConditionExpression": ":g = g", "IndexName": "gsi", "Limit": 1, **used(":g = g")},
        {
            "Count": 1,
            "ScannedCount": 1,
            "Items": [{**KEY, "g": {"S": "g"}}],
            "LastEvaluatedKey": {"g": {"S": "g"}, **KEY},
        },
    ),
    # A local index fetches what it does not hold.
    (
        "Query",
        {"KeyConditionExpression": "pk = :pk", "IndexName": "lsi", "ProjectionExpression": "n", **used("pk = :pk")},
        {"Count": 1, "ScannedCount": 1, "Items": [{"n": {"N": "1"}}]},
    ),
    (
        "Scan",
        {"IndexName": "lsi", "ConsistentRead": True},
        {"Count": 1, "ScannedCount": 1, "Items": [{**KEY, "l": {"B": "AQ=="}}]},
    ),
    ("Scan", {"FilterExpression": "attribute_exists(gone)"}, {"Count": 0, "ScannedCount": 1, "Items": []}),
    (
        "BatchGetItem",
        {"RequestItems": {"the": {"Keys": [NEW_KEY, KEY], "ProjectionExpression": "n, gone"}}},
        {"Responses": {"the": [{"n": {"N": "1"}}]}, "UnprocessedKeys": {}},
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"the": {"Keys": [NEW_KEY]}}},
        {"Responses": {"the": []}, "UnprocessedKeys": {}},
    ),
    ("BatchWriteItem", {"RequestItems": {"the": [{"DeleteRequest": {"Key": NEW_KEY}}]}}, {"UnprocessedItems": {}}),
    (
        "TransactGetItems",
        {
            "TransactItems": [
                {"Get": {"TableName": "the", "Key": NEW_KEY}},
                {"Get": {"TableName": "the", "Key": KEY, "ProjectionExpression": "n"}},
                {"Get": {"TableName": "the", "Key": {**KEY, "sk": {"N": "2"}}}},
            ]
        },
        {"Responses": [{}, {"Item": {"n": {"N": "1"}}}, {}]},
    ),
    ("TransactWriteItems", {"TransactItems": [{"Delete": {"TableName": "the", "Key": NEW_KEY}}]}, {}),
]
BY_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/the"
CHARGED = [
    # What a table is called by is what it is charged as.
    ("GetItem", {"TableName": BY_ARN, "Key": KEY}, {"TableName": BY_ARN, "CapacityUnits": 0.5}),
    ("GetItem", {"Key": KEY, "ConsistentRead": True}, {"TableName": "the", "CapacityUnits": 1.0}),
    ("DeleteItem", {"Key": NEW_KEY}, {"TableName": "the", "CapacityUnits": 1.0}),
    ("DeleteItem", {"Key": KEY}, {"TableName": "the", "CapacityUnits": 3.0}),
    ("UpdateItem", changing("SET n = :1", "NONE"), {"TableName": "the", "CapacityUnits": 1.0}),
    (
        "BatchGetItem",
        {"RequestItems": {"the": {"Keys": [KEY, NEW_KEY]}}},
        [{"TableName": "the", "CapacityUnits": 1.0}],
    ),
    (
        "TransactGetItems",
        {"TransactItems": [{"Get": {"TableName": "the", "Key": key}} for key in (KEY, NEW_KEY)]},
        [{"TableName": "the", "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}],
    ),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Delete": {"TableName": BY_ARN, "Key": NEW_KEY}}]},
        [{"TableName": BY_ARN, "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}],
    ),
]


def requested(operation: str, members: Json) -> Json:
    """The request as it is sent: batches and transactions have no table of their own."""
    return members if operation.startswith(("Batch", "Transact")) else {"TableName": "the", **members}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    path: Path = tmp_path_factory.mktemp("answers")
    wire = Wire(path / "data")
    assert wire.call("CreateTable", TABLE)[0] == 200
    yield wire
    wire.storage.close()


@pytest.fixture
def wire(server: Wire) -> Wire:
    """With the one item, whatever was there before."""
    deletions = [{"Delete": {"TableName": "the", "Key": NEW_KEY}}, {"Put": {"TableName": "the", "Item": ITEM}}]
    assert server.call("TransactWriteItems", {"TransactItems": deletions})[0] == 200
    return server


@pytest.mark.parametrize(("members", "expected"), UPDATES)
def test_an_update_returns_what_it_was_asked_for(wire: Wire, members: Json, expected: Json) -> None:
    assert wire.call("UpdateItem", {"TableName": "the", **members}) == (200, expected)


@pytest.mark.parametrize(("operation", "members", "expected"), OTHERS)
def test_a_request_is_answered_in_the_services_shape(wire: Wire, operation: str, members: Json, expected: Json) -> None:
    assert wire.call(operation, requested(operation, members)) == (200, expected)


@pytest.mark.parametrize(("operation", "members", "expected"), CHARGED)
def test_what_was_charged_is_told_when_asked_for(wire: Wire, operation: str, members: Json, expected: Any) -> None:
    status, answer = wire.call(operation, {**requested(operation, members), "ReturnConsumedCapacity": "TOTAL"})

    assert (status, answer["ConsumedCapacity"]) == (200, expected)
