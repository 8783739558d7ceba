"""Point-in-time recovery: any moment since it was enabled, as a new table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pelton.storage.check import check

from .test_backups import MANY, TABLE, described, fill, made, scanned, work
from .wire import Wire

Json = dict[str, Any]


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(tmp_path / "data")
    made(wire, "CreateTable", TABLE)
    yield wire
    wire.storage.close()


def switch(wire: Wire, *, is_enabled: bool, **members: Any) -> Json:
    specification = {"PointInTimeRecoveryEnabled": is_enabled, **members}
    body = {"TableName": "orders", "PointInTimeRecoverySpecification": specification}
    answer = made(wire, "UpdateContinuousBackups", body)["ContinuousBackupsDescription"]
    recovery: Json = answer["PointInTimeRecoveryDescription"]
    return recovery


def restore(wire: Wire, target: str, **members: Any) -> None:
    body = {"SourceTableName": "orders", "TargetTableName": target, **members}
    answer = made(wire, "RestoreTableToPointInTime", body)["TableDescription"]
    assert answer["TableStatus"] == "CREATING"
    assert "SourceBackupArn" not in answer["RestoreSummary"]


def test_recovery_is_off_until_it_is_switched_on(wire: Wire) -> None:
    off = made(wire, "DescribeContinuousBackups", {"TableName": "orders"})["ContinuousBackupsDescription"]
    on = switch(wire, is_enabled=True)
    shorter = switch(wire, is_enabled=True, RecoveryPeriodInDays=7)
    start_s = wire.clock.now_ms() / 1000

    assert off == {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
    }
    assert on == {
        "PointInTimeRecoveryStatus": "ENABLED",
        "RecoveryPeriodInDays": 35,
        "EarliestRestorableDateTime": start_s,
        "LatestRestorableDateTime": start_s,
    }
    assert shorter["RecoveryPeriodInDays"] == 7
    assert switch(wire, is_enabled=False) == {"PointInTimeRecoveryStatus": "DISABLED"}


def test_a_table_is_restored_to_any_moment(wire: Wire) -> None:
    fill(wire, 30)
    switch(wire, is_enabled=True)
    states = {}
    for kind in ("b", "c", "d"):
        states[wire.clock.now_ms()] = scanned(wire, "orders")
        wire.clock.advance(1)
        fill(wire, 20, kind)
        made(wire, "DeleteItem", {"TableName": "orders", "Key": {"id": {"S": "order 7"}, "at": {"N": "7"}}})

    for number, (moment_ms, items) in enumerate(states.items()):
        restore(wire, f"again{number}", RestoreDateTime=moment_ms / 1000)
        assert scanned(wire, f"again{number}") == items
    restore(wire, "latest", UseLatestRestorableTime=True)

    assert scanned(wire, "latest") == scanned(wire, "orders")
    assert len(scanned(wire, "latest", IndexName="by_kind")) == 29


def test_a_large_table_is_restored_in_steps_and_over_a_restart(wire: Wire, tmp_path: Path) -> None:
    fill(wire, MANY)
    switch(wire, is_enabled=True)
    expected = scanned(wire, "orders")
    moment_s = wire.clock.now_ms() / 1000
    wire.clock.advance(1)
    fill(wire, MANY, "b")

    restore(wire, "again", RestoreDateTime=moment_s)
    assert wire.fault("DeleteTable", {"TableName": "orders"})[0] == "ResourceInUseException"
    off = {"TableName": "orders", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}}
    assert wire.fault("UpdateContinuousBackups", off)[0] == "ContinuousBackupsUnavailableException"
    wire.storage.close()
    after = Wire(tmp_path / "data")
    work(after)

    assert scanned(after, "again") == expected
    after.storage.close()
    assert check(tmp_path / "data").problems == ()


def test_what_is_older_than_the_period_is_gone(wire: Wire) -> None:
    day_s = 24 * 3600
    switch(wire, is_enabled=True, RecoveryPeriodInDays=1)
    enabled_s = wire.clock.now_ms() / 1000
    fill(wire, 10)
    wire.clock.advance(2 * day_s)
    fill(wire, 10, "b")
    expected = scanned(wire, "orders")

    work(wire)

    text = "The specified restore time is not between EarliestRestorableDateTime and LatestRestorableDateTime"
    for moment_s in (enabled_s, wire.clock.now_ms() / 1000 + 60):
        body = {"SourceTableName": "orders", "TargetTableName": "again", "RestoreDateTime": moment_s}
        assert wire.fault("RestoreTableToPointInTime", body) == ("InvalidRestoreTimeException", text)
    restore(wire, "again", RestoreDateTime=wire.clock.now_ms() / 1000 - 3600)
    restore(wire, "latest", UseLatestRestorableTime=True)
    assert [item["kind"] for item in scanned(wire, "again")] == [{"S": "a"}] * 10
    assert scanned(wire, "latest") == expected


def test_a_deleted_table_leaves_a_backup_for_35_days(wire: Wire) -> None:
    fill(wire, 10)
    switch(wire, is_enabled=True)
    fill(wire, 5, "b")
    expected = scanned(wire, "orders")
    made(wire, "DeleteTable", {"TableName": "orders"})

    (left,) = made(wire, "ListBackups", {"BackupType": "SYSTEM"})["BackupSummaries"]
    made(wire, "RestoreTableFromBackup", {"TargetTableName": "again", "BackupArn": left["BackupArn"]})

    assert (left["BackupType"], left["BackupStatus"], left["TableName"]) == ("SYSTEM", "AVAILABLE", "orders")
    assert left["BackupExpiryDateTime"] - left["BackupCreationDateTime"] == 35 * 24 * 3600
    assert scanned(wire, "again") == expected
    wire.clock.advance(36 * 24 * 3600)
    work(wire)
    assert made(wire, "ListBackups", {"BackupType": "ALL"}) == {"BackupSummaries": []}


def test_what_cannot_be_restored_is_said(wire: Wire) -> None:
    body: Json = {"SourceTableName": "orders", "TargetTableName": "again", "UseLatestRestorableTime": True}

    assert wire.fault("RestoreTableToPointInTime", body) == (
        "PointInTimeRecoveryUnavailableException",
        "Point in time recovery is not enabled for table 'orders'",
    )
    assert wire.fault("RestoreTableToPointInTime", {**body, "SourceTableName": "nope"}) == (
        "TableNotFoundException",
        "Table not found: nope",
    )
    assert wire.fault("RestoreTableToPointInTime", {**body, "RestoreDateTime": 1})[0] == "ValidationException"
    assert wire.fault("RestoreTableToPointInTime", {"TargetTableName": "again"})[0] == "ValidationException"
    switch(wire, is_enabled=True)
    assert wire.fault("RestoreTableToPointInTime", {**body, "TargetTableName": "orders"}) == (
        "TableAlreadyExistsException",
        "Table already exists: orders",
    )
    assert wire.fault("DescribeContinuousBackups", {"TableName": "gone"}) == (
        "TableNotFoundException",
        "Table not found: gone",
    )
    assert described(wire, "orders")["TableStatus"] == "ACTIVE"
