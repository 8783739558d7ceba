from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pelton.errors import SerializationFailed, WireError
from pelton.server.model.service import ServiceModel

TABLES = ServiceModel.load("dynamodb.json")
VALUES = "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"


@pytest.mark.parametrize(
    ("operation", "member", "value", "text"),
    [
        ("GetItem", "TableName", True, "TRUE_VALUE cannot be converted to String"),
        ("GetItem", "TableName", 5, "NUMBER_VALUE cannot be converted to String"),
        ("GetItem", "TableName", 5.5, "DECIMAL_VALUE cannot be converted to String"),
        ("GetItem", "TableName", [], "Unrecognized collection type class java.lang.String"),
        ("GetItem", "TableName", {}, "Start of structure or map found where not expected"),
        ("GetItem", "ConsistentRead", 1, "NUMBER_VALUE cannot be converted to Boolean"),
        ("GetItem", "ConsistentRead", "perhaps", "Unexpected token received from parser"),
        ("GetItem", "ConsistentRead", [], "Unrecognized collection type class java.lang.Boolean"),
        ("Query", "Limit", True, "TRUE_VALUE cannot be converted to Integer"),
        ("Query", "Limit", "1", "STRING_VALUE cannot be converted to Integer"),
        ("Query", "Limit", [], "Unrecognized collection type class java.lang.Integer"),
        ("GetItem", "AttributesToGet", "a", "Unexpected field type"),
        ("GetItem", "AttributesToGet", {}, "Start of structure or map found where not expected"),
        ("GetItem", "Key", "a", "Unexpected field type"),
        ("GetItem", "Key", [], f"Unrecognized collection type {VALUES}"),
        ("GetItem", "Key", {"a": "x"}, "Unexpected value type in payload"),
        ("GetItem", "Key", {"a": {"N": 5}}, "NUMBER_VALUE cannot be converted to String"),
        ("GetItem", "Key", {"a": {"S": "x", "BOOL": {}}}, "Start of structure or map found where not expected"),
        ("GetItem", "Key", {"a": {"M": {"b": {"SS": "x"}}}}, "Unexpected field type"),
        ("GetItem", "Key", {"a": {"B": 1}}, "only base-64-encoded strings are convertible to bytes"),
        (
            "GetItem",
            "Key",
            {"a": {"B": "abc"}},
            "Base64 encoded length is expected a multiple of 4 bytes but found: 3",
        ),
        (
            "GetItem",
            "Key",
            {"a": {"BS": ["=="]}},
            "Base64 encoded length is expected a multiple of 4 bytes but found: 2",
        ),
        # The bits of the last character that belong to no byte are not zeros.
        *(
            ("GetItem", "Key", {"a": {"B": text}}, "Invalid last non-pad Base64 character dectected")
            for text in ("YR==", "YWF=", "+/+=", "=+/=")
        ),
        (
            "CreateTable",
            "ProvisionedThroughput",
            [],
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.ProvisionedThroughput",
        ),
        ("CreateTable", "ProvisionedThroughput", 1, "Unexpected field type"),
        ("CreateTable", "KeySchema", ["a"], "Unexpected value type in payload"),
        (
            "BatchWriteItem",
            "RequestItems",
            [],
            (
                "Unrecognized collection type java.util.Map<java.lang.String, "
                "java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>"
            ),
        ),
    ],
)
def test_a_wrong_json_type_is_told_as_the_service_tells_it(operation: str, member: str, value: Any, text: str) -> None:
    with pytest.raises(SerializationFailed) as caught:
        TABLES.validator(operation)({member: value})

    assert caught.value.message == text


def test_nulls_and_unknown_members_are_dropped() -> None:
    body = {"TableName": "abc", "Key": {"a": {"S": "x", "N": None, "X": 1}}, "Colour": "red", "ConsistentRead": None}

    TABLES.validator("GetItem")(body)

    assert body == {"TableName": "abc", "Key": {"a": {"S": "x"}}}


def test_what_the_service_coerces_is_coerced() -> None:
    body = {"TableName": "abc", "Limit": 2.9, "ConsistentRead": "yes", "ScanIndexForward": "FALSE"}

    TABLES.validator("Query")(body)

    assert body == {"TableName": "abc", "Limit": 2, "ConsistentRead": True, "ScanIndexForward": False}


def test_a_null_in_place_of_a_value_is_an_empty_value() -> None:
    body = {"TableName": "abc", "Item": {"a": None, "b": {"L": [None]}, "c": {"X": "y"}}}

    TABLES.validator("PutItem")(body)

    assert body["Item"] == {"a": {}, "b": {"L": [{}]}, "c": {}}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**65)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # Deep bodies take long to draw on a loaded machine.
@given(operation=st.sampled_from(sorted(TABLES.operations)), data=st.data())
def test_any_body_is_accepted_or_refused_with_a_clients_error(operation: str, data: st.DataObject) -> None:
    shape = TABLES.operations[operation]["input"]
    members = sorted(TABLES.shapes[shape]["members"]) if shape else []
    body = data.draw(st.dictionaries(st.sampled_from([*members, "Unknown"]), json_values))

    try:
        TABLES.validator(operation)(body)
    except WireError as refused:
        assert refused.code in ("SerializationException", "ValidationException")


values = st.deferred(lambda: scalars | st.builds(lambda inner: {"L": inner}, st.lists(values, max_size=3)) | maps)
scalars = st.sampled_from(
    [
        {"S": ""},
        {"N": "1"},
        {"B": "YQ=="},
        {"BOOL": True},
        {"NULL": True},
        {"SS": ["a"]},
        {"NS": ["1"]},
        {"BS": ["YQ=="]},
    ]
)
maps = st.builds(lambda inner: {"M": inner}, st.dictionaries(st.text(max_size=3), values, max_size=3))


@given(item=st.dictionaries(st.text(max_size=3), values, max_size=5))
def test_a_well_typed_item_passes_unchanged(item: dict[str, Any]) -> None:
    body = {"TableName": "abc", "Item": item}

    TABLES.validator("PutItem")(body)

    assert body == {"TableName": "abc", "Item": item}
