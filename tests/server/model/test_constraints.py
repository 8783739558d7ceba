from __future__ import annotations

from typing import Any

import pytest

from pelton.errors import ValidationFailed
from pelton.server.model.service import ServiceModel

TABLES = ServiceModel.load("dynamodb.json")
STREAMS = ServiceModel.load("streams.json")
LAMBDA = ServiceModel.load("lambda.json")

KEY = {"AttributeName": "pk", "KeyType": "HASH"}
CONSTRAINT = "failed to satisfy constraint: Member must"
ENUM = f"{CONSTRAINT} satisfy enum value set"
PATTERN = f"{CONSTRAINT} satisfy regular expression pattern: [a-zA-Z0-9_.-]+"


def refusal(model: ServiceModel, operation: str, body: dict[str, Any]) -> str:
    with pytest.raises(ValidationFailed) as caught:
        model.validator(operation)(body)
    return str(caught.value.message)


@pytest.mark.parametrize(
    ("operation", "body", "entry"),
    [
        # A bad table name hides all else of PutItem.
        ("PutItem", {"TableName": ";"}, f"Value ';' at 'tableName' {PATTERN}"),
        ("PutItem", {"TableName": "abc"}, f"Value null at 'item' {CONSTRAINT} not be null"),
        ("GetItem", {"TableName": "abc"}, f"Value null at 'key' {CONSTRAINT} not be null"),
        # An empty name is too short and nothing else.
        (
            "GetItem",
            {"TableName": "", "Key": {}},
            f"Value '' at 'tableName' {CONSTRAINT} have length greater than or equal to 1",
        ),
        ("ListTables", {"Limit": 101}, f"Value '101' at 'limit' {CONSTRAINT} have value less than or equal to 100"),
        (
            "CreateTable",
            {"TableName": "abc", "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "Z"}]},
            f"Value 'Z' at 'attributeDefinitions.1.member.attributeType' {ENUM}: [B, N, S]",
        ),
        (
            "CreateTable",
            {"TableName": "ab"},
            f"Value 'ab' at 'tableName' {CONSTRAINT} have length greater than or equal to 3",
        ),
        (
            "CreateTable",
            {"TableName": "abc", "KeySchema": [KEY] * 3},
            (
                "Value '[KeySchemaElement(attributeName=pk, keyType=HASH), KeySchemaElement(attributeName=pk, "
                "keyType=HASH), KeySchemaElement(attributeName=pk, keyType=HASH)]' at 'keySchema' "
                f"{CONSTRAINT} have length less than or equal to 2"
            ),
        ),
        (
            "Query",
            {"TableName": "abc", "IndexName": "ab"},
            f"Value 'ab' at 'indexName' {CONSTRAINT} have length greater than or equal to 3",
        ),
        # Without the value, and with capital letters: the service's own inconsistency.
        (
            "Query",
            {"TableName": "abc", "Limit": 0},
            f"Value at 'Limit' {CONSTRAINT} have value greater than or equal to 1",
        ),
        (
            "Scan",
            {"TableName": "abc", "Limit": 0},
            f"Value '0' at 'limit' {CONSTRAINT} have value greater than or equal to 1",
        ),
        (
            "BatchGetItem",
            {"RequestItems": {"T": {"Keys": []}}},
            f"Value '[]' at 'requestItems.T.member.keys' {CONSTRAINT} have length greater than or equal to 1",
        ),
        (
            "BatchGetItem",
            {"RequestItems": {"T": {"Keys": [{}] * 101}}},
            f"Value at 'RequestItems.T.member.Keys' {CONSTRAINT} have length less than or equal to 100",
        ),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "", "Item": {}}}]},
            f"Value '' at 'transactItems.1.member.put.tableName' {CONSTRAINT} have length greater than or equal to 1",
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"T": []}},
            (
                "Value '{T=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
                "[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
            ),
        ),
        # What is missing in a list's element stands at its own place.
        (
            "BatchWriteItem",
            {"RequestItems": {"T": [{"PutRequest": {}}]}},
            f"Value null at 'requestItems.T.member.1.member.putRequest.item' {CONSTRAINT} not be null",
        ),
        (
            "BatchGetItem",
            {"RequestItems": {"": {"Keys": [{}]}}},
            (
                "Value '{=KeysAndAttributes(keys=[{}], attributesToGet=null, consistentRead=null, "
                "projectionExpression=null, expressionAttributeNames=null)}' at 'requestItems' failed to satisfy "
                "constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 255, "
                "Member must have length greater than or equal to 1, Member must satisfy regular "
                "expression pattern: [a-zA-Z0-9_.-]+]"
            ),
        ),
    ],
)
def test_one_violation_is_told_as_the_service_tells_it(operation: str, body: dict[str, Any], entry: str) -> None:
    assert refusal(TABLES, operation, body) == f"1 validation error detected: {entry}"


