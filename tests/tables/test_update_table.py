"""UpdateTable rule by rule, through the whole edge: what it refuses, what it answers, what shows afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .wire import Wire

OPV = "One or more parameter values were invalid: "
ENV = "1 validation error detected: "
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
MORE = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 5}
A, B, C = ({"AttributeName": name, "AttributeType": "S"} for name in "abc")
BY_B = {
    "IndexName": "by_b",
    "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
BY_C = {**BY_B, "IndexName": "by_c", "KeySchema": [{"AttributeName": "c", "KeyType": "HASH"}]}
PROVISIONED: dict[str, Any] = {
    "TableName": "made",
    "AttributeDefinitions": [A, B],
    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
    "ProvisionedThroughput": UNITS,
    "GlobalSecondaryIndexes": [{**BY_B, "ProvisionedThroughput": UNITS}],
}
ON_DEMAND: dict[str, Any] = {
    **{member: value for member, value in PROVISIONED.items() if member != "ProvisionedThroughput"},
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [BY_B],
}
STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
NOTHING = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
    "or SSESpecification or ReplicaUpdates is required"
)
UNCHANGED = (
    "The provisioned throughput for the {of} will not change. The requested value equals the current value. "
    "Current ReadCapacityUnits provisioned for the {kind}: 5. Requested ReadCapacityUnits: 5. "
    "Current WriteCapacityUnits provisioned for the {kind}: 5. Requested WriteCapacityUnits: 5. "
    "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
)


def of_index(action: str, **members: Any) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{action: {"IndexName": "by_b", **members}}]}


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(tmp_path / "data")
    yield wire
    wire.storage.close()


@pytest.fixture
def provisioned(wire: Wire) -> Wire:
    assert wire.call("CreateTable", PROVISIONED)[0] == 200
    return wire


@pytest.fixture
def on_demand(wire: Wire) -> Wire:
    assert wire.call("CreateTable", ON_DEMAND)[0] == 200
    return wire


def updated(wire: Wire, **members: Any) -> dict[str, Any]:
    status, answer = wire.call("UpdateTable", {"TableName": "made", **members})
    assert status == 200, answer
    description: dict[str, Any] = answer["TableDescription"]
    return description


def described(wire: Wire) -> dict[str, Any]:
    table: dict[str, Any] = wire.call("DescribeTable", {"TableName": "made"})[1]["Table"]
    return table


OF_PROVISIONED: list[tuple[dict[str, Any], str]] = [
    ({}, NOTHING),
    ({"AttributeDefinitions": [A]}, NOTHING),
    (
        {"BillingMode": "PROVISIONED"},
        OPV + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    ),
    (
        {"ProvisionedThroughput": {**UNITS, "WriteCapacityUnits": 1_000_000_000_001}},
        "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
    ),
    (
        {"ProvisionedThroughput": {**UNITS, "WriteCapacityUnits": 0}},
        ENV + "Value '0' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
    ),
    (
        {"GlobalSecondaryIndexUpdates": [{}]},
        OPV + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
        "GlobalSecondaryIndexUpdate.Delete must not be null",
    ),
    (
        {"GlobalSecondaryIndexUpdates": of_index("Delete")["GlobalSecondaryIndexUpdates"] * 2},
        OPV + "Only one global secondary index update per index is allowed simultaneously. Index: by_b",
    ),
    ({"ProvisionedThroughput": UNITS}, UNCHANGED.format(of="table", kind="table")),
    (of_index("Update", ProvisionedThroughput=UNITS), UNCHANGED.format(of="index by_b", kind="index")),
    (
        {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "nope", "ProvisionedThroughput": UNITS}}]},
        (
            "This operation cannot be performed with given input values. "
            "Please contact DynamoDB service team for more info: Action Blocked: IndexUpdate"
        ),
    ),
    (
        {"GlobalSecondaryIndexUpdates": [{"Create": {**BY_C, "ProvisionedThroughput": UNITS}}]},
        OPV + "Some index key attributes are not defined in AttributeDefinitions. Keys: [c], AttributeDefinitions: []",
    ),
    (
        {"AttributeDefinitions": [C], "GlobalSecondaryIndexUpdates": [{"Create": BY_C}]},
        OPV + "ProvisionedThroughput must be specified for index: by_c",
    ),
    (
        {"AttributeDefinitions": [B], "GlobalSecondaryIndexUpdates": [{"Create": BY_B}]},
        "Attempting to create an index which already exists",
    ),
    (
        {"ProvisionedThroughput": MORE, **of_index("Delete")},
        OPV + "Cannot create or delete index while updating table IOPS",
    ),
    (
        {"ProvisionedThroughput": MORE, "StreamSpecification": STREAM},
        OPV + "You cannot modify stream status while updating table IOPS",
    ),
    ({"StreamSpecification": {"StreamEnabled": False}}, "Table has no stream to disable: TableName: made"),
    (
        {"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
        OPV
        + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED",
    ),
    (
        {"TableClass": "STANDARD", "DeletionProtectionEnabled": True},
        OPV + "TableClass cannot be updated together with DeletionProtectionEnabled",
    ),
    ({"SSESpecification": {"Enabled": False}}, OPV + "Table is already encrypted by default"),
    (
        {"SSESpecification": {"Enabled": False, "KMSMasterKeyId": "k"}},
        OPV + "KMSMasterKeyId cannot be specified when SSESpecification is not enabled",
    ),
]


@pytest.mark.parametrize(("members", "text"), OF_PROVISIONED)
def test_a_change_that_breaks_a_rule_changes_nothing(provisioned: Wire, members: dict[str, Any], text: str) -> None:
    before = described(provisioned)

    assert provisioned.fault("UpdateTable", {"TableName": "made", **members}) == ("ValidationException", text)
    assert described(provisioned) == before


OF_ON_DEMAND: list[tuple[dict[str, Any], str]] = [
    (
        {"ProvisionedThroughput": UNITS},
        OPV + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    ),
    (
        of_index("Update", ProvisionedThroughput=UNITS),
        OPV + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    ),
    (
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS},
        OPV + "ProvisionedThroughput must be specified for index: by_b",
    ),
    (
        {"OnDemandThroughput": {"MaxWriteRequestUnits": 0}},
        OPV + "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
    ),
    (
        of_index("Update", OnDemandThroughput={"MaxReadRequestUnits": 0}),
        OPV + "Requested MaxReadRequestUnits for OnDemandThroughput for index by_b is outside of valid range",
    ),
]


@pytest.mark.parametrize(("members", "text"), OF_ON_DEMAND)
def test_a_change_that_does_not_fit_on_demand_billing_is_refused(
    on_demand: Wire, members: dict[str, Any], text: str
) -> None:
    assert on_demand.fault("UpdateTable", {"TableName": "made", **members}) == ("ValidationException", text)


def test_more_than_one_index_at_a_time_is_beyond_the_limit(provisioned: Wire) -> None:
    updates = [{"Delete": {"IndexName": "by_b"}}, {"Create": {**BY_C, "ProvisionedThroughput": UNITS}}]
    request = {"TableName": "made", "AttributeDefinitions": [C], "GlobalSecondaryIndexUpdates": updates}

    assert provisioned.fault("UpdateTable", request) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    )


def test_an_index_that_is_not_there_is_not_deleted(provisioned: Wire) -> None:
    request = {"TableName": "made", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "nope"}}]}

    assert provisioned.fault("UpdateTable", request)[0] == "ResourceNotFoundException"


def test_throughput_shows_the_old_numbers_until_the_change_is_done(provisioned: Wire) -> None:
    answer = updated(provisioned, ProvisionedThroughput=MORE)
    now = provisioned.clock.now_ms() / 1000

    assert answer["TableStatus"] == "UPDATING"
    assert answer["ProvisionedThroughput"] == {**UNITS, "NumberOfDecreasesToday": 0, "LastIncreaseDateTime": now}
    assert described(provisioned)["TableStatus"] == "ACTIVE"
    assert described(provisioned)["ProvisionedThroughput"] == {
        **MORE,
        "NumberOfDecreasesToday": 0,
        "LastIncreaseDateTime": now,
    }


def test_decreases_are_counted_for_a_day(provisioned: Wire) -> None:
    for units in (4, 3):
        updated(provisioned, ProvisionedThroughput={"ReadCapacityUnits": units, "WriteCapacityUnits": 5})

    assert described(provisioned)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 2
    provisioned.clock.advance(86_400)
    assert described(provisioned)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0


def test_the_throughput_of_an_index_changes_likewise(provisioned: Wire) -> None:
    answer = updated(provisioned, **of_index("Update", ProvisionedThroughput=MORE))["GlobalSecondaryIndexes"][0]
    after = described(provisioned)["GlobalSecondaryIndexes"][0]

    assert answer["IndexStatus"] == "UPDATING"
    assert answer["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert after["IndexStatus"] == "ACTIVE"
    assert after["ProvisionedThroughput"]["ReadCapacityUnits"] == 9
    assert "LastIncreaseDateTime" in after["ProvisionedThroughput"]


def test_a_switch_to_on_demand_zeroes_table_and_indexes(provisioned: Wire) -> None:
    answer = updated(provisioned, BillingMode="PAY_PER_REQUEST")
    after = described(provisioned)
    zeros = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}

    assert answer["ProvisionedThroughput"] == {**UNITS, "NumberOfDecreasesToday": 0}
    assert answer["GlobalSecondaryIndexes"][0]["IndexStatus"] == "UPDATING"
    assert after["ProvisionedThroughput"] == zeros
    assert after["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == zeros
    assert after["BillingModeSummary"] == {
        "BillingMode": "PAY_PER_REQUEST",
        "LastUpdateToPayPerRequestDateTime": provisioned.clock.now_ms() / 1000,
    }
    assert after["WarmThroughput"] == {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}


def test_a_switch_to_provisioned_clears_the_ceilings(on_demand: Wire) -> None:
    updated(on_demand, OnDemandThroughput={"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6})

    updated(
        on_demand,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=UNITS,
        **of_index("Update", ProvisionedThroughput=UNITS),
    )

    after = described(on_demand)
    assert "OnDemandThroughput" not in after
    assert after["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert after["ProvisionedThroughput"] == {**UNITS, "NumberOfDecreasesToday": 0}
    assert after["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == {**UNITS, "NumberOfDecreasesToday": 0}


def test_a_ceiling_that_is_taken_away_is_shown_once_more(on_demand: Wire) -> None:
    updated(on_demand, OnDemandThroughput={"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6})

    answer = updated(on_demand, OnDemandThroughput={"MaxReadRequestUnits": -1})

    assert answer["OnDemandThroughput"] == {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 6}
    assert described(on_demand)["OnDemandThroughput"] == {"MaxWriteRequestUnits": 6}


def test_a_stream_is_enabled_and_disabled_once(on_demand: Wire) -> None:
    first = updated(on_demand, StreamSpecification=STREAM)
    again = on_demand.fault("UpdateTable", {"TableName": "made", "StreamSpecification": STREAM})
    on_demand.clock.advance(1)
    updated(on_demand, StreamSpecification={"StreamEnabled": False})
    off = described(on_demand)
    second = updated(on_demand, StreamSpecification=STREAM)

    assert again == ("ValidationException", "Table already has an enabled stream: TableName: made")
    assert first["StreamSpecification"] == STREAM
    assert "StreamSpecification" not in off
    assert off["LatestStreamArn"] == first["LatestStreamArn"]
    assert second["LatestStreamArn"] != first["LatestStreamArn"]


def test_a_deleted_index_takes_its_attribute_definitions_with_it(provisioned: Wire) -> None:
    answer = updated(provisioned, **of_index("Delete"))
    after = described(provisioned)

    assert answer["GlobalSecondaryIndexes"][0]["IndexStatus"] == "DELETING"
    assert "GlobalSecondaryIndexes" not in after
    assert after["AttributeDefinitions"] == [A]


def test_a_declared_attribute_keeps_its_stored_type(on_demand: Wire) -> None:
    numbers = [{"AttributeName": name, "AttributeType": "N"} for name in "ab"]

    updated(on_demand, AttributeDefinitions=numbers, DeletionProtectionEnabled=True)

    assert described(on_demand)["AttributeDefinitions"] == [A, B]


def test_a_table_class_shows_when_it_was_changed(on_demand: Wire) -> None:
    updated(on_demand, TableClass="STANDARD_INFREQUENT_ACCESS")

    assert described(on_demand)["TableClassSummary"] == {
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "LastUpdateDateTime": on_demand.clock.now_ms() / 1000,
    }


def test_warm_throughput_is_on_its_way_in_the_answer(on_demand: Wire) -> None:
    warm = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}

    answer = updated(on_demand, WarmThroughput=warm)

    assert answer["WarmThroughput"] == {**warm, "Status": "UPDATING"}
    assert described(on_demand)["WarmThroughput"] == {**warm, "Status": "ACTIVE"}


def test_warm_throughput_is_raised_and_never_lowered(on_demand: Wire) -> None:
    updated(on_demand, WarmThroughput={"ReadUnitsPerSecond": 20000})

    lowered = on_demand.fault("UpdateTable", {"TableName": "made", "WarmThroughput": {"ReadUnitsPerSecond": 19999}})

    assert lowered == (
        "ValidationException",
        OPV + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
        "decreasing WarmThroughput is not supported",
    )
    assert described(on_demand)["WarmThroughput"] == {
        "ReadUnitsPerSecond": 20000,
        "WriteUnitsPerSecond": 4000,
        "Status": "ACTIVE",
    }


def test_a_key_of_ones_own_is_shown_while_it_is_in_use(on_demand: Wire) -> None:
    answer = updated(on_demand, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "abcd"})
    arn = "arn:aws:kms:us-east-1:000000000000:key/abcd"
    shown = described(on_demand)["SSEDescription"]
    leaving = updated(on_demand, SSESpecification={"Enabled": False})

    assert answer["SSEDescription"] == {"Status": "UPDATING", "SSEType": "KMS", "KMSMasterKeyArn": arn}
    assert shown == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}
    assert leaving["SSEDescription"]["Status"] == "UPDATING"
    assert "SSEDescription" not in described(on_demand)
