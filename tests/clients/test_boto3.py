"""boto3 as applications use it: resource, client, waiters, paginators, batch writer, conditions, exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr, Key

PROJECTED = {"ProjectionType": "ALL"}


def create(resource: Any, name: str) -> Any:
    table = resource.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "artist", "AttributeType": "S"},
            {"AttributeName": "song", "AttributeType": "S"},
            {"AttributeName": "year", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_year",
                "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}],
                "Projection": PROJECTED,
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    table.wait_until_exists()
    return table


@pytest.fixture
def music(resource: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    name = "music-" + "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:200]
    table = create(resource, name)
    with table.batch_writer(overwrite_by_pkeys=["artist", "song"]) as batch:
        for number in range(60):
            batch.put_item(
                Item={
                    "artist": "No One You Know" if number % 2 else "The Acme Band",
                    "song": f"song {number:03}",
                    "year": 2000 + number % 3,
                    "stars": Decimal("4.5"),
                    "tags": {"rock", "live"},
                    "detail": {"label": "x", "plays": [number]},
                    "cover": b"\x00\xff",
                }
            )
            batch.put_item(Item={"artist": "nobody", "song": "twice", "n": number})
    yield table
    table.delete()
    table.wait_until_not_exists()


def test_a_table_goes_from_waiter_to_waiter(client: Any, music: Any) -> None:
    client.get_waiter("table_exists").wait(TableName=music.name)

    music.reload()

    assert music.table_status == "ACTIVE"
    assert music.item_count == 61
    assert music.global_secondary_indexes[0]["IndexStatus"] == "ACTIVE"
    assert music.latest_stream_arn.startswith(f"{music.table_arn}/stream/")


def test_the_batch_writer_deletes_too(music: Any) -> None:
    with music.batch_writer() as batch:
        for number in range(0, 60, 2):
            batch.delete_item(Key={"artist": "The Acme Band", "song": f"song {number:03}"})

    assert music.query(KeyConditionExpression=Key("artist").eq("The Acme Band"))["Count"] == 0


def test_values_come_back_as_they_went(music: Any) -> None:
    item = music.get_item(Key={"artist": "No One You Know", "song": "song 001"}, ConsistentRead=True)["Item"]

    assert item["stars"] == Decimal("4.5")
    assert item["tags"] == {"rock", "live"}
    assert item["detail"] == {"label": "x", "plays": [Decimal(1)]}
    assert bytes(item["cover"]) == b"\x00\xff"


CONDITIONS: list[tuple[Callable[[], Any], int]] = [
    (lambda: Attr("year").eq(2001), 20),
    (lambda: Attr("year").between(2001, 2002), 40),
    (lambda: Attr("year").is_in([2000, 1999]), 20),
    (lambda: Attr("stars").exists() & ~Attr("year").eq(2000), 40),
    (lambda: Attr("stars").not_exists() | Attr("song").begins_with("song 00"), 11),
    (lambda: Attr("tags").contains("rock") & Attr("detail.plays").size().eq(1), 60),
    (lambda: Attr("detail.plays[0]").lt(5), 5),
    (lambda: Attr("cover").attribute_type("B") & Attr("year").ne(2000), 40),
]


@pytest.mark.parametrize(("condition", "count"), CONDITIONS)
def test_conditions_filter_a_scan(music: Any, condition: Callable[[], Any], count: int) -> None:
    assert music.scan(FilterExpression=condition())["Count"] == count


def test_queries_go_by_key_and_index(music: Any) -> None:
    ranged = music.query(
        KeyConditionExpression=Key("artist").eq("No One You Know") & Key("song").between("song 010", "song 020"),
        ScanIndexForward=False,
        ProjectionExpression="song",
    )
    indexed = music.query(IndexName="by_year", KeyConditionExpression=Key("year").eq(2002), Select="COUNT")

    assert [item["song"] for item in ranged["Items"]] == [f"song 0{number}" for number in (19, 17, 15, 13, 11)]
    assert indexed["Count"] == 20


def test_paginators_see_every_item_once(client: Any, music: Any) -> None:
    scanned = client.get_paginator("scan").paginate(TableName=music.name, PaginationConfig={"PageSize": 7})
    asked = client.get_paginator("query").paginate(
        TableName=music.name,
        KeyConditionExpression="artist = :a",
        ExpressionAttributeValues={":a": {"S": "The Acme Band"}},
        PaginationConfig={"PageSize": 4},
    )
    names = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})

    assert len({(item["artist"]["S"], item["song"]["S"]) for page in scanned for item in page["Items"]}) == 61
    assert sum(page["Count"] for page in asked) == 30
    assert music.name in [name for page in names for name in page["TableNames"]]


def test_updates_obey_conditions_and_tell_what_they_found(music: Any) -> None:
    key = {"artist": "nobody", "song": "twice"}
    refusal = music.meta.client.exceptions.ConditionalCheckFailedException

    updated = music.update_item(
        Key=key,
        UpdateExpression="SET #n = #n + :one, seen = list_append(if_not_exists(seen, :none), :more) ADD tags :tags",
        ConditionExpression=Attr("n").eq(59),
        ExpressionAttributeNames={"#n": "n"},
        ExpressionAttributeValues={":one": 1, ":none": [], ":more": ["x"], ":tags": {"new"}},
        ReturnValues="ALL_NEW",
    )
    with pytest.raises(refusal) as refused:
        music.put_item(
            Item={**key, "n": 0},
            ConditionExpression=Attr("artist").not_exists(),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert updated["Attributes"] == {**key, "n": 60, "seen": ["x"], "tags": {"new"}}
    assert refused.value.response["Item"]["n"] == {"N": "60"}


def test_a_transaction_tells_why_it_was_canceled(client: Any, music: Any) -> None:
    key = {"artist": {"S": "nobody"}, "song": {"S": "twice"}}
    check = {"TableName": music.name, "Key": key, "ConditionExpression": "attribute_not_exists(artist)"}
    put = {"TableName": music.name, "Item": {"artist": {"S": "new"}, "song": {"S": "one"}}}

    with pytest.raises(client.exceptions.TransactionCanceledException) as canceled:
        client.transact_write_items(TransactItems=[{"Put": put}, {"ConditionCheck": check}])

    reasons = canceled.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert client.transact_get_items(TransactItems=[{"Get": {"TableName": music.name, "Key": put["Item"]}}])[
        "Responses"
    ] == [{}]


def test_batches_get_many_items(resource: Any, music: Any) -> None:
    keys = [{"artist": "No One You Know", "song": f"song {number:03}"} for number in range(1, 60, 2)]

    answer = resource.batch_get_item(RequestItems={music.name: {"Keys": keys, "ProjectionExpression": "song"}})

    assert len(answer["Responses"][music.name]) == 30
    assert answer["UnprocessedKeys"] == {}


def test_statements_of_partiql_are_served(client: Any, music: Any) -> None:
    answer = client.execute_statement(
        Statement=f'SELECT song FROM "{music.name}" WHERE artist = ? AND song >= ?',
        Parameters=[{"S": "The Acme Band"}, {"S": "song 054"}],
    )

    assert [item["song"]["S"] for item in answer["Items"]] == ["song 054", "song 056", "song 058"]


def test_a_backup_is_restored(client: Any, music: Any) -> None:
    arn = client.create_backup(TableName=music.name, BackupName="before")["BackupDetails"]["BackupArn"]
    target = f"{music.name}-again"

    client.restore_table_from_backup(TargetTableName=target, BackupArn=arn)
    client.get_waiter("table_exists").wait(TableName=target)
    again = client.describe_table(TableName=target)["Table"]
    client.delete_table(TableName=target)
    client.get_waiter("table_not_exists").wait(TableName=target)

    assert again["ItemCount"] == 61
    assert again["RestoreSummary"]["SourceBackupArn"] == arn
    pages = client.get_paginator("list_backups").paginate(TableName=music.name)
    assert [backup["BackupName"] for page in pages for backup in page["BackupSummaries"]] == ["before"]


def test_tags_and_time_to_live_are_kept(client: Any, music: Any) -> None:
    client.tag_resource(ResourceArn=music.table_arn, Tags=[{"Key": "team", "Value": "blue"}])
    client.update_time_to_live(TableName=music.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "gone"})
    pages = client.get_paginator("list_tags_of_resource").paginate(ResourceArn=music.table_arn)

    assert [tag for page in pages for tag in page["Tags"]] == [{"Key": "team", "Value": "blue"}]
    assert client.describe_time_to_live(TableName=music.name)["TimeToLiveDescription"] == {
        "AttributeName": "gone",
        "TimeToLiveStatus": "ENABLED",
    }


def test_waiters_find_a_new_table_and_a_changed_one_at_their_first_look(client: Any) -> None:
    """Between two looks a waiter sleeps 20 s."""
    first_look = {"MaxAttempts": 1}
    state = [{"AttributeName": "state", "AttributeType": "S"}]
    key = [{"AttributeName": "state", "KeyType": "HASH"}]
    client.create_table(TableName="waited", AttributeDefinitions=state, KeySchema=key, BillingMode="PAY_PER_REQUEST")
    client.get_waiter("table_exists").wait(TableName="waited", WaiterConfig=first_look)
    client.put_item(TableName="waited", Item={"state": {"S": "new"}, "day": {"S": "Monday"}})

    client.update_table(
        TableName="waited",
        AttributeDefinitions=[{"AttributeName": "day", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by_day",
                    "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                    "Projection": PROJECTED,
                }
            }
        ],
    )

    client.get_waiter("table_exists").wait(TableName="waited", WaiterConfig=first_look)
