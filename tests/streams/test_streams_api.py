"""The four operations of DynamoDB Streams, rule by rule, through boto3 and under virtual time."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pelton.testing import LocalPelton

DAY_S = 24 * 3600


@pytest.fixture
def pelton(tmp_path: Path) -> Iterator[LocalPelton]:
    with LocalPelton(data_dir=tmp_path / "data") as running:
        yield running


def make(pelton: LocalPelton, view: str | None = "NEW_AND_OLD_IMAGES", name: str = "users") -> str:
    """A table, with a stream unless ``view`` is None; the stream's ARN."""
    stream = {} if view is None else {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}}
    made = pelton.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        **stream,
    )["TableDescription"]
    pelton.client("dynamodb").describe_table(TableName=name)
    return str(made.get("LatestStreamArn", ""))


def put(pelton: LocalPelton, identifier: str, name: str = "users", **attributes: Any) -> None:
    item = {"id": {"S": identifier}, **attributes}
    pelton.client("dynamodb").put_item(TableName=name, Item=item)


def shards(pelton: LocalPelton, arn: str) -> list[dict[str, Any]]:
    described = pelton.client("dynamodbstreams").describe_stream(StreamArn=arn)
    return list(described["StreamDescription"]["Shards"])


def iterator(pelton: LocalPelton, arn: str, kind: str = "TRIM_HORIZON", shard: int = 0, **more: Any) -> str:
    shard_id = shards(pelton, arn)[shard]["ShardId"]
    answer = pelton.client("dynamodbstreams").get_shard_iterator(
        StreamArn=arn, ShardId=shard_id, ShardIteratorType=kind, **more
    )
    return str(answer["ShardIterator"])


def read(pelton: LocalPelton, place: str, **more: Any) -> dict[str, Any]:
    return dict(pelton.client("dynamodbstreams").get_records(ShardIterator=place, **more))


def records(pelton: LocalPelton, arn: str, shard: int = 0) -> list[dict[str, Any]]:
    return list(read(pelton, iterator(pelton, arn, shard=shard))["Records"])


