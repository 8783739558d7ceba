"""The service's recorded answers to requests that break a rule, through the whole edge.

Rows are operation, members beside TableName, text. Type is ValidationException unless the row says another.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .wire import Wire

V, SERIAL, MISSING = "ValidationException", "SerializationException", "ResourceNotFoundException"
ENV = "1 validation error detected: "
OPV = "One or more parameter values were invalid: "
ARE = "One or more parameter values are not valid. "
KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
S = {"S": "1"}
NO_KEY = "The provided key element does not match the schema"
ENUM_RCC = "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
ENUM_RV = "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
DEEP: dict[str, Any] = {"S": "x"}
for _ in range(32):
    DEEP = {"L": [DEEP]}

TABLE = {
    "TableName": "the",
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
        {"AttributeName": "g", "AttributeType": "S"},
        {"AttributeName": "l", "AttributeType": "B"},
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
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
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    path: Path = tmp_path_factory.mktemp("reference")
    wire = Wire(path / "data")
    assert wire.call("CreateTable", TABLE)[0] == 200
    yield wire
    # Whatever was refused has left no trace in table, indexes and stream.
    for where in ({}, {"IndexName": "gsi"}, {"IndexName": "lsi"}):
        assert wire.call("Scan", {"TableName": "the", **where})[1]["ScannedCount"] == 0
    assert wire.records("the") == []
    wire.storage.close()


def put(**attributes: Any) -> dict[str, Any]:
    return {"Item": {**KEY, **attributes}}


def condition(text: str, values: dict[str, Any] | None = None, names: dict[str, str] | None = None) -> dict[str, Any]:
    members: dict[str, Any] = {**put(), "ConditionExpression": text}
    if values is not None:
        members["ExpressionAttributeValues"] = values
    if names is not None:
        members["ExpressionAttributeNames"] = names
    return members


def updating(text: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    members: dict[str, Any] = {"Key": KEY, "UpdateExpression": text}
    return members if values is None else {**members, "ExpressionAttributeValues": values}


def querying(text: str, values: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"KeyConditionExpression": text, "ExpressionAttributeValues": values, **members}


VALUES = [  # Item, text
    ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (
        {"S": "a", "N": "1"},
        (
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        ),
    ),
    ({"NULL": False}, ENV + OPV + "Null attribute value types must have the value of true"),
    ({"SS": []}, ENV + OPV + "An string set  may not be empty"),
    ({"NS": []}, ENV + OPV + "An number set  may not be empty"),
    ({"BS": []}, ENV + OPV + "Binary sets should not be empty"),
    ({"SS": ["a", "a"]}, ENV + OPV + "Input collection [a, a] contains duplicates."),
    ({"NS": ["1", "1.0"]}, ENV + "Input collection contains duplicates"),
    ({"BS": ["Yg==", "Yg=="]}, ENV + OPV + "Input collection [Yg==, Yg==]of type BS contains duplicates."),
    ({"N": ""}, "The parameter cannot be converted to a numeric value"),
    ({"N": "1_0"}, "The parameter cannot be converted to a numeric value: 1_0"),
    ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
    (
        {"N": "1e126"},
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
    ),
    (
        {"N": "1e-131"},
        "Number underflow. Attempting to store a number with magnitude smaller than supported range",
    ),
    (
        DEEP,
        (
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        ),
    ),
]

KEYS = [
    ("PutItem", {"Item": {"sk": {"N": "1"}}}, OPV + "Missing the key pk in the item"),
    ("PutItem", {"Item": {"pk": {"N": "1"}, "sk": S}}, OPV + "Type mismatch for key pk expected: S actual: N"),
    (
        "PutItem",
        {"Item": {"pk": {"S": ""}, "sk": {"N": "1"}}},
        ARE + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        "GetItem",
        {"Key": {"pk": {"S": ""}, "sk": {"N": "1"}}},
        ARE + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        "PutItem",
        {"Item": {"pk": {"S": "x" * 2049}, "sk": {"N": "1"}}},
        OPV + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    ("GetItem", {"Key": {"pk": S}}, NO_KEY),
    ("GetItem", {"Key": {**KEY, "x": S}}, NO_KEY),
    ("DeleteItem", {"Key": {"pk": S, "sk": S}}, NO_KEY),
    ("PutItem", put(g={"N": "1"}), OPV + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
    ("PutItem", put(g={"NULL": True}), OPV + "Type mismatch for Index Key g Expected: S Actual: NULL IndexName: gsi"),
    (
        "PutItem",
        put(g={"S": ""}),
        ARE + "A value specified for a secondary index key is not supported. The AttributeValue for a key attribute "
        "cannot contain an empty string value. IndexName: gsi, IndexKey: g",
    ),
    (
        "UpdateItem",
        updating("SET g = :g", {":g": {"S": ""}}),
        ARE + "The update expression attempted to update a secondary index key to a value that is not supported. "
        "The AttributeValue for a key attribute cannot contain an empty string value.",
    ),
    (
        "UpdateItem",
        updating("SET g = :g", {":g": {"N": "1"}}),
        "The update expression attempted to update the secondary index key to unsupported type",
    ),
    (
        "UpdateItem",
        updating("SET g.x = :g", {":g": S}),
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g",
    ),
    (
        "UpdateItem",
        updating("SET pk.x = :g", {":g": S}),
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk",
    ),
    (
        "GetItem",
        {"Key": KEY, "ProjectionExpression": "pk.x"},
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk",
    ),
]
KEYS += [
    (
        operation,
        members,
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: " + key,
    )
    for path, key in (("pk.x", "Key: pk"), ("sk[0]", "Key: sk"), ("a, g.x", "IndexKey: g"), ("l[0]", "IndexKey: l"))
    for operation, members in (
        ("GetItem", {"Key": KEY, "ProjectionExpression": path}),
        ("BatchGetItem", {"RequestItems": {"the": {"Keys": [KEY], "ProjectionExpression": path}}}),
        ("Scan", {"ProjectionExpression": path}),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": f"REMOVE {path}"}),
    )
]
CE, UE = ENV + "Invalid ConditionExpression: ", ENV + "Invalid UpdateExpression: "
EXPRESSIONS = [
    ("PutItem", condition(""), CE + "The expression can not be empty;"),
    ("PutItem", condition("a !", {":x": S}), CE + 'Syntax error; token: "!", near: "a !"'),
    ("PutItem", condition("flag"), CE + 'Syntax error; token: "<EOF>", near: "flag"'),
    ("PutItem", condition("((a = :x))", {":x": S}), CE + "The expression has redundant parentheses;"),
    ("PutItem", condition("name = :x", {":x": S}), CE + "Attribute name is a reserved keyword; reserved keyword: name"),
    ("PutItem", condition("foo(a)"), CE + "Invalid function name; function: foo"),
    (
        "PutItem",
        condition("size(a)"),
        CE + "The function is not allowed to be used this way in an expression; function: size",
    ),
    (
        "PutItem",
        condition("if_not_exists(a, :x) = :x", {":x": S}),
        CE + "The function is not allowed to be used this way in an expression; function: if_not_exists",
    ),
    (
        "PutItem",
        condition("begins_with(a)"),
        CE + "Incorrect number of operands for operator or function; "
        "operator or function: begins_with, number of operands: 1",
    ),
    (
        "PutItem",
        condition("attribute_exists(:x)", {":x": S}),
        CE + "Operator or function requires a document path; operator or function: attribute_exists",
    ),
    (
        "PutItem",
        condition("begins_with(a, :x)", {":x": {"N": "1"}}),
        CE + "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
    ),
    (
        "PutItem",
        condition("a < :x", {":x": {"BOOL": True}}),
        CE + "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
    ),
    (
        "PutItem",
        condition("attribute_type(a, :x)", {":x": {"S": "X"}}),
        CE + "Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
    ),
    (
        "PutItem",
        condition("contains(a, a)"),
        CE + "The first operand must be distinct from the remaining operands for this operator or function; "
        "operator: contains, first operand: [a]",
    ),
    (
        "PutItem",
        condition("a BETWEEN :x AND :y", {":x": {"S": "b"}, ":y": {"N": "1"}}),
        CE + "The BETWEEN operator requires same data type for lower and upper bounds; "
        "lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {N:1}",
    ),
    (
        "PutItem",
        condition("a BETWEEN :x AND :y", {":x": {"S": "z"}, ":y": {"S": "a"}}),
        CE + "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
        "lower bound operand: AttributeValue: {S:z}, upper bound operand: AttributeValue: {S:a}",
    ),
    (
        "PutItem",
        condition("#x = :x", {":x": S}),
        CE + "An expression attribute name used in the document path is not defined; attribute name: #x",
    ),
    (
        "PutItem",
        condition("a = :y", {":x": S}),
        CE + "An expression attribute value used in expression is not defined; attribute value: :y",
    ),
    (
        "PutItem",
        condition("a = :x", {":x": S}, {"#a": "a"}),
        ENV + "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
    ),
    (
        "PutItem",
        condition("a = :x", {":x": S, ":y": S}),
        ENV + "Value provided in ExpressionAttributeValues unused in expressions: keys: {:y}",
    ),
    ("PutItem", condition("a = :x", {}), ENV + "ExpressionAttributeValues must not be empty"),
    (
        "PutItem",
        condition("a = :x", {"x": S}),
        ENV + 'ExpressionAttributeValues contains invalid key: Syntax error; key: "x"',
    ),
    (
        "PutItem",
        {**put(), "ExpressionAttributeNames": {"#a": "a"}},
        ENV + "ExpressionAttributeNames can only be specified when using expressions",
    ),
    (
        "PutItem",
        {**put(), "ExpressionAttributeValues": {":a": S}},
        ENV + "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    ),
    # A projection has no values.
    (
        "Scan",
        {"ProjectionExpression": "a", "ExpressionAttributeValues": {":a": S}},
        "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null",
    ),
    (
        "Query",
        {"KeyConditions": {}, "ProjectionExpression": "a", "ExpressionAttributeValues": {":a": S}},
        (
            "ExpressionAttributeValues can only be specified when using expressions: "
            "FilterExpression and KeyConditionExpression are null"
        ),
    ),
    (
        "PutItem",
        condition(" OR ".join(["a = :x"] * 151), {":x": S}),
        CE + "The expression contains too many operators; operator count: 301",
    ),
    (
        "PutItem",
        condition("a IN (" + ", ".join(f":{n}" for n in range(101)) + ")", {f":{n}": S for n in range(101)}),
        CE + "The IN operator is provided with too many operands; number of operands: 101",
    ),
    (
        "Scan",
        {"FilterExpression": "a = :x" + " " * 4096, "ExpressionAttributeValues": {":x": S}},
        "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; expression size: 4102",
    ),
    (
        "UpdateItem",
        updating("SET a = :x SET b = :x", {":x": S}),
        UE + 'The "SET" section can only be used once in an update expression;',
    ),
    (
        "UpdateItem",
        updating("SET a = :x, a.b = :x", {":x": S}),
        UE + "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        "path one: [a], path two: [a, b]",
    ),
    (
        "UpdateItem",
        updating("SET a.b = :x, a[0] = :x", {":x": S}),
        UE + "Two document paths conflict with each other; must remove or rewrite one of these paths; "
        "path one: [a, b], path two: [a, [0]]",
    ),
    (
        "UpdateItem",
        updating("ADD a :x", {":x": S}),
        UE + "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
        "typeSet: ALLOWED_FOR_ADD_OPERAND",
    ),
    (
        "UpdateItem",
        updating("DELETE a :x", {":x": {"L": []}}),
        UE + "Incorrect operand type for operator or function; operator: DELETE, operand type: LIST, "
        "typeSet: ALLOWED_FOR_DELETE_OPERAND",
    ),
    (
        "UpdateItem",
        updating("SET a = list_append(a, :x)", {":x": S}),
        UE + "Incorrect operand type for operator or function; operator or function: list_append, operand type: S",
    ),
    (
        "UpdateItem",
        updating("SET a = attribute_exists(b)"),
        UE + "The function is not allowed to be used this way in an expression; function: attribute_exists",
    ),
    (
        "UpdateItem",
        updating("SET zz = nope + :x", {":x": {"N": "1"}}),
        "The provided expression refers to an attribute that does not exist in the item",
    ),
    (
        "UpdateItem",
        updating("SET nope.x = :x", {":x": S}),
        "The document path provided in the update expression is invalid for update",
    ),
    (
        "UpdateItem",
        updating("SET pk = :x", {":x": S}),
        OPV + "Cannot update attribute pk. This attribute is part of the key",
    ),
]
KCE = "Invalid KeyConditionExpression: "
PK = {":p": S}
READS = [
    (
        "Query",
        querying("pk = :p", PK, ExclusiveStartKey={"pk": {}, "sk": {"N": "1"}}),
        (
            "The provided starting key is invalid: "
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
        ),
    ),
    (
        "Query",
        querying("pk = :p", PK, ExclusiveStartKey={"pk": S, "sk": {"N": "x"}}),
        "The parameter cannot be converted to a numeric value: x",
    ),
    (
        "Query",
        querying("pk = :p", PK, ExclusiveStartKey={"pk": {"SS": ["a", "a"]}, "sk": {"N": "1"}}),
        OPV + "Input collection [a, a] contains duplicates.",
    ),
    ("Query", {}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    ("Query", querying("sk = :p", {":p": {"N": "1"}}), "Query condition missed key schema element: pk"),
    ("Query", querying("pk > :p", PK), "Query key condition not supported"),
    ("Query", querying("pk = :p", {":p": {"N": "1"}}), OPV + "Condition parameter type does not match schema type"),
    ("Query", querying("pk = :p OR sk = :p", PK), "Invalid operator used in KeyConditionExpression: OR"),
    ("Query", querying("pk <> :p", PK), "Invalid operator used in KeyConditionExpression: <>"),
    ("Query", querying("pk IN (:p)", PK), "Invalid operator used in KeyConditionExpression: IN"),
    (
        "Query",
        querying("pk = :p AND pk = :p", PK),
        KCE + "KeyConditionExpressions must only contain one condition per key",
    ),
    (
        "Query",
        querying("pk.x = :p", PK),
        KCE + "KeyConditionExpressions cannot have conditions on nested attributes",
    ),
    (
        "Query",
        querying("pk = sk", {":p": S}),
        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
    ),
    (
        "Query",
        querying("pk = :p AND :p = :p", PK),
        "Invalid condition in KeyConditionExpression: No key attribute specified",
    ),
    (
        "Query",
        querying("pk = :p AND :p BETWEEN sk AND :p", PK),
        (
            "Invalid condition in KeyConditionExpression: "
            "BETWEEN operator must have the key attribute as its first operand"
        ),
    ),
    (
        "Query",
        querying("pk = :p AND begins_with(:p, sk)", PK),
        (
            "Invalid condition in KeyConditionExpression: "
            "begins_with operator must have the key attribute as its first operand"
        ),
    ),
    ("Query", querying("pk = :p AND size(sk) = :p", PK), "KeyConditionExpressions cannot contain nested operations"),
    ("Query", querying("pk = :p AND x = :p", PK), "Query condition missed key schema element: sk"),
    ("Query", querying("pk = :p", PK, IndexName="nope"), "The table does not have the specified index: nope"),
    (
        "Query",
        querying("g = :p", PK, IndexName="gsi", ConsistentRead=True),
        "Consistent reads are not supported on global secondary indexes",
    ),
    (
        "Query",
        querying("g = :p", PK, IndexName="gsi", Select="ALL_ATTRIBUTES"),
        OPV + "Select type ALL_ATTRIBUTES is not supported for global secondary index gsi "
        "because its projection type is not ALL",
    ),
    (
        "Query",
        querying("g = :p", PK, IndexName="gsi", ProjectionExpression="a, b"),
        OPV + "Global secondary index gsi does not project [a, b]",
    ),
    (
        "Query",
        querying("g = :p AND sk = :p", PK, IndexName="gsi"),
        "The number of query conditions (2) exceeds the number of key attributes defined in the schema (1)",
    ),
    (
        "Query",
        querying("pk = :p", PK, FilterExpression="sk = :p"),
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
    ),
    (
        "Query",
        querying("pk = :p", PK, Limit=0),
        ENV + "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ),
    (
        "Scan",
        {"Limit": 0},
        ENV + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ),
    (
        "Query",
        querying("pk = :p", PK, Select="SPECIFIC_ATTRIBUTES"),
        ENV + "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    ),
    (
        "Query",
        querying("pk = :p", PK, Select="ALL_PROJECTED_ATTRIBUTES"),
        ENV + "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
    ),
    (
        "Scan",
        {"Select": "COUNT", "ProjectionExpression": "a"},
        "Cannot specify the ProjectionExpression when choosing to get only the Count",
    ),
    ("Query", querying("pk = :p", PK, ExclusiveStartKey={"pk": S}), "The provided starting key is invalid"),
    (
        "Query",
        querying("pk = :p", PK, ExclusiveStartKey={"pk": S, "sk": S}),
        "The provided starting key is invalid: The provided key element does not match the schema",
    ),
    (
        "Query",
        querying("pk = :p", PK, ExclusiveStartKey={"pk": {"S": "2"}, "sk": {"N": "1"}}),
        "The provided starting key is outside query boundaries based on provided conditions",
    ),
    (
        "Query",
        querying("pk = :p AND sk > :n", {**PK, ":n": {"N": "5"}}, ExclusiveStartKey={"pk": S, "sk": {"N": "1"}}),
        "The provided starting key does not match the range key predicate",
    ),
    (
        "Scan",
        {"Segment": 1},
        (
            "The TotalSegments parameter is required but was not present in the request "
            "when Segment parameter is present"
        ),
    ),
    (
        "Scan",
        {"IndexName": "gsi", "ExclusiveStartKey": KEY},
        "The provided starting key is invalid",
    ),
    (
        "Query",
        querying("pk = :p", PK, IndexName="ab"),
        ENV + "Value 'ab' at 'indexName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3",
    ),
]
MODEL = [
    ("TagResource", {"Tags": []}, "Invalid TableArn"),
    ("ListTagsOfResource", {}, "Invalid TableArn"),
    (
        "PutItem",
        {**put(), "ReturnConsumedCapacity": "x", "ReturnValues": "y"},
        (
            "2 validation errors detected: "
            f"Value 'x' at 'returnConsumedCapacity' failed to satisfy constraint: {ENUM_RCC}"
            f"; Value 'y' at 'returnValues' failed to satisfy constraint: {ENUM_RV}"
        ),
    ),
    ("PutItem", {}, ENV + "Value null at 'item' failed to satisfy constraint: Member must not be null"),
    ("GetItem", {}, ENV + "Value null at 'key' failed to satisfy constraint: Member must not be null"),
    (
        "PutItem",
        {**put(), "TableName": ";"},
        ENV + "Value ';' at 'tableName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ),
    (
        "GetItem",
        {"Key": KEY, "TableName": ""},
        ENV
        + "Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
    (
        "GetItem",
        {"Key": KEY, "AttributesToGet": ["a"] * 256},
        ENV + f"Value '[{', '.join(['a'] * 256)}]' at 'attributesToGet' failed to satisfy constraint: "
        "Member must have length less than or equal to 255",
    ),
    ("PutItem", {**put(), "ReturnValues": "ALL_NEW"}, ENV + "ReturnValues can only be ALL_OLD or NONE"),
    (
        "BatchGetItem",
        {"RequestItems": {"the": {"Keys": []}}},
        ENV + "Value '[]' at 'requestItems.the.member.keys' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"the": {"Keys": [{**KEY, "sk": {"N": str(n)}} for n in range(101)]}}},
        ENV + "Value at 'RequestItems.the.member.Keys' failed to satisfy constraint: "
        "Member must have length less than or equal to 100",
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"the": {"Keys": [KEY, {"sk": {"N": "1.0"}, "pk": {"S": "a"}}]}}},
        "Provided list of item keys contains duplicates",
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"the": [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}]}},
        "Provided list of item keys contains duplicates",
    ),
    ("BatchWriteItem", {"RequestItems": {"the": [{"PutRequest": {"Item": {"pk": S}}}]}}, NO_KEY),
    ("BatchWriteItem", {"RequestItems": {}}, "The requestItems parameter is required for BatchWriteItem"),
    (
        "TransactWriteItems",
        {"TransactItems": []},
        ENV + "Value '[]' at 'transactItems' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    (
        "TransactWriteItems",
        {"TransactItems": [{}]},
        "TransactItems can only contain one of Check, Put, Update or Delete",
    ),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Delete": {"TableName": "the", "Key": KEY}}, {"Put": {"TableName": "the", "Item": KEY}}]},
        "Transaction request cannot include multiple operations on one item",
    ),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "the", "Item": {"pk": {"S": ""}, "sk": {"N": "1"}}}}]},
        ARE + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "the", "Item": KEY, "ConditionExpression": ""}}]},
        "Invalid ConditionExpression: The expression can not be empty;",
    ),
    (
        "ListTables",
        {"Limit": 101},
        ENV + "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
    ),
    (
        "DescribeTable",
        {"TableName": "ab"},
        "TableName must be at least 3 characters long and at most 255 characters long",
    ),
    (
        "CreateTable",
        {**TABLE, "TableName": "ab"},
        ENV
        + "Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
    ),
    (
        "UpdateTable",
        {"TableName": "the"},
        (
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
            "or SSESpecification or ReplicaUpdates is required"
        ),
    ),
]
WRONG_TYPES = [
    ("PutItem", {"Item": {"a": {"N": 5}}}, "NUMBER_VALUE cannot be converted to String"),
    ("PutItem", {"Item": {"a": {"S": True}}}, "TRUE_VALUE cannot be converted to String"),
    ("PutItem", {"Item": {"a": {"S": 1.5}}}, "DECIMAL_VALUE cannot be converted to String"),
    ("PutItem", {"Item": {"a": {"S": []}}}, "Unrecognized collection type class java.lang.String"),
    ("PutItem", {"Item": {"a": {"S": {}}}}, "Start of structure or map found where not expected"),
    ("PutItem", {"Item": {"a": {"BOOL": 1}}}, "NUMBER_VALUE cannot be converted to Boolean"),
    ("PutItem", {"Item": {"a": {"BOOL": "x"}}}, "Unexpected token received from parser"),
    ("PutItem", {"Item": {"a": {"B": 1}}}, "only base-64-encoded strings are convertible to bytes"),
    ("PutItem", {"Item": {"a": {"B": "abc"}}}, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
    ("PutItem", {"Item": {"a": "x"}}, "Unexpected value type in payload"),
    ("PutItem", {"Item": {"a": {"L": {}}}}, "Start of structure or map found where not expected"),
    ("PutItem", {"Item": {"a": {"SS": "x"}}}, "Unexpected field type"),
    ("PutItem", {"Item": "x"}, "Unexpected field type"),
    (
        "PutItem",
        {"Item": []},
        (
            "Unrecognized collection type java.util.Map<java.lang.String, "
            "com.amazonaws.dynamodb.v20120810.AttributeValue>"
        ),
    ),
    ("Scan", {"Limit": "1"}, "STRING_VALUE cannot be converted to Integer"),
    ("Scan", {"Limit": True}, "TRUE_VALUE cannot be converted to Integer"),
]
NOT_THERE = [
    ("PutItem", {"Item": {"x": S}}, "Requested resource not found"),
    ("GetItem", {"Key": {}}, "Requested resource not found"),
    ("Scan", {}, "Requested resource not found"),
    ("DescribeTable", {}, "Requested resource not found: Table: nope not found"),
    ("DeleteTable", {}, "Requested resource not found: Table: nope not found"),
    ("UpdateTable", {"DeletionProtectionEnabled": True}, "Requested resource not found: Table: nope not found"),
    ("DescribeTimeToLive", {}, "Requested resource not found: Table: nope not found"),
    ("BatchGetItem", {"RequestItems": {"nope": {"Keys": [KEY]}}}, "Requested resource not found"),
    ("BatchWriteItem", {"RequestItems": {"nope": [{"PutRequest": {"Item": KEY}}]}}, "Requested resource not found"),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "nope", "Item": KEY}}]},
        "Requested resource not found",
    ),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_a_value_that_breaks_a_rule_is_refused(wire: Wire, value: Any, text: str) -> None:
    assert wire.fault("PutItem", {"TableName": "the", **put(x=value)}) == (V, text)


@pytest.mark.parametrize(("operation", "members", "text"), KEYS + EXPRESSIONS + READS + MODEL)
def test_a_request_that_breaks_a_rule_is_refused(wire: Wire, operation: str, members: Any, text: str) -> None:
    assert wire.fault(operation, {"TableName": "the", **members}) == (V, text)


@pytest.mark.parametrize(("operation", "members", "text"), WRONG_TYPES)
def test_a_member_of_another_json_type_is_refused(wire: Wire, operation: str, members: Any, text: str) -> None:
    assert wire.fault(operation, {"TableName": "the", **members}) == (SERIAL, text)


@pytest.mark.parametrize(("operation", "members", "text"), NOT_THERE)
def test_a_table_that_is_not_there_is_told_in_the_operations_words(
    wire: Wire, operation: str, members: Any, text: str
) -> None:
    assert wire.fault(operation, {"TableName": "nope", **members}) == (MISSING, text)
