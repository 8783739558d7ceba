"""Discarded batches reach their destination before anything moves past them: end to end, under virtual time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pelton.storage.failures import failure_records, failures
from pelton.storage.trimming import trim_step
from pelton.streams.numbers import wire_number
from pelton.testing import LocalPelton

DEAD = "arn:aws:sqs:us-east-1:000000000000:dead"

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  fail: {handler: handlers.fail}
"""
HANDLERS = """
def fail(event, context):
    raise ValueError("poison")
"""


@dataclass
class Shop:
    """A Pelton whose one function always fails, mapped to the table ``orders``."""

    pelton: LocalPelton
    queue: str

    @property
    def lambda_(self) -> Any:
        return self.pelton.client("lambda")

    @property
    def sqs(self) -> Any:
        return self.pelton.client("sqs")

    def make(self) -> None:
        self.pelton.client("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.queue = self.sqs.create_queue(QueueName="dead")["QueueUrl"]

    def map(self, **members: Any) -> dict[str, Any]:
        stream = self.pelton.client("dynamodb").describe_table(TableName="orders")["Table"]["LatestStreamArn"]
        made: dict[str, Any] = self.lambda_.create_event_source_mapping(
            FunctionName="shop-dev-fail",
            EventSourceArn=stream,
            StartingPosition="TRIM_HORIZON",
            **{"MaximumRetryAttempts": 1, "DestinationConfig": {"OnFailure": {"Destination": DEAD}}, **members},
        )
        return made

    def put(self, identifier: str) -> None:
        self.pelton.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": identifier}})

    def told(self) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    def kept(self) -> list[Any]:
        with self.pelton.core.storage.snapshot() as snapshot:
            return list(failures(snapshot))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "handlers.py").write_text(HANDLERS)
    return tmp_path


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    with LocalPelton(folder, data_dir=folder / "data") as pelton:
        shop = Shop(pelton, "")
        shop.make()
        yield shop


def test_a_queue_is_told_in_the_form_of_the_service(shop: Shop) -> None:
    mapping = shop.map()
    shop.put("a")
    number = wire_number(shop.pelton.core.tip())
    shop.pelton.settle()

    (told,) = shop.told()

    assert list(told) == ["requestContext", "responseContext", "version", "timestamp", "DDBStreamBatchInfo"]
    assert told["requestContext"]["functionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:shop-dev-fail"
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 2
    assert told["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    info = told["DDBStreamBatchInfo"]
    assert info["startSequenceNumber"] == info["endSequenceNumber"] == number
    assert info["approximateArrivalOfFirstRecord"] == "2025-10-20T22:40:00Z"
    assert (info["batchSize"], info["streamArn"]) == (1, mapping["EventSourceArn"])


def test_records_that_grew_too_old_are_told_without_a_response(shop: Shop) -> None:
    shop.map(MaximumRetryAttempts=-1, MaximumRecordAgeInSeconds=60)
    shop.put("a")
    shop.pelton.settle()

    (told,) = shop.told()

    assert told["requestContext"]["condition"] == "RecordAgeExceeded"
    assert "responseContext" not in told


def test_bisecting_tells_of_each_record_by_itself(shop: Shop) -> None:
    mapping = shop.map(MaximumRetryAttempts=0, BisectBatchOnFunctionError=True, Enabled=False)
    for identifier in "abcd":
        shop.put(identifier)
    shop.lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    shop.pelton.settle()

    assert [told["DDBStreamBatchInfo"]["batchSize"] for told in shop.told()] == [1, 1, 1, 1]


def test_the_records_are_kept_whatever_the_destination(shop: Shop) -> None:
    shop.map()
    shop.put("a")
    shop.pelton.settle()

    (batch,) = shop.kept()
    with shop.pelton.core.storage.snapshot() as snapshot:
        (record,) = json.loads(failure_records(snapshot, batch.id) or b"[]")

    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}}
    assert (batch.reason, batch.is_waiting) == ("RetryAttemptsExhausted", False)
    assert batch.detail["destination"] == DEAD
    assert batch.detail["error"] == "ValueError: poison"


def test_a_deleted_queue_holds_the_stream_until_it_is_there_again(shop: Shop) -> None:
    shop.map(MaximumRetryAttempts=0)
    shop.sqs.delete_queue(QueueUrl=shop.queue)
    shop.put("a")
    shop.pelton.advance(120)

    (status,) = shop.pelton.core.triggers.status()
    assert status.state == "waiting"
    assert "the queue dead was deleted: create it again" in (status.waits_for or "")
    assert [batch.is_waiting for batch in shop.kept()] == [True]

    shop.sqs.create_queue(QueueName="dead")
    shop.pelton.settle()

    assert len(shop.told()) == 1
    assert [batch.is_waiting for batch in shop.kept()] == [False]


def test_an_update_frees_a_stream_from_a_deleted_queue_at_once(shop: Shop) -> None:
    mapping = shop.map(MaximumRetryAttempts=0)
    shop.sqs.delete_queue(QueueUrl=shop.queue)
    shop.put("a")
    shop.pelton.advance(1000)
    shop.queue = shop.sqs.create_queue(QueueName="other")["QueueUrl"]

    shop.lambda_.update_event_source_mapping(
        UUID=mapping["UUID"], DestinationConfig={"OnFailure": {"Destination": DEAD.replace("dead", "other")}}
    )
    shop.pelton.advance(0)

    assert len(shop.told()) == 1
    assert [batch.is_waiting for batch in shop.kept()] == [False]


