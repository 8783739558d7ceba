"""The parameters of the API before expressions, through the operations that take them."""

from __future__ import annotations

import pytest

from pelton.errors import ValidationFailed
from pelton.tables.errors import ConditionalCheckFailed

from .conftest import Json, Tables

ENVELOPE = "1 validation error detected: "
OPV = "One or more parameter values were invalid: "
KEY = {"id": {"S": "a"}}


def update(tables: Tables, updates: Json, **members: object) -> Json:
    request = {"TableName": "orders", "Key": KEY, "AttributeUpdates": updates, "ReturnValues": "ALL_NEW", **members}
    after: Json = tables.call("UpdateItem", request).get("Attributes", {})
    return after


def test_attribute_updates_put_add_and_delete(orders: Tables) -> None:
    orders.put(
        "orders", {**KEY, "n": {"N": "1"}, "tags": {"SS": ["x", "y"]}, "gone": {"S": "1"}, "l": {"L": [KEY["id"]]}}
    )

    after = update(
        orders,
        {
            "new": {"Value": {"S": "1"}},
            "n": {"Value": {"N": "2"}, "Action": "ADD"},
            "tags": {"Value": {"SS": ["x"]}, "Action": "DELETE"},
            "gone": {"Action": "DELETE"},
            "l": {"Value": {"L": [{"N": "2"}]}, "Action": "ADD"},
        },
    )

    assert after == {
        **KEY,
        "new": {"S": "1"},
        "n": {"N": "3"},
        "tags": {"SS": ["y"]},
        "l": {"L": [{"S": "a"}, {"N": "2"}]},
    }


def test_attribute_updates_that_only_delete_make_no_item(orders: Tables) -> None:
    assert update(orders, {"x": {"Action": "DELETE"}}) == {}
    assert orders.get("orders", KEY) is None
    assert orders.records("orders") == []


@pytest.mark.parametrize(
    ("updates", "text"),
    [
        ({"x": {"Action": "PUT"}}, OPV + "Only DELETE action is allowed when no attribute value is specified"),
        (
            {"x": {"Action": "DELETE", "Value": {"S": "1"}}},
            OPV + "DELETE action with value is not supported for the type S",
        ),
        ({"x": {"Action": "ADD", "Value": {"S": "1"}}}, OPV + "ADD action is not supported for the type S"),
        ({"s": {"Action": "ADD", "Value": {"N": "1"}}}, "Type mismatch for attribute to update"),
        ({"s": {"Action": "DELETE", "Value": {"SS": ["1"]}}}, "Type mismatch for attribute to update"),
        ({"id": {"Action": "DELETE"}}, OPV + "Cannot update attribute id. This attribute is part of the key"),
    ],
)
def test_attribute_updates_that_do_not_fit_are_refused(orders: Tables, updates: Json, text: str) -> None:
    orders.put("orders", {**KEY, "s": {"S": "text"}})

    with pytest.raises(ValidationFailed) as caught:
        update(orders, updates)

    assert caught.value.message == text
    assert orders.get("orders", KEY) == {**KEY, "s": {"S": "text"}}


def test_what_is_expected_guards_every_single_write(orders: Tables) -> None:
    orders.put("orders", KEY)
    absent = {"TableName": "orders", "Expected": {"id": {"Exists": False}}}

    for name, body in (("PutItem", {"Item": KEY}), ("DeleteItem", {"Key": KEY}), ("UpdateItem", {"Key": KEY})):
        with pytest.raises(ConditionalCheckFailed):
            orders.call(name, {**absent, **body})


def test_attributes_to_get_project_top_level_names(orders: Tables) -> None:
    orders.put("orders", {**KEY, "a.b": {"S": "1"}, "name": {"S": "2"}, "c": {"S": "3"}})
    request = {"TableName": "orders", "Key": KEY, "AttributesToGet": ["a.b", "name"]}

    assert orders.call("GetItem", request)["Item"] == {"a.b": {"S": "1"}, "name": {"S": "2"}}


def query(tables: Tables, **members: object) -> Json:
    at = {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "1"}]}
    own = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}
    return tables.call("Query", {"TableName": "visits", "KeyConditions": {"at": at, "id": own}, **members})


