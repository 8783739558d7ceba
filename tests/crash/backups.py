"""Backups taken while the server was killed: those that were acknowledged are there, and restore to whole items."""

from __future__ import annotations

from contextlib import suppress

from tests.crash.history import item_of
from tests.crash.load import STILL_ITEMS
from tests.crash.wire import Client, Refused
from tests.end_to_end.running import wait_for

RESTORED = "restored"
_PATIENCE_S = 60.0


def backup_problems(client: Client, arns: list[str]) -> list[str]:
    """What is wrong with the acknowledged backups; afterwards there are none."""
    _drop_restored(client)  # A server that was killed beside a restore may have left it.
    problems = [problem for arn in arns for problem in _described(client, arn)]
    if arns and not problems:
        problems = _restored(client, arns[-1])
    for arn in arns:
        client.call("DeleteBackup", BackupArn=arn)
    arns.clear()
    return problems


def _described(client: Client, arn: str) -> list[str]:
    def status() -> str:
        described = client.call("DescribeBackup", BackupArn=arn)["BackupDescription"]["BackupDetails"]
        return str(described["BackupStatus"])

    try:
        wait_for(lambda: status() != "CREATING", "the backup", _PATIENCE_S)
        return [] if status() == "AVAILABLE" else [f"backup {arn} is {status()}"]
    except Refused as error:
        return [f"an acknowledged backup: {error}"]


def _restored(client: Client, arn: str) -> list[str]:
    client.call("RestoreTableFromBackup", TargetTableName=RESTORED, BackupArn=arn)
    wait_for(lambda: _status(client) == "ACTIVE", "the restored table", _PATIENCE_S)
    items = client.items(RESTORED)
    problems = [
        f"restored torn: {item}"[:300] for item in items if item != item_of(item["id"]["S"], int(item["n"]["N"]))
    ]
    still = sum(item["id"]["S"].startswith("still-") for item in items)
    if still != STILL_ITEMS:
        problems.append(f"a restored backup has {still} of the {STILL_ITEMS} items that nobody changes")
    _drop_restored(client)
    return problems


def _status(client: Client) -> str:
    return str(client.call("DescribeTable", TableName=RESTORED)["Table"]["TableStatus"])


def _drop_restored(client: Client) -> None:
    with suppress(Refused):  # It is not there.
        client.call("DeleteTable", TableName=RESTORED)