def test_a_deleted_mapping_waits_for_no_destination(shop: Shop) -> None:
    mapping = shop.map(MaximumRetryAttempts=0)
    shop.sqs.delete_queue(QueueUrl=shop.queue)
    shop.put("a")
    shop.pelton.advance(5)

    shop.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
    shop.pelton.settle()

    assert [batch.is_waiting for batch in shop.kept()] == [False]


def test_a_folder_gets_particulars_and_records(shop: Shop, folder: Path) -> None:
    shop.pelton.core.destinations.folder = folder / "given-up"
    shop.map(DestinationConfig={"OnFailure": {}})
    shop.put("a")
    shop.pelton.settle()

    (file,) = (folder / "given-up").iterdir()
    written = json.loads(file.read_bytes())

    assert written["requestContext"]["approximateInvokeCount"] == 2
    assert written["payload"]["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "a"}}
    assert written["error"] == "ValueError: poison"


def test_a_folder_that_cannot_be_written_holds_the_stream(shop: Shop, folder: Path) -> None:
    (folder / "blocked").write_text("a file stands where the folder should be")
    shop.pelton.core.destinations.folder = folder / "blocked"
    shop.map(MaximumRetryAttempts=0)
    shop.put("a")
    shop.pelton.advance(10)
    assert shop.told() == []

    (folder / "blocked").unlink()
    shop.pelton.settle()

    assert len(shop.told()) == 1
    assert len(list((folder / "blocked").iterdir())) == 1


def test_a_crash_between_the_folder_and_the_checkpoint_loses_nothing(folder: Path) -> None:
    with LocalPelton(folder, data_dir=folder / "data") as first:
        shop = Shop(first, "")
        shop.make()
        shop.map(MaximumRetryAttempts=0)
        first.core.destinations.folder = folder / "given-up"
        shop.sqs.delete_queue(QueueUrl=shop.queue)  # The file is written, and the transaction fails: as in a crash.
        shop.put("a")
        first.advance(2)
        assert len(list((folder / "given-up").iterdir())) == 1

    with LocalPelton(folder, data_dir=folder / "data") as second:
        again = Shop(second, "")
        again.queue = again.sqs.create_queue(QueueName="dead")["QueueUrl"]
        second.settle()

        assert [told["DDBStreamBatchInfo"]["batchSize"] for told in again.told()] == [1]
        assert [batch.is_waiting for batch in again.kept()] == [False]


def test_waiting_batches_outlive_every_age(shop: Shop) -> None:
    shop.map(MaximumRetryAttempts=0)
    shop.sqs.delete_queue(QueueUrl=shop.queue)
    shop.put("a")
    shop.pelton.advance(5)
    month_ms = 30 * 24 * 3600 * 1000
    storage, now_ms = shop.pelton.core.storage, shop.pelton.clock.now_ms() + month_ms

    storage.submit(lambda transaction: trim_step(transaction, now_ms, month_ms), lambda _: None)
    assert len(shop.kept()) == 1
    shop.sqs.create_queue(QueueName="dead")
    shop.pelton.settle()
    storage.submit(lambda transaction: trim_step(transaction, now_ms + month_ms, month_ms), lambda _: None)

    assert shop.kept() == []


@pytest.mark.parametrize(
    ("destination", "text"),
    [
        ("arn:aws:sqs:us-east-1:000000000000:none", "is invalid: there is no such queue. Create it first."),
        ("arn:aws:sqs:us-east-1:000000000000:dead.fifo", "is invalid: FIFO queues are not supported."),
        ("arn:aws:sns:us-east-1:000000000000:topic", "SNS topics need moto, which is not installed"),
        ("arn:aws:sns:us-east-1:000000000000:topic.fifo", "is invalid: FIFO topics are not supported."),
        ("arn:aws:s3:::B", "is invalid."),
        ("arn:aws:s3:::bucket", "S3 buckets need moto, which is not installed"),
        ("arn:aws:lambda:us-east-1:000000000000:function:f", "is invalid."),
    ],
)
def test_a_destination_that_cannot_be_told_is_refused_when_the_mapping_is_made(
    shop: Shop, destination: str, text: str
) -> None:
    with pytest.raises(ClientError) as caught:
        shop.map(DestinationConfig={"OnFailure": {"Destination": destination}})

    assert f"The destination ARN {destination} is" in str(caught.value)
    assert text in str(caught.value)


def test_an_update_adds_and_removes_a_destination(shop: Shop) -> None:
    mapping = shop.map(DestinationConfig={"OnFailure": {}})
    assert mapping["DestinationConfig"] == {"OnFailure": {}}

    added = shop.lambda_.update_event_source_mapping(
        UUID=mapping["UUID"], DestinationConfig={"OnFailure": {"Destination": DEAD}}
    )
    removed = shop.lambda_.update_event_source_mapping(UUID=mapping["UUID"], DestinationConfig={"OnFailure": {}})

    assert added["DestinationConfig"] == {"OnFailure": {"Destination": DEAD}}
    assert removed["DestinationConfig"] == {"OnFailure": {}}
