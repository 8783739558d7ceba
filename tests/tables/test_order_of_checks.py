"""Requests with two faults: the service tells the one its checks meet first.

Each operation has its faults in the order of the checks; every two that fit into one request are put together, and
the earlier one's text is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from .conftest import Json
from .test_reference import TABLE
from .wire import Wire

S, N = {"S": "a"}, {"N": "1"}
KEY = {"pk": S, "sk": N}
ENV = "1 validation error detected: "
OPV = "One or more parameter values were invalid: "
NOT_THERE = "Requested resource not found"
MIXED = "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
NAMES_ALONE = "ExpressionAttributeNames can only be specified when using expressions"
NOT_A_NUMBER = "The parameter cannot be converted to a numeric value: x"
ENUM = "Value 'x' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set"
START = "The provided starting key is invalid"
CONSTRAINT = ({"ReturnConsumedCapacity": "x"}, ENUM)
EXISTS_NULL: tuple[Json, str] = (
    {"Expected": {"a": {}}},
    OPV + "Value must be provided when Exists is null for Attribute: a",
)
GONE = ({"TableName": "gone"}, NOT_THERE)
FAILED = ({"ConditionExpression": "attribute_exists(nope)"}, "The conditional request failed")
WRONG_KEY = "The provided key element does not match the schema"

#: Base request and faults, members and text, in the order of the checks. Members of maps are merged.
WRITES: dict[str, tuple[Json, list[tuple[Json, str]]]] = {
    "PutItem": (
        {"TableName": "the", "Item": KEY},
        [
            CONSTRAINT,
            ({"ExpressionAttributeNames": {"#a": "a"}}, NAMES_ALONE),
            ({"Expected": {}, "ConditionExpression": "a"}, MIXED),
            ({"Item": {"bad": {"N": "x"}}}, NOT_A_NUMBER),
            ({"Item": {"bad": {"SS": []}}}, "An string set  may not be empty"),
            ({"ReturnValues": "ALL_NEW"}, "ReturnValues can only be ALL_OLD or NONE"),
            ({"Item": {"large": {"S": "x" * 409_600}}}, "Item size has exceeded the maximum allowed size"),
            EXISTS_NULL,
            ({"ConditionExpression": "a"}, 'Syntax error; token: "<EOF>", near: "a"'),
            GONE,
            ({"Item": {"pk": {"N": "1"}}}, "Type mismatch for key pk expected: S actual: N"),
            ({"Item": {"sk": {"S": "1"}}}, "Type mismatch for key sk expected: N actual: S"),
            ({"Item": {"g": {"N": "1"}}}, "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
            FAILED,
        ],
    ),
    "UpdateItem": (
        {"TableName": "the", "Key": KEY},
        [
            CONSTRAINT,
            ({"ExpressionAttributeNames": {"#a": "a"}}, NAMES_ALONE),
            ({"AttributeUpdates": {}, "UpdateExpression": "x"}, MIXED),
            ({"Key": {"sk": {"N": "x"}}}, NOT_A_NUMBER),
            ({"AttributeUpdates": {"a": {"Action": "ADD", "Value": S}}}, "ADD action is not supported for the type S"),
            EXISTS_NULL,
            ({"UpdateExpression": "SET", "ConditionExpression": "z"}, 'UpdateExpression: Syntax error; token: "<EOF>"'),
            ({"ConditionExpression": "a"}, 'ConditionExpression: Syntax error; token: "<EOF>"'),
            GONE,
            ({"Key": {"sk": {"S": "1"}}}, WRONG_KEY),
            ({"UpdateExpression": "REMOVE pk"}, "Cannot update attribute pk. This attribute is part of the key"),
            FAILED,
            ({"UpdateExpression": "SET a = b"}, "refers to an attribute that does not exist in the item"),
            ({"UpdateExpression": "SET g = pk, a.b = pk"}, "The document path provided in the update expression"),
            ({"UpdateExpression": "SET g = sk"}, "attempted to update the secondary index key to unsupported type"),
        ],
    ),
    "DeleteItem": (
        {"TableName": "the", "Key": KEY},
        [
            CONSTRAINT,
            ({"ExpressionAttributeNames": {"#a": "a"}}, NAMES_ALONE),
            ({"ConditionalOperator": "OR", "ConditionExpression": "a"}, MIXED),
            ({"Key": {"sk": {"N": "x"}}}, NOT_A_NUMBER),
            ({"ReturnValues": "ALL_NEW"}, "ReturnValues can only be ALL_OLD or NONE"),
            EXISTS_NULL,
            ({"ConditionExpression": "a"}, 'Syntax error; token: "<EOF>", near: "a"'),
            GONE,
            ({"Key": {"sk": {"S": "1"}}}, WRONG_KEY),
            FAILED,
        ],
    ),
    "BatchWriteItem": (
        {"RequestItems": {"the": [{"PutRequest": {"Item": KEY}}]}},
        [
            CONSTRAINT,
            ({"RequestItems": {"other": [{}]}}, "Supplied AttributeValue has more than one datatypes set"),
            ({"RequestItems": {"gone": [{"DeleteRequest": {"Key": KEY}}]}}, NOT_THERE),
            ({"RequestItems": {"the": [{"PutRequest": {"Item": {"pk": S}}}]}}, WRONG_KEY),
        ],
    ),
}
READS: dict[str, tuple[Json, list[tuple[Json, str]]]] = {
    "GetItem": (
        {"TableName": "the", "Key": KEY},
        [
            CONSTRAINT,
            ({"ExpressionAttributeNames": {"#a": "a"}}, NAMES_ALONE),
            ({"AttributesToGet": ["a", "a"], "ProjectionExpression": "a b"}, MIXED),
            ({"Key": {"sk": {"N": "x"}}}, NOT_A_NUMBER),
            ({"AttributesToGet": ["a", "a"]}, "Duplicate value in attribute name: a"),
            ({"ProjectionExpression": "a b"}, 'Syntax error; token: "b", near: "a b"'),
            GONE,
            ({"Key": {"sk": {"S": "1"}}}, WRONG_KEY),
            ({"ProjectionExpression": "pk.a"}, "Key attributes must be scalars"),
        ],
    ),
    "Query": (
        {"TableName": "the", "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [S]}}},
        [
            CONSTRAINT,
            ({"QueryFilter": {}, "FilterExpression": "a"}, MIXED),
            (
                {"QueryFilter": {"a": {"ComparisonOperator": "EQ"}}},
                OPV + "Invalid number of argument(s) for the EQ ComparisonOperator",
            ),
            ({"AttributesToGet": ["a", "a"]}, "Duplicate value in attribute name: a"),
            ({"ExclusiveStartKey": {"pk": {}}}, f"{START}: Supplied AttributeValue is empty"),
            ({"KeyConditions": None}, "Either the KeyConditions or KeyConditionExpression parameter must be specified"),
            ({"FilterExpression": "a"}, 'FilterExpression: Syntax error; token: "<EOF>"'),
            ({"ProjectionExpression": "a b"}, 'ProjectionExpression: Syntax error; token: "b"'),
            ({"KeyConditions": {"pk": {"ComparisonOperator": "EQ"}}}, "Invalid number of argument(s) for the EQ"),
            ({"Select": "ALL_PROJECTED_ATTRIBUTES", "IndexName": None}, "can be used only when Querying using an"),
            GONE,
            ({"IndexName": "none"}, "The table does not have the specified index: none"),
            ({"IndexName": "gsi", "ConsistentRead": True}, "Consistent reads are not supported on global secondary"),
            ({"ExclusiveStartKey": {"pk": S}}, START),
            (
                {"KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [N]}}},
                OPV + "Condition parameter type does not match schema type",
            ),
            ({"ExclusiveStartKey": {"pk": S, "sk": S}}, f"{START}: The provided key element does not match the schema"),
            ({"ExclusiveStartKey": {"pk": {"S": "b"}, "sk": N}}, "is outside query boundaries"),
            ({"ProjectionExpression": "pk.a"}, "Key attributes must be scalars"),
            ({"FilterExpression": "attribute_exists(pk)"}, "Filter Expression can only contain non-primary key"),
        ],
    ),
    "Scan": (
        {"TableName": "the"},
        [
            CONSTRAINT,
            ({"ScanFilter": {}, "FilterExpression": "a"}, MIXED),
            ({"AttributesToGet": ["a", "a"]}, "Duplicate value in attribute name: a"),
            (
                {"ScanFilter": {"a": {"ComparisonOperator": "EQ"}}},
                OPV + "Invalid number of argument(s) for the EQ ComparisonOperator",
            ),
            ({"ExclusiveStartKey": {"pk": {}}}, f"{START}: Supplied AttributeValue is empty"),
            ({"Segment": 1}, "The TotalSegments parameter is required"),
            ({"Segment": 2, "TotalSegments": 2}, "must be less than parameter TotalSegments"),
            ({"FilterExpression": "a"}, 'FilterExpression: Syntax error; token: "<EOF>"'),
            GONE,
            ({"IndexName": "none"}, "The table does not have the specified index: none"),
            ({"IndexName": "gsi", "ConsistentRead": True}, "Consistent reads are not supported on global secondary"),
            ({"ExclusiveStartKey": {"pk": S}}, START),
            ({"IndexName": "gsi", "Select": "ALL_ATTRIBUTES"}, "Select type ALL_ATTRIBUTES is not supported"),
            (
                {"IndexName": "gsi", "ExclusiveStartKey": {"g": S, "pk": S, "sk": S}},
                f"{START}: The provided key element does not match the schema",
            ),
        ],
    ),
    "BatchGetItem": (
        {"RequestItems": {"the": {"Keys": [KEY]}}},
        [
            CONSTRAINT,
            ({"RequestItems": {"the": {"Keys": [KEY, KEY]}}}, "Provided list of item keys contains duplicates"),
            ({"RequestItems": {"gone": {"Keys": [KEY]}}}, NOT_THERE),
            ({"RequestItems": {"the": {"Keys": [{"pk": S}]}}}, WRONG_KEY),
        ],
    ),
}
#: Parameters that no expression stands beside.
LEGACY = {"Expected", "ConditionalOperator", "AttributeUpdates", "AttributesToGet", "QueryFilter", "ScanFilter"}
#: Members whose own members are put together.
MERGED = ("Item", "Key", "RequestItems")


def merged(*parts: Json) -> Json | None:
    """One request of all these members; None when two say different things of the same one."""
    request: Json = {}
    for part in parts:
        for name, value in part.items():
            if name in MERGED and name in request:
                both = merged(request[name], value)
                if both is None:
                    return None
                request[name] = both
            elif name in request and request[name] != value:
                return None
            else:
                request[name] = value
    return request


def with_faults(base: Json, *faults: Json) -> Json | None:
    """The base with these faults; None when they do not fit into one request."""
    joined = merged(*faults)
    if joined is None:
        return None
    request = {**base, **{name: value for name, value in joined.items() if name not in MERGED}}
    for name in MERGED:
        if name in joined:
            request[name] = {**base.get(name, {}), **joined[name]}
    return request


def requests(base: Json, faults: list[tuple[Json, str]]) -> Iterator[tuple[Json, str]]:
    """Requests and their texts: every fault alone, and with each that is checked later."""
    for members, text in faults:
        alone = with_faults(base, members)
        assert alone is not None
        yield alone, text
    for (first, text), (second, _) in combinations(faults, 2):
        both = with_faults(base, first, second)
        has_expression = any(name.endswith("Expression") for name in both or ())
        if both is None or (text == NAMES_ALONE and has_expression):  # Names are not alone beside an expression.
            continue
        yield both, MIXED if text != ENUM and has_expression and not LEGACY.isdisjoint(both) else text


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    path: Path = tmp_path_factory.mktemp("order")
    wire = Wire(path / "data")
    assert wire.call("CreateTable", TABLE)[0] == 200
    yield wire
    wire.storage.close()


@pytest.mark.parametrize("operation", [*WRITES, *READS])
def test_of_two_faults_the_one_checked_first_is_told(wire: Wire, operation: str) -> None:
    base, faults = {**WRITES, **READS}[operation]

    told = [(wire.fault(operation, request)[1] or "", text, request) for request, text in requests(base, faults)]

    assert [case for case in told if case[1] not in case[0]] == []
    assert wire.call("Scan", {"TableName": "the"})[1]["Count"] == 0
    assert wire.records("the") == []
