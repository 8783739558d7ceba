"""Each rule of the operations on items and tables, broken once: the service's own text."""

from __future__ import annotations

from pathlib import Path

import pytest

from pelton.errors import ResourceInUse, ResourceNotFound, ValidationFailed, WireError
from pelton.tables.errors import ConditionalCheckFailed, IdempotentParameterMismatch, TransactionCanceled
from pelton.testing.clock import ManualClock

from .conftest import STREAM, Json, Tables, table_request

OPV = "One or more parameter values were invalid: "
ENVELOPE = "1 validation error detected: "
ID = {"id": {"S": "a"}}
ITEM_CASES = [
    ("PutItem", {"Item": {"x": {"S": "1"}}}, OPV + "Missing the key id in the item"),
    ("PutItem", {"Item": {"id": {"N": "1"}}}, OPV + "Type mismatch for key id expected: S actual: N"),
    ("PutItem", {"Item": ID, "ReturnValues": "ALL_NEW"}, ENVELOPE + "ReturnValues can only be ALL_OLD or NONE"),
    (
        "PutItem",
        {"Item": {**ID, "x": {"S": "x" * 409_600}}},
        "Item size has exceeded the maximum allowed size",
    ),
    (
        "PutItem",
        {"Item": ID, "ConditionExpression": ""},
        ENVELOPE + "Invalid ConditionExpression: The expression can not be empty;",
    ),
    ("GetItem", {"Key": {"no": {"S": "1"}}}, "The provided key element does not match the schema"),
    (
        "UpdateItem",
        {"Key": ID, "UpdateExpression": "REMOVE id"},
        OPV + "Cannot update attribute id. This attribute is part of the key",
    ),
    (
        "Query",
        {},
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    ),
    ("Scan", {"IndexName": "none"}, "The table does not have the specified index: none"),
    (
        "Scan",
        {"Segment": 4, "TotalSegments": 4},
        (
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            "Segment: 4 is not less than TotalSegments: 4"
        ),
    ),
    (
        "Scan",
        {"ExclusiveStartKey": {"no": {"S": "1"}}},
        "The provided starting key is invalid: The provided key element does not match the schema",
    ),
    (
        "DeleteItem",
        {"Key": ID, "Expected": {"x": {"Exists": True}}},
        OPV + "Value must be provided when Exists is true for Attribute: x",
    ),
]


