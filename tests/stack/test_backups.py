"""Backups in a whole Pelton: the background work is wired, and boto3's waiter finds the restored table."""

from __future__ import annotations

from pelton.testing import LocalPelton

ITEMS = 600  #: more than one step of a copy


def test_a_backup_is_finished_and_restored_in_the_background() -> None:
    with LocalPelton() as pelton:
        resource = pelton.resource("dynamodb")
        client = pelton.client("dynamodb")
        table = resource.create_table(
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        with table.batch_writer() as batch:
            for number in range(ITEMS):
                batch.put_item(Item={"id": number})

        arn = client.create_backup(TableName="orders", BackupName="nightly")["BackupDetails"]["BackupArn"]
        first = client.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"]
        pelton.advance(1)
        second = client.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"]
        client.restore_table_from_backup(TargetTableName="again", BackupArn=arn)
        pelton.advance(1)
        client.get_waiter("table_exists").wait(TableName="again")

        assert (first, second) == ("CREATING", "AVAILABLE")
        assert client.describe_table(TableName="again")["Table"]["ItemCount"] == ITEMS
