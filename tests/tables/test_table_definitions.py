"""Each rule of CreateTable broken once, through the whole edge; and what shows of what was accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .wire import Wire

ENV = "1 validation error detected: "
OPV = "One or more parameter values were invalid: "
HASH, RANGE = {"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}
A, B, C = ({"AttributeName": name, "AttributeType": "S"} for name in "abc")
ALL = {"ProjectionType": "ALL"}
UNITS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
PLAIN: dict[str, Any] = {
    "TableName": "made",
    "AttributeDefinitions": [A],
    "KeySchema": [HASH],
    "BillingMode": "PAY_PER_REQUEST",
}
SORTED = {"AttributeDefinitions": [A, B], "KeySchema": [HASH, RANGE]}
WITH_C = {"AttributeDefinitions": [A, B, C], "KeySchema": [HASH, RANGE]}


def key(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)]


def index(name: str = "idx", schema: Any = None, projection: Any = None, **members: Any) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": schema or key("a", "c"), "Projection": projection or ALL, **members}


CASES: list[tuple[dict[str, Any], str]] = [
    (
        {"KeySchema": None, "AttributeDefinitions": None},
        (
            "2 validation errors detected: "
            "Value null at 'keySchema' failed to satisfy constraint: Member must not be null; "
            "Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not be null"
        ),
    ),
    (
        {"AttributeDefinitions": None},
        ENV + "Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not be null",
    ),
    (
        {"ProvisionedThroughput": UNITS},
        OPV + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    ),
    (
        {"BillingMode": None},
        OPV + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    ),
    (
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {**UNITS, "ReadCapacityUnits": 1_000_000_000_001}},
        "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
    ),
    (
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {**UNITS, "WriteCapacityUnits": 0}},
        ENV + "Value '0' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
    ),
    (
        {"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "Z"}]},
        ENV + "Value 'Z' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [B, N, S]",
    ),
    ({"KeySchema": [HASH, RANGE]}, "Invalid KeySchema: Some index key attribute have no definition"),
    (
        {"AttributeDefinitions": [B]},
        OPV + "Some index key attributes are not defined in AttributeDefinitions. Keys: [a], AttributeDefinitions: [b]",
    ),
    (
        {**SORTED, "KeySchema": key("a", "a")},
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    ),
    (
        {"KeySchema": [{**HASH, "KeyType": "RANGE"}]},
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
    ),
    (
        {**SORTED, "KeySchema": [HASH, {**RANGE, "KeyType": "HASH"}]},
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
    ),
    (
        {"AttributeDefinitions": [A, B]},
        OPV + "Number of attributes in KeySchema does not exactly match number of attributes "
        "defined in AttributeDefinitions",
    ),
    (
        {**WITH_C, "GlobalSecondaryIndexes": [index(schema=key("b"))]},
        OPV + "Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], keys used: [a, b]",
    ),
    ({**SORTED, "LocalSecondaryIndexes": []}, OPV + "List of LocalSecondaryIndexes is empty"),
    (
        {"LocalSecondaryIndexes": [index(schema=key("a", "a"))]},
        OPV + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    ),
    (
        {**SORTED, "LocalSecondaryIndexes": [index(schema=key("a"))]},
        OPV + "Index KeySchema does not have a range key for index: idx",
    ),
    (
        {**WITH_C, "LocalSecondaryIndexes": [index(schema=key("b", "c"))]},
        OPV + "Index KeySchema does not have the same leading hash key as table KeySchema for index: idx. "
        "index hash key: b, table hash key: a",
    ),
    (
        {**WITH_C, "LocalSecondaryIndexes": [index(projection={"NonKeyAttributes": ["x"]})]},
        OPV + "Unknown ProjectionType: null",
    ),
    (
        {**WITH_C, "LocalSecondaryIndexes": [index(projection={**ALL, "NonKeyAttributes": ["x"]})]},
        OPV + "ProjectionType is ALL, but NonKeyAttributes is specified",
    ),
    (
        {**WITH_C, "LocalSecondaryIndexes": [index(projection={"ProjectionType": "INCLUDE"})]},
        OPV + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
    ),
    ({**WITH_C, "LocalSecondaryIndexes": [index(), index()]}, OPV + "Duplicate index name: idx"),
    (
        {**WITH_C, "LocalSecondaryIndexes": [index(f"idx{number}") for number in range(6)]},
        OPV + "Number of LocalSecondaryIndexes exceeds per-table limit of 5",
    ),
    ({"GlobalSecondaryIndexes": []}, OPV + "List of GlobalSecondaryIndexes is empty"),
    (
        {**WITH_C, "LocalSecondaryIndexes": [index()], "GlobalSecondaryIndexes": [index(schema=key("c"))]},
        OPV + "Duplicate index name: idx",
    ),
    (
        {**WITH_C, "GlobalSecondaryIndexes": [index(ProvisionedThroughput=UNITS)]},
        OPV + "ProvisionedThroughput should not be specified for index: idx when BillingMode is PAY_PER_REQUEST",
    ),
    (
        {**WITH_C, "GlobalSecondaryIndexes": [index(f"idx{number}") for number in range(21)]},
        OPV + "GlobalSecondaryIndex count exceeds the per-table limit of 20",
    ),
    (
        {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
        OPV + "Table is being created with a stream disabled, UpdateViewType should not be specified",
    ),
    (
        {
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": UNITS,
            "OnDemandThroughput": {"MaxReadRequestUnits": 5},
        },
        OPV + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.",
    ),
    ({"AttributeDefinitions": []}, "Invalid KeySchema: Some index key attribute have no definition"),
    (
        {"KeySchema": None},
        ENV + "Value null at 'keySchema' failed to satisfy constraint: Member must not be null",
    ),
    (
        {"SSESpecification": {"Enabled": True, "SSEType": "AES256"}},
        OPV + "Unsupported SSEType: AES256, the supported one is KMS",
    ),
    (
        {"OnDemandThroughput": {"MaxReadRequestUnits": 0}},
        OPV + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range",
    ),
]


@pytest.fixture
def wire(tmp_path: Path) -> Any:
    wire = Wire(tmp_path / "data")
    yield wire
    wire.storage.close()


@pytest.mark.parametrize(("members", "text"), CASES)
def test_a_definition_that_breaks_a_rule_makes_no_table(wire: Wire, members: dict[str, Any], text: str) -> None:
    assert wire.fault("CreateTable", {**PLAIN, **members}) == ("ValidationException", text)
    assert wire.call("ListTables", {}) == (200, {"TableNames": []})


def test_a_name_that_is_taken_is_in_use(wire: Wire) -> None:
    wire.call("CreateTable", PLAIN)

    assert wire.fault("CreateTable", PLAIN) == ("ResourceInUseException", "Table already exists: made")


def test_a_protected_table_is_not_deleted_until_the_protection_is_off(wire: Wire) -> None:
    wire.call("CreateTable", {**PLAIN, "DeletionProtectionEnabled": True})
    text = (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )

    assert wire.fault("DeleteTable", {"TableName": "made"}) == ("ValidationException", text)
    wire.call("UpdateTable", {"TableName": "made", "DeletionProtectionEnabled": False})
    assert wire.call("DeleteTable", {"TableName": "made"})[0] == 200


def test_names_are_listed_in_pages_by_their_bytes(wire: Wire) -> None:
    for name in ("bbb", "BBB", "aaa", "_aa"):
        wire.call("CreateTable", {**PLAIN, "TableName": name})

    first = wire.call("ListTables", {"Limit": 2})[1]
    rest = wire.call("ListTables", {"ExclusiveStartTableName": "BBC", "Limit": 3})[1]

    assert first == {"TableNames": ["BBB", "_aa"], "LastEvaluatedTableName": "_aa"}
    assert rest == {"TableNames": ["_aa", "aaa", "bbb"]}


def test_what_was_asked_for_shows_at_creation_and_after(wire: Wire) -> None:
    warm = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}
    asked = {
        **WITH_C,
        "GlobalSecondaryIndexes": [index(schema=key("c"), WarmThroughput=warm)],
        "WarmThroughput": warm,
        "OnDemandThroughput": {"MaxReadRequestUnits": 5},
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "SSESpecification": {"Enabled": True},
    }

    created = wire.call("CreateTable", {**PLAIN, **asked})[1]["TableDescription"]
    shown = wire.call("DescribeTable", {"TableName": "made"})[1]["Table"]

    assert created["TableStatus"] == created["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert created["WarmThroughput"] == {**warm, "Status": "UPDATING"}
    assert created["GlobalSecondaryIndexes"][0]["WarmThroughput"] == {**warm, "Status": "UPDATING"}
    assert created["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert shown["WarmThroughput"] == {**warm, "Status": "ACTIVE"}
    assert shown["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] == shown["CreationDateTime"]
    for description in (created, shown):
        assert description["OnDemandThroughput"] == {"MaxReadRequestUnits": 5}
        assert description["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
        assert description["SSEDescription"]["Status"] == "ENABLED"
        assert description["SSEDescription"]["KMSMasterKeyArn"].startswith("arn:aws:kms:us-east-1:000000000000:key/")


def test_a_deleted_table_shows_little(wire: Wire) -> None:
    wire.call("CreateTable", PLAIN)

    answer = wire.call("DeleteTable", {"TableName": "made"})[1]["TableDescription"]

    assert answer["TableStatus"] == "DELETING"
    assert set(answer) == {
        *("TableName", "TableArn", "TableId", "TableStatus", "ItemCount", "TableSizeBytes"),
        *("ProvisionedThroughput", "DeletionProtectionEnabled"),
    }
    assert wire.fault("DescribeTable", {"TableName": "made"}) == (
        "ResourceNotFoundException",
        "Requested resource not found: Table: made not found",
    )


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_of_names_has_bounds(wire: Wire, limit: int) -> None:
    bound = "greater than or equal to 1" if limit == 0 else "less than or equal to 100"

    assert wire.fault("ListTables", {"Limit": limit}) == (
        "ValidationException",
        f"{ENV}Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value {bound}",
    )