def refusal(call: Any, *arguments: Any, **members: Any) -> tuple[str, str]:
    """Code and text of a refused call."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("view", "insert", "modify", "remove"),
    [
        ("KEYS_ONLY", set(), set(), set()),
        ("NEW_IMAGE", {"NewImage"}, {"NewImage"}, set()),
        ("OLD_IMAGE", set(), {"OldImage"}, {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage"}, {"NewImage", "OldImage"}, {"OldImage"}),
    ],
)
def test_each_view_type_shows_its_images(
    pelton: LocalPelton, view: str, insert: set[str], modify: set[str], remove: set[str]
) -> None:
    arn = make(pelton, view)
    put(pelton, "a", n={"N": "1"})
    put(pelton, "a", n={"N": "2"})
    pelton.client("dynamodb").delete_item(TableName="users", Key={"id": {"S": "a"}})

    seen = records(pelton, arn)

    assert [record["eventName"] for record in seen] == ["INSERT", "MODIFY", "REMOVE"]
    images = [{"NewImage", "OldImage"} & record["dynamodb"].keys() for record in seen]
    assert images == [insert, modify, remove]
    assert {record["dynamodb"]["StreamViewType"] for record in seen} == {view}
    assert all(record["dynamodb"]["Keys"] == {"id": {"S": "a"}} for record in seen)


def test_a_record_has_the_members_of_the_service(pelton: LocalPelton) -> None:
    arn = make(pelton)
    put(pelton, "a", n={"N": "123"})

    record = records(pelton, arn)[0]

    assert record["eventVersion"] == "1.1"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["awsRegion"] == "us-east-1"
    assert len(record["eventID"]) == 32
    assert record["dynamodb"]["SizeBytes"] == 3 + (3 + 1 + 3)
    assert record["dynamodb"]["ApproximateCreationDateTime"].microsecond == 0
    number = record["dynamodb"]["SequenceNumber"]
    assert len(number) >= 21
    assert number[0] != "0"
    assert "userIdentity" not in record
    assert records(pelton, arn)[0]["eventID"] == record["eventID"]


def test_a_write_that_changes_nothing_leaves_no_record(pelton: LocalPelton) -> None:
    arn = make(pelton)
    client = pelton.client("dynamodb")
    put(pelton, "a", n={"N": "1"}, tags={"SS": ["x", "y"]})
    key = {"TableName": "users", "Key": {"id": {"S": "a"}}}

    put(pelton, "a", n={"N": "1.0"}, tags={"SS": ["y", "x"]})
    client.update_item(**key, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": {"N": "1"}})
    client.update_item(**key, UpdateExpression="REMOVE absent")
    client.update_item(**key, UpdateExpression="ADD n :n", ExpressionAttributeValues={":n": {"N": "0"}})
    client.update_item(**key, UpdateExpression="DELETE tags :t", ExpressionAttributeValues={":t": {"SS": ["z"]}})
    client.delete_item(TableName="users", Key={"id": {"S": "missing"}})
    refusal(client.put_item, TableName="users", Item={"id": {"S": "a"}}, ConditionExpression="attribute_not_exists(id)")

    assert [record["eventName"] for record in records(pelton, arn)] == ["INSERT"]


def test_an_iterator_is_a_place_and_reads_the_same_twice(pelton: LocalPelton) -> None:
    arn = make(pelton)
    for number in range(5):
        put(pelton, f"k{number}")
    start = iterator(pelton, arn)

    first = read(pelton, start, Limit=2)
    again = read(pelton, start, Limit=2)
    rest = read(pelton, first["NextShardIterator"])

    assert first["Records"] == again["Records"]
    assert len(first["Records"] + rest["Records"]) == 5
    empty = read(pelton, rest["NextShardIterator"])
    assert empty["Records"] == []
    assert empty["NextShardIterator"]


def test_every_iterator_type_finds_its_place(pelton: LocalPelton) -> None:
    arn = make(pelton)
    put(pelton, "a")
    pelton.advance(10)
    put(pelton, "b")
    first, second = (record["dynamodb"]["SequenceNumber"] for record in records(pelton, arn))
    latest = iterator(pelton, arn, "LATEST")
    put(pelton, "c")

    def keys(place: str) -> str:
        return "".join(record["dynamodb"]["Keys"]["id"]["S"] for record in read(pelton, place)["Records"])

    assert keys(latest) == "c"
    assert keys(iterator(pelton, arn, "AT_SEQUENCE_NUMBER", SequenceNumber=first)) == "abc"
    assert keys(iterator(pelton, arn, "AFTER_SEQUENCE_NUMBER", SequenceNumber=first)) == "bc"
    assert keys(iterator(pelton, arn, "AFTER_SEQUENCE_NUMBER", SequenceNumber=second)) == "c"
    below = str(int(first) - 1).rjust(21, "0")
    assert keys(iterator(pelton, arn, "AT_SEQUENCE_NUMBER", SequenceNumber=below)) == "abc"


def test_bad_places_are_refused_with_the_services_words(pelton: LocalPelton) -> None:
    arn = make(pelton)
    put(pelton, "a")
    ask = pelton.client("dynamodbstreams").get_shard_iterator
    place = {"StreamArn": arn, "ShardId": shards(pelton, arn)[0]["ShardId"]}
    opv = "One or more parameter values were invalid: "

    assert refusal(ask, **place, ShardIteratorType="AT_SEQUENCE_NUMBER") == (
        "ValidationException",
        opv + "Invalid SequenceNumber",
    )
    assert refusal(ask, **place, ShardIteratorType="LATEST", SequenceNumber="1" * 21) == (
        "ValidationException",
        opv + "SequenceNumber should not be passed for this iterator type",
    )
    assert refusal(ask, **place, ShardIteratorType="NOWHERE") == ("ValidationException", "Invalid ShardIteratorType.")
    assert refusal(ask, **place, ShardIteratorType="AFTER_SEQUENCE_NUMBER", SequenceNumber="9" * 21)[0] == (
        "ValidationException"
    )
    unknown = {**place, "ShardId": "shardId-00000000000000000000-00000000"}
    assert refusal(ask, **unknown, ShardIteratorType="LATEST") == (
        "ResourceNotFoundException",
        "Requested resource not found: Shard does not exist",
    )
    gone = arn.replace("users", "others")
    assert refusal(ask, **{**place, "StreamArn": gone}, ShardIteratorType="LATEST") == (
        "ResourceNotFoundException",
        f"Requested resource not found: Stream: {gone} not found",
    )


@pytest.mark.parametrize(
    "place",
    [
        ["shardId-00000000000000000000-00000000", 2**63, 0],
        ["shardId-00000000000000000000-00000000", -(2**63) - 1, 0],
        ["shardId-00000000000000000000-00000000", 1.5, 0],
        [None, 1, 0],
        [],
        {},
        "text",
    ],
)
def test_a_forged_iterator_is_refused(pelton: LocalPelton, place: Any) -> None:
    arn = make(pelton)
    forged = f"{arn}|1|{base64.b64encode(json.dumps(place).encode()).decode()}"

    assert refusal(read, pelton, forged)[0] in ("ValidationException", "ExpiredIteratorException")


def test_a_forged_iterator_of_a_real_shard_is_refused_or_reads_within_it(pelton: LocalPelton) -> None:
    arn = make(pelton)
    put(pelton, "a")
    shard_id = shards(pelton, arn)[0]["ShardId"]
    far = 10**15
    for after in (-1, -(2**62), 2**62, 2**63 - 1, 2**63, 2**64):
        text = base64.b64encode(json.dumps([shard_id, after, far]).encode()).decode()
        try:
            answer = read(pelton, f"{arn}|1|{text}")
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        else:
            assert len(answer["Records"]) <= 1


@pytest.mark.parametrize("text", ["x", "|", "a|1|", "a|b|c|d", "arn|1|!!!!"])
def test_a_malformed_iterator_is_refused(pelton: LocalPelton, text: str) -> None:
    assert refusal(read, pelton, text) == ("ValidationException", "Invalid ShardIterator")


def test_an_iterator_expires_after_fifteen_minutes(pelton: LocalPelton) -> None:
    arn = make(pelton)
    place = iterator(pelton, arn)

    pelton.advance(14 * 60)
    following = read(pelton, place)["NextShardIterator"]
    pelton.advance(2 * 60)

    assert refusal(read, pelton, place)[0] == "ExpiredIteratorException"
    assert read(pelton, following)["Records"] == []


def test_a_page_holds_a_thousand_records_at_most(pelton: LocalPelton) -> None:
    arn = make(pelton, "KEYS_ONLY")
    for first in range(0, 1025, 25):
        batch = [{"PutRequest": {"Item": {"id": {"S": f"{first + at}"}}}} for at in range(25)]
        pelton.client("dynamodb").batch_write_item(RequestItems={"users": batch})

    page = read(pelton, iterator(pelton, arn))

    assert len(page["Records"]) == 1000
    assert len(read(pelton, page["NextShardIterator"])["Records"]) == 25
    assert refusal(read, pelton, iterator(pelton, arn), Limit=1001) == (
        "ValidationException",
        "One or more parameter values were invalid: Limit should be less than or equal to 1000",
    )


def test_a_page_holds_a_megabyte_at_most_and_one_record_always_fits(pelton: LocalPelton) -> None:
    arn = make(pelton)
    for number in range(4):
        put(pelton, "large", body={"S": str(number) + "x" * 390_000})

    sizes = []
    place: str | None = iterator(pelton, arn)
    while place is not None and sum(sizes) < 4:
        page = read(pelton, place)
        sizes.append(len(page["Records"]))
        place = page.get("NextShardIterator")

    assert sum(sizes) == 4
    assert max(sizes) <= 2


def test_disabling_closes_the_stream_and_enabling_makes_another_beside_it(pelton: LocalPelton) -> None:
    old = make(pelton)
    put(pelton, "before")
    client = pelton.client("dynamodb")
    client.update_table(TableName="users", StreamSpecification={"StreamEnabled": False})
    put(pelton, "unseen")
    described = client.describe_table(TableName="users")["Table"]
    pelton.advance(1)
    view = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    new = client.update_table(TableName="users", StreamSpecification=view)["TableDescription"]["LatestStreamArn"]
    put(pelton, "after")

    streams = pelton.client("dynamodbstreams")
    listed = [stream["StreamArn"] for stream in streams.list_streams(TableName="users")["Streams"]]
    description = streams.describe_stream(StreamArn=old)["StreamDescription"]

    assert "StreamSpecification" not in described
    assert described["LatestStreamArn"] == old
    assert listed == [old, new]
    assert description["StreamStatus"] == "DISABLED"
    assert all("EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in description["Shards"])
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in records(pelton, old)] == ["before"]
    assert "NextShardIterator" not in read(pelton, iterator(pelton, old))
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in records(pelton, new)] == ["after"]

    pelton.advance(DAY_S + 3600)

    assert [stream["StreamArn"] for stream in streams.list_streams(TableName="users")["Streams"]] == [new]
    assert refusal(streams.describe_stream, StreamArn=old) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Stream: {old} not found",
    )


def test_stream_specifications_that_make_no_sense_are_refused(pelton: LocalPelton) -> None:
    make(pelton)
    make(pelton, None, "plain")
    update = pelton.client("dynamodb").update_table
    enable = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}

    assert "already has an enabled stream" in refusal(update, TableName="users", StreamSpecification=enable)[1]
    off = {"StreamEnabled": False}
    assert "Table has no stream to disable" in refusal(update, TableName="plain", StreamSpecification=off)[1]
    assert refusal(update, TableName="plain", StreamSpecification={"StreamEnabled": True})[0] == "ValidationException"
    wrong = {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}
    assert refusal(update, TableName="users", StreamSpecification=wrong)[0] == "ValidationException"


def test_the_stream_of_a_deleted_table_is_readable_for_a_day(pelton: LocalPelton) -> None:
    old = make(pelton)
    put(pelton, "a")
    pelton.client("dynamodb").delete_table(TableName="users")
    pelton.advance(1)
    new = make(pelton)

    assert new != old
    assert [record["eventName"] for record in records(pelton, old)] == ["INSERT"]
    streams = pelton.client("dynamodbstreams")
    assert streams.describe_stream(StreamArn=old)["StreamDescription"]["StreamStatus"] == "DISABLED"

    pelton.advance(DAY_S + 3600)

    assert refusal(streams.describe_stream, StreamArn=old)[0] == "ResourceNotFoundException"


def test_records_older_than_a_day_are_gone_and_the_place_before_them_says_so(pelton: LocalPelton) -> None:
    arn = make(pelton)
    put(pelton, "old")
    number = records(pelton, arn)[0]["dynamodb"]["SequenceNumber"]
    pelton.advance(DAY_S + 3600)
    put(pelton, "new")
    pelton.advance(120)

    ask = pelton.client("dynamodbstreams").get_shard_iterator
    place = {"StreamArn": arn, "ShardId": shards(pelton, arn)[0]["ShardId"]}
    trimmed = refusal(ask, **place, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=number)

    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in records(pelton, arn)] == ["new"]
    assert trimmed == (
        "TrimmedDataAccessException",
        "The operation attempted to read past the oldest stream record in a shard.",
    )


def test_streams_and_shards_are_listed_in_pages(pelton: LocalPelton) -> None:
    arns = [make(pelton, name=f"table{number}") for number in range(3)]
    streams = pelton.client("dynamodbstreams")

    first = streams.list_streams(Limit=2)
    second = streams.list_streams(ExclusiveStartStreamArn=first["LastEvaluatedStreamArn"])

    assert [stream["StreamArn"] for stream in first["Streams"] + second["Streams"]] == arns
    assert "LastEvaluatedStreamArn" not in second
    assert streams.list_streams(TableName="unknown")["Streams"] == []
    assert refusal(streams.list_streams, Limit=101)[1].endswith(
        "Limit cannot be greater than the maximum allowed size: 100"
    )
    assert refusal(streams.describe_stream, StreamArn=arns[0], Limit=101)[1].endswith(
        "Limit cannot be greater than the maximum: 100"
    )
