"""Backups and restores through the whole edge: what they hold, what they refuse, and that they survive restarts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pelton.storage.check import check
from pelton.tables.copying import Copying, copying_step

from .wire import Wire

Json = dict[str, Any]
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
BY_KIND = {
    "IndexName": "by_kind",
    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
BY_SIZE = {
    "IndexName": "by_size",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "size", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
TABLE: Json = {
    "TableName": "orders",
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "N"},
        {"AttributeName": "kind", "AttributeType": "S"},
        {"AttributeName": "size", "AttributeType": "N"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [BY_KIND],
    "LocalSecondaryIndexes": [BY_SIZE],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    "Tags": [{"Key": "team", "Value": "blue"}],
}
#: More than one step of a copy.
MANY = 1201


def item(number: int, kind: str = "a") -> Json:
    return {
        "id": {"S": f"order {number % 50}"},
        "at": {"N": str(number)},
        "kind": {"S": kind},
        "size": {"N": str(number)},
    }


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(tmp_path / "data")
    made(wire, "CreateTable", TABLE)
    yield wire
    wire.storage.close()


def made(wire: Wire, operation: str, body: Json) -> Json:
    status, answer = wire.call(operation, body)
    assert status == 200, answer
    return answer


def fill(wire: Wire, count: int, kind: str = "a") -> None:
    for start in range(0, count, 25):
        puts = [{"PutRequest": {"Item": item(number, kind)}} for number in range(start, min(start + 25, count))]
        made(wire, "BatchWriteItem", {"RequestItems": {"orders": puts}})


def backup(wire: Wire, name: str = "nightly") -> str:
    arn: str = made(wire, "CreateBackup", {"TableName": "orders", "BackupName": name})["BackupDetails"]["BackupArn"]
    return arn


def restore(wire: Wire, arn: str, **members: Any) -> Json:
    body = {"TargetTableName": "again", "BackupArn": arn, **members}
    description: Json = made(wire, "RestoreTableFromBackup", body)["TableDescription"]
    return description


def described(wire: Wire, table: str = "again") -> Json:
    description: Json = made(wire, "DescribeTable", {"TableName": table})["Table"]
    return description


def status_of(wire: Wire, arn: str) -> str:
    details = made(wire, "DescribeBackup", {"BackupArn": arn})["BackupDescription"]["BackupDetails"]
    status: str = details["BackupStatus"]
    return status


def scanned(wire: Wire, table: str, **members: Any) -> list[Json]:
    items: list[Json] = []
    start: Json = {}
    while True:
        answer = made(wire, "Scan", {"TableName": table, **members, **start})
        items.extend(answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return items
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def work(wire: Wire) -> None:
    """Let the background work of backups run until it rests."""
    copying = Copying(wire.storage, wire.clock)
    copying.start()
    wire.clock.advance(30)
    copying.close()


def test_a_backup_tells_of_its_table(wire: Wire) -> None:
    fill(wire, 3)
    made(
        wire,
        "UpdateTimeToLive",
        {"TableName": "orders", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "gone"}},
    )

    answer = made(wire, "CreateBackup", {"TableName": "orders", "BackupName": "nightly"})["BackupDetails"]
    shown = made(wire, "DescribeBackup", {"BackupArn": answer["BackupArn"]})["BackupDescription"]

    table = described(wire, "orders")
    assert answer == {
        "BackupArn": answer["BackupArn"],
        "BackupName": "nightly",
        "BackupSizeBytes": table["TableSizeBytes"],
        "BackupStatus": "CREATING",
        "BackupType": "USER",
        "BackupCreationDateTime": wire.clock.now_ms() / 1000,
    }
    assert answer["BackupArn"].startswith(f"{table['TableArn']}/backup/0{wire.clock.now_ms()}-")
    assert shown["BackupDetails"] == {**answer, "BackupStatus": "AVAILABLE"}
    assert shown["SourceTableDetails"] == {
        "TableName": "orders",
        "TableId": table["TableId"],
        "TableArn": table["TableArn"],
        "TableSizeBytes": table["TableSizeBytes"],
        "KeySchema": TABLE["KeySchema"],
        "TableCreationDateTime": table["CreationDateTime"],
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "ItemCount": 3,
        "BillingMode": "PAY_PER_REQUEST",
    }
    assert shown["SourceTableFeatureDetails"] == {
        "LocalSecondaryIndexes": [BY_SIZE],
        "GlobalSecondaryIndexes": [BY_KIND],
        "StreamDescription": TABLE["StreamSpecification"],
        "TimeToLiveDescription": {"AttributeName": "gone", "TimeToLiveStatus": "ENABLED"},
    }


def test_a_restored_table_has_the_items_and_indexes_of_the_moment(wire: Wire) -> None:
    fill(wire, 60)
    expected = scanned(wire, "orders")
    arn = backup(wire)
    fill(wire, 70, kind="b")

    answer = restore(wire, arn)

    again = described(wire)
    assert answer["TableStatus"] == "CREATING"
    assert answer["RestoreSummary"] == {
        "SourceBackupArn": arn,
        "SourceTableArn": described(wire, "orders")["TableArn"],
        "RestoreDateTime": wire.clock.now_ms() / 1000,
        "RestoreInProgress": True,
    }
    assert again["TableStatus"] == "ACTIVE"
    assert again["RestoreSummary"]["RestoreInProgress"] is False
    assert again["ItemCount"] == again["GlobalSecondaryIndexes"][0]["ItemCount"] == 60
    assert again["TableId"] != described(wire, "orders")["TableId"]
    assert scanned(wire, "again") == expected
    assert sorted(map(str, scanned(wire, "again", IndexName="by_kind"))) == sorted(map(str, expected))
    assert len(scanned(wire, "again", IndexName="by_size")) == 60
    assert "StreamSpecification" not in again
    assert made(wire, "ListTagsOfResource", {"ResourceArn": again["TableArn"]}) == {"Tags": []}


def test_a_large_table_is_copied_and_restored_in_steps(wire: Wire, tmp_path: Path) -> None:
    fill(wire, MANY)
    expected = scanned(wire, "orders")
    arn = backup(wire)
    assert status_of(wire, arn) == "CREATING"
    assert wire.fault("DeleteBackup", {"BackupArn": arn}) == (
        "BackupInUseException",
        f"Backup is being created: {arn}",
    )
    assert wire.fault("RestoreTableFromBackup", {"TargetTableName": "again", "BackupArn": arn})[0] == (
        "BackupInUseException"
    )
    assert wire.fault("DeleteTable", {"TableName": "orders"})[0] == "ResourceInUseException"
    fill(wire, MANY, kind="b")

    work(wire)

    assert status_of(wire, arn) == "AVAILABLE"
    restore(wire, arn)
    assert described(wire)["TableStatus"] == "CREATING"
    assert described(wire)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert wire.fault("Scan", {"TableName": "again"}) == ("ResourceNotFoundException", "Requested resource not found")
    assert wire.fault("DeleteTable", {"TableName": "again"}) == (
        "ResourceInUseException",
        "Attempt to change a resource which is still in use: Table is being created: again",
    )
    assert wire.fault("UpdateTable", {"TableName": "again", "DeletionProtectionEnabled": True})[0] == (
        "ResourceInUseException"
    )
    assert wire.fault("DeleteBackup", {"BackupArn": arn}) == (
        "BackupInUseException",
        f"Backup is being restored: {arn}",
    )
    work(wire)
    assert scanned(wire, "again") == expected
    assert described(wire)["GlobalSecondaryIndexes"][0]["ItemCount"] == MANY


def test_half_made_backups_and_restores_go_on_after_a_restart(wire: Wire, tmp_path: Path) -> None:
    fill(wire, MANY)
    first = backup(wire)
    work(wire)
    restore(wire, first)
    second = backup(wire, "later")
    wire.storage.close()

    after = Wire(tmp_path / "data")
    assert (status_of(after, first), status_of(after, second)) == ("AVAILABLE", "CREATING")
    work(after)

    assert status_of(after, second) == "AVAILABLE"
    assert described(after)["TableStatus"] == "ACTIVE"
    assert scanned(after, "again") == scanned(after, "orders")
    after.storage.close()
    assert check(tmp_path / "data").problems == ()


def test_what_a_crash_leaves_at_any_step_becomes_whole(wire: Wire, tmp_path: Path) -> None:
    fill(wire, MANY)
    expected = scanned(wire, "orders")
    arn = backup(wire)
    images = []
    for number in range(4):
        fill(wire, 100, kind=f"b{number}")
        image = tmp_path / f"crash{number}"
        shutil.copytree(tmp_path / "data", image, ignore=shutil.ignore_patterns("*lock*"))
        images.append(image)
        wire.storage.submit(lambda transaction: copying_step(transaction, 0), lambda answer: None)

    for image in images:
        after = Wire(image)
        work(after)
        restore(after, arn)
        work(after)
        assert scanned(after, "again") == expected
        after.storage.close()
        assert check(image).problems == ()


def test_a_backup_outlives_its_table_and_goes_when_it_is_told(wire: Wire) -> None:
    fill(wire, 3)
    arn = backup(wire)
    made(wire, "DeleteTable", {"TableName": "orders"})

    restore(wire, arn, TargetTableName="orders")
    gone = made(wire, "DeleteBackup", {"BackupArn": arn})["BackupDescription"]

    assert len(scanned(wire, "orders")) == 3
    assert gone["BackupDetails"]["BackupStatus"] == "DELETED"
    assert wire.fault("DescribeBackup", {"BackupArn": arn}) == ("BackupNotFoundException", f"Backup not found: {arn}")


def test_a_restore_overrides_billing_and_leaves_indexes_out(wire: Wire) -> None:
    fill(wire, 3)
    arn = backup(wire)

    restore(
        wire,
        arn,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=UNITS,
        GlobalSecondaryIndexOverride=[],
        SSESpecificationOverride={"Enabled": True, "SSEType": "KMS"},
    )

    again = described(wire)
    assert again["ProvisionedThroughput"] == {**UNITS, "NumberOfDecreasesToday": 0}
    assert "GlobalSecondaryIndexes" not in again
    assert [index["IndexName"] for index in again["LocalSecondaryIndexes"]] == ["by_size"]
    assert [definition["AttributeName"] for definition in again["AttributeDefinitions"]] == ["id", "at", "size"]
    assert again["SSEDescription"]["Status"] == "ENABLED"


OPV = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"BillingModeOverride": "PROVISIONED"},
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            {"BillingModeOverride": "PROVISIONED", "ProvisionedThroughputOverride": UNITS},
            "ProvisionedThroughput must be specified for index: by_kind",
        ),
        (
            {"GlobalSecondaryIndexOverride": [{**BY_KIND, "Projection": {"ProjectionType": "KEYS_ONLY"}}]},
            "Index does not match an index of the source table: by_kind",
        ),
        (
            {"LocalSecondaryIndexOverride": [{**BY_SIZE, "IndexName": "other"}]},
            "Index does not match an index of the source table: other",
        ),
    ],
)
def test_an_override_that_does_not_fit_restores_nothing(wire: Wire, members: Json, text: str) -> None:
    body = {"TargetTableName": "again", "BackupArn": backup(wire), **members}

    assert wire.fault("RestoreTableFromBackup", body) == ("ValidationException", OPV + text)
    assert made(wire, "ListTables", {}) == {"TableNames": ["orders"]}


def test_what_is_not_there_or_there_already_is_said(wire: Wire) -> None:
    arn = backup(wire)

    assert wire.fault("CreateBackup", {"TableName": "nope", "BackupName": "nightly"}) == (
        "TableNotFoundException",
        "Table not found: nope",
    )
    assert wire.fault("RestoreTableFromBackup", {"TargetTableName": "orders", "BackupArn": arn}) == (
        "TableAlreadyExistsException",
        "Table already exists: orders",
    )
    missing = arn[:-1] + ("0" if arn[-1] != "0" else "1")
    for operation in ("DescribeBackup", "DeleteBackup"):
        assert wire.fault(operation, {"BackupArn": missing}) == (
            "BackupNotFoundException",
            f"Backup not found: {missing}",
        )
    assert wire.fault("CreateBackup", {"TableName": "orders", "BackupName": "a;"})[0] == "ValidationException"


def test_backups_are_listed_by_table_time_and_page(wire: Wire) -> None:
    made(wire, "CreateTable", {**TABLE, "TableName": "visits"})
    arns = []
    for name in ("first", "second", "third"):
        arns.append(backup(wire, name))
        wire.clock.advance(1)
    made(wire, "CreateBackup", {"TableName": "visits", "BackupName": "other"})
    start_s = wire.clock.now_ms() / 1000 - 3

    def names(**members: Any) -> list[str]:
        return [backup["BackupName"] for backup in made(wire, "ListBackups", members)["BackupSummaries"]]

    page = made(wire, "ListBackups", {"TableName": "orders", "Limit": 2})

    assert names() == ["first", "second", "third", "other"]
    assert names(TableName="visits") == ["other"]
    assert names(TimeRangeLowerBound=start_s + 1, TimeRangeUpperBound=start_s + 2) == ["second"]
    assert names(BackupType="SYSTEM") == []
    assert [backup["BackupArn"] for backup in page["BackupSummaries"]] == arns[:2]
    assert page["LastEvaluatedBackupArn"] == arns[1]
    assert names(TableName="orders", ExclusiveStartBackupArn=arns[1]) == ["third"]
    assert "LastEvaluatedBackupArn" not in made(wire, "ListBackups", {"ExclusiveStartBackupArn": arns[1]})