@pytest.mark.parametrize(("operation", "members", "text"), ITEM_CASES)
def test_an_operation_on_items_refuses_in_the_services_words(
    orders: Tables, operation: str, members: Json, text: str
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        orders.call(operation, {"TableName": "orders", **members})

    assert caught.value.message == text
    assert orders.records("orders") == []


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"BillingMode": "PROVISIONED"},
            OPV + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            {"KeySchema": [{"AttributeName": "id", "KeyType": "RANGE"}]},
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        ({"LocalSecondaryIndexes": []}, OPV + "List of LocalSecondaryIndexes is empty"),
        (
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
            OPV + "Table is being created with a stream disabled, UpdateViewType should not be specified",
        ),
    ],
)
def test_create_table_refuses_in_the_services_words(tables: Tables, members: Json, text: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        tables.call("CreateTable", {**table_request(), **members})

    assert caught.value.message == text
    assert tables.table("orders") is None


def test_a_table_name_is_taken_once(orders: Tables) -> None:
    with pytest.raises(ResourceInUse, match="Table already exists: orders"):
        orders.call("CreateTable", table_request())


def test_a_missing_table_is_told_without_its_name_by_operations_on_items(tables: Tables) -> None:
    with pytest.raises(ResourceNotFound, match=r"^Requested resource not found$"):
        tables.get("none", ID)


def test_the_first_describe_says_active(tables: Tables) -> None:
    created = tables.call("CreateTable", table_request())

    assert created["TableDescription"]["TableStatus"] == "CREATING"
    assert tables.call("DescribeTable", {"TableName": "orders"})["Table"]["TableStatus"] == "ACTIVE"


def test_a_protected_table_stays(tables: Tables) -> None:
    tables.call("CreateTable", table_request(DeletionProtectionEnabled=True))

    with pytest.raises(ValidationFailed, match="protected against deletion"):
        tables.call("DeleteTable", {"TableName": "orders"})


def test_a_stream_is_enabled_once(orders: Tables) -> None:
    with pytest.raises(ValidationFailed, match="Table already has an enabled stream: TableName: orders"):
        orders.call("UpdateTable", {"TableName": "orders", "StreamSpecification": STREAM})


def test_a_failed_condition_shows_the_stored_item_when_asked(orders: Tables) -> None:
    orders.put("orders", ID)
    body = {"TableName": "orders", "Item": ID, "ConditionExpression": "attribute_not_exists(id)"}

    with pytest.raises(ConditionalCheckFailed) as caught:
        orders.call("PutItem", {**body, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})

    assert "Item" in caught.value.members()


def test_an_identical_put_leaves_no_record(orders: Tables) -> None:
    orders.put("orders", {**ID, "tags": {"SS": ["x", "y"]}})
    orders.put("orders", {"tags": {"SS": ["y", "x"]}, **ID})

    assert len(orders.records("orders")) == 1


def test_a_cancelled_transaction_tells_every_reason_and_writes_nothing(orders: Tables) -> None:
    condition = {"ConditionExpression": "attribute_exists(id)"}
    actions = [
        {"Put": {"TableName": "orders", "Item": {"id": {"S": "b"}}}},
        {"Delete": {"TableName": "orders", "Key": ID, **condition}},
        {"Put": {"TableName": "orders", "Item": {"id": {"N": "1"}}}},
    ]

    with pytest.raises(TransactionCanceled) as caught:
        orders.call("TransactWriteItems", {"TransactItems": actions})

    assert [reason.code for reason in caught.value.reasons] == ["None", "ConditionalCheckFailed", "ValidationError"]
    assert orders.records("orders") == []


def test_a_token_answers_once_more_and_refuses_other_parameters(orders: Tables) -> None:
    first = {"TransactItems": [{"Put": {"TableName": "orders", "Item": ID}}], "ClientRequestToken": "t"}
    other = {"TransactItems": [{"Delete": {"TableName": "orders", "Key": ID}}], "ClientRequestToken": "t"}
    orders.call("TransactWriteItems", first)
    orders.call("DeleteItem", {"TableName": "orders", "Key": ID})

    assert orders.call("TransactWriteItems", first) == {}
    assert orders.get("orders", ID) is None
    with pytest.raises(IdempotentParameterMismatch):
        orders.call("TransactWriteItems", other)


def test_a_token_is_remembered_over_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    put = {"TransactItems": [{"Put": {"TableName": "orders", "Item": ID}}], "ClientRequestToken": "t"}
    before = Tables(tmp_path / "restarted", clock=clock)
    before.call("CreateTable", table_request())
    before.call("TransactWriteItems", put)
    before.call("DeleteItem", {"TableName": "orders", "Key": ID})
    before.storage.close()
    clock.advance(9 * 60)

    after = Tables(tmp_path / "restarted", clock=clock)
    answer = after.call("TransactWriteItems", put)

    assert (answer, after.get("orders", ID)) == ({}, None)
    with pytest.raises(IdempotentParameterMismatch):
        after.call("TransactWriteItems", {**put, "TransactItems": [{"Delete": {"TableName": "orders", "Key": ID}}]})
    after.storage.close()


def test_a_bad_member_keeps_the_whole_batch_out(orders: Tables) -> None:
    requests = [{"PutRequest": {"Item": ID}}, {"PutRequest": {"Item": {"id": {"N": "1"}}}}]

    with pytest.raises(WireError, match="The provided key element does not match the schema"):
        orders.call("BatchWriteItem", {"RequestItems": {"orders": requests}})

    assert orders.records("orders") == []


def test_a_page_that_ends_at_its_limit_says_where(visits: Tables) -> None:
    visits.put("visits", {**ID, "at": {"N": "1"}})

    answer = visits.call("Scan", {"TableName": "visits", "Limit": 1})

    assert answer["LastEvaluatedKey"] == {**ID, "at": {"N": "1"}}


def test_the_cause_of_a_change_is_kept(orders: Tables) -> None:
    orders.call("PutItem", {"TableName": "orders", "Item": ID}, trace="Root=1")

    assert orders.records("orders")[0].cause == "Root=1"


def test_a_token_is_free_again_after_ten_minutes(orders: Tables) -> None:
    other = {"TransactItems": [{"Delete": {"TableName": "orders", "Key": ID}}], "ClientRequestToken": "t"}
    first = {"TransactItems": [{"Put": {"TableName": "orders", "Item": ID}}], "ClientRequestToken": "t"}
    orders.call("TransactWriteItems", first)

    orders.clock.advance(10 * 60 + 1)
    orders.call("TransactWriteItems", other)

    assert orders.get("orders", ID) is None