def test_violations_are_listed_in_the_services_order() -> None:
    body = {"ReturnValues": "y", "TableName": "abc", "Item": {}, "ReturnConsumedCapacity": "x"}

    assert refusal(TABLES, "PutItem", body) == (
        f"2 validation errors detected: Value 'x' at 'returnConsumedCapacity' {CONSTRAINT} satisfy enum value set: "
        f"[INDEXES, TOTAL, NONE]; Value 'y' at 'returnValues' {CONSTRAINT} satisfy enum value set: "
        "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
    )


def test_the_pattern_comes_before_the_length() -> None:
    text = refusal(TABLES, "Query", {"TableName": "abc", "IndexName": ";"})

    assert text.index("pattern") < text.index("length")


def test_no_more_than_ten_violations_are_listed() -> None:
    definitions = [{"AttributeName": "a", "AttributeType": "Z"}] * 20

    text = refusal(TABLES, "CreateTable", {"TableName": "abc", "AttributeDefinitions": definitions})

    assert text.startswith("10 validation errors detected: ")
    assert text.count("Value 'Z'") == 10


@pytest.mark.parametrize(
    ("model", "operation", "body", "text"),
    [
        (TABLES, "CreateTable", {}, "The parameter 'TableName' is required but was not present in the request"),
        (TABLES, "DescribeTable", {}, "The parameter 'TableName' is required but was not present in the request"),
        (
            TABLES,
            "DeleteTable",
            {"TableName": "ab"},
            "TableName must be at least 3 characters long and at most 255 characters long",
        ),
        (TABLES, "BatchGetItem", {}, "The requestItems parameter is required for BatchGetItem"),
        (TABLES, "BatchWriteItem", {"RequestItems": {}}, "The requestItems parameter is required for BatchWriteItem"),
        (STREAMS, "DescribeStream", {}, "Invalid StreamArn"),
        (STREAMS, "GetRecords", {"ShardIterator": ""}, "Invalid ShardIterator"),
        (
            STREAMS,
            "GetRecords",
            {"ShardIterator": "x", "Limit": 1001},
            "One or more parameter values were invalid: Limit should be less than or equal to 1000",
        ),
        (
            STREAMS,
            "GetShardIterator",
            {"StreamArn": "x", "ShardId": "s" * 30, "ShardIteratorType": "SOON"},
            "Invalid ShardIteratorType.",
        ),
    ],
)
def test_some_violations_have_a_text_of_their_own(
    model: ServiceModel, operation: str, body: dict[str, Any], text: str
) -> None:
    assert refusal(model, operation, body) == text


def test_a_table_may_be_named_by_a_long_arn() -> None:
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/" + "t" * 255

    TABLES.validator("GetItem")({"TableName": arn, "Key": {}})


def test_lambda_prints_its_starting_positions_in_its_order() -> None:
    text = refusal(LAMBDA, "CreateEventSourceMapping", {"FunctionName": "f", "StartingPosition": "invalid"})

    assert text == (
        f"1 validation error detected: Value 'invalid' at 'startingPosition' {CONSTRAINT} satisfy enum value set: "
        "[LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
    )


COLLECTED = (
    "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s must satisfy constraint: [%s"
)
RUNS_ON = "Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
NAMED = "Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"Architectures": ["x86"]}, ("[x86]", "architectures", "Member", RUNS_ON)),
        ({"Layers": ["l"]}, ("[l]", "layers", "Member", "Member must have length less than or equal to ")),
        ({"Environment": {"Variables": {"1a": "x"}}}, ("{1a=x}", "environment.variables", "Map keys", NAMED)),
    ],
)
def test_lambda_tells_what_is_wrong_with_elements_and_keys_at_the_whole(
    body: dict[str, Any], told: tuple[str, ...]
) -> None:
    whole = {"FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r", "Code": {}, **body}

    assert refusal(LAMBDA, "CreateFunction", whole).startswith(COLLECTED % told)


def test_a_value_that_no_honest_request_has_is_not_shown_whole() -> None:
    text = refusal(TABLES, "TransactWriteItems", {"TransactItems": [{}] * 100_000})

    assert len(text) < 300_000
    assert "..." in text
    assert text.endswith(f"{CONSTRAINT} have length less than or equal to 100")