@pytest.fixture
def visited(visits: Tables) -> Tables:
    for at in range(4):
        visits.put("visits", {**KEY, "at": {"N": str(at)}, "even": {"BOOL": at % 2 == 0}, "x": {"N": str(at)}})
    return visits


def test_key_conditions_and_query_filter_choose_rows(visited: Tables) -> None:
    only_even = {"even": {"ComparisonOperator": "EQ", "AttributeValueList": [{"BOOL": True}]}}

    page = query(visited, QueryFilter=only_even, AttributesToGet=["at"])

    assert (page["Items"], page["Count"], page["ScannedCount"]) == ([{"at": {"N": "2"}}], 1, 2)


def test_key_conditions_go_with_filter_and_projection_expressions(visited: Tables) -> None:
    page = query(
        visited, FilterExpression="x > :x", ProjectionExpression="x", ExpressionAttributeValues={":x": {"N": "2"}}
    )

    assert page["Items"] == [{"x": {"N": "3"}}]


def test_scan_filters_combine_as_the_conditional_operator_says(visited: Tables) -> None:
    entries = {
        "at": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "0"}]},
        "x": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "3"}]},
    }

    either = visited.call("Scan", {"TableName": "visits", "ScanFilter": entries, "ConditionalOperator": "OR"})
    both = visited.call("Scan", {"TableName": "visits", "ScanFilter": entries})

    assert (either["Count"], both["Count"]) == (2, 0)


MIXED = "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
REFUSALS = [
    (
        "Query",
        {"QueryFilter": {}, "KeyConditionExpression": "id = :a"},
        MIXED + "{QueryFilter} Expression parameters: {KeyConditionExpression}",
    ),
    (
        "Query",
        {"KeyConditions": {}, "AttributesToGet": ["a"], "KeyConditionExpression": "id = :a"},
        MIXED + "{AttributesToGet, KeyConditions} Expression parameters: {KeyConditionExpression}",
    ),
    (
        "Scan",
        {"AttributesToGet": ["a"], "FilterExpression": "x = :a"},
        MIXED + "{AttributesToGet} Expression parameters: {FilterExpression}",
    ),
    (
        "UpdateItem",
        {"Key": KEY, "AttributeUpdates": {}, "Expected": {}, "UpdateExpression": "REMOVE x"},
        ENVELOPE + MIXED + "{AttributeUpdates, Expected} Expression parameters: {UpdateExpression}",
    ),
    ("GetItem", {"Key": KEY, "AttributesToGet": ["a", "a"]}, OPV + "Duplicate value in attribute name: a"),
    ("Scan", {"ConditionalOperator": "OR"}, "ConditionalOperator cannot be used without Filter or Expected"),
    (
        "Query",
        {
            "KeyConditions": {"id": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}},
            "QueryFilter": {"at": {"ComparisonOperator": "NULL"}},
        },
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: at",
    ),
    (
        "Scan",
        {"Select": "COUNT", "AttributesToGet": ["a"]},
        "Cannot specify the AttributesToGet when choosing to get only the Count",
    ),
]


@pytest.mark.parametrize(("operation", "members", "text"), REFUSALS)
def test_legacy_parameters_that_do_not_go_together_are_refused(
    visits: Tables, operation: str, members: Json, text: str
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        visits.call(operation, {"TableName": "visits", **members})

    assert caught.value.message == text


@pytest.mark.parametrize(
    ("filter_", "text"),
    [
        ({f"a{number}": {"ComparisonOperator": "NULL"} for number in range(301)}, "too many operators; operator count"),
        ({"a": {"ComparisonOperator": "IN", "AttributeValueList": [{"S": "x"}] * 101}}, "number of operands: 101"),
    ],
    ids=["conditions", "operands"],
)
def test_a_filter_is_no_larger_than_an_expression(orders: Tables, filter_: Json, text: str) -> None:
    with pytest.raises(ValidationFailed, match=text):
        orders.call("Scan", {"TableName": "orders", "ScanFilter": filter_})
