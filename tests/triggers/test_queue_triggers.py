"""Functions that handle the messages of queues: a whole Pelton in one thread, under virtual time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pelton.stack.operating import pause
from pelton.testing import LocalPelton
from tests.triggers.queue_project import ARN, bind, bodies_seen, left, make_queue, seen, send, write_project
from tests.triggers.test_mapping_api import make_stream


@pytest.fixture
def pelton(tmp_path: Path) -> Iterator[LocalPelton]:
    with LocalPelton(write_project(tmp_path), data_dir=tmp_path / "data") as local:
        yield local


@pytest.fixture
def url(pelton: LocalPelton) -> str:
    return make_queue(pelton)


def dead_letters(pelton: LocalPelton, receives: int, suffix: str = "", **attributes: str) -> dict[str, str]:
    """Attributes of a queue whose dead letters go to ``dead``, which is made."""
    make_queue(pelton, f"dead{suffix}", **attributes)
    policy = {"deadLetterTargetArn": f"{ARN}:dead{suffix}", "maxReceiveCount": receives}
    return {"RedrivePolicy": json.dumps(policy), **attributes}


def test_the_event_has_the_members_of_the_service(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    bind(pelton)
    attributes = {
        "kind": {"DataType": "String", "StringValue": "paid"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    sent = pelton.client("sqs").send_message(QueueUrl=url, MessageBody="grüße", MessageAttributes=attributes)

    pelton.settle()

    (event,) = seen(tmp_path)
    (record,) = event["Records"]
    assert len(record.pop("receiptHandle")) > 20
    now = str(pelton.clock.now_ms())
    assert record == {
        "messageId": sent["MessageId"],
        "body": "grüße",
        "attributes": {
            "SenderId": "000000000000",
            "SentTimestamp": now,
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": now,
        },
        "messageAttributes": {
            "kind": {"stringValue": "paid", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
            "raw": {"binaryValue": "AAE=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        },
        "md5OfBody": sent["MD5OfMessageBody"],
        "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"{ARN}:work",
        "awsRegion": "us-east-1",
    }


def test_what_the_function_handled_is_gone(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    send(pelton, url, *[str(number) for number in range(25)])
    bind(pelton)

    pelton.settle()

    batches = bodies_seen(tmp_path)
    assert sorted(len(batch) for batch in batches) == [5, 10, 10]
    assert sorted(body for batch in batches for body in batch) == sorted(map(str, range(25)))
    assert left(pelton, url) == 0


def test_a_failed_batch_comes_again_when_its_visibility_is_over(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    bind(pelton)
    send(pelton, url, "crash")
    pelton.advance(29)
    assert len(seen(tmp_path)) == 1

    pelton.advance(1)

    counts = [event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in seen(tmp_path)]
    assert counts == ["1", "2"]
    assert left(pelton, url) == 1


def test_what_fails_too_often_goes_to_the_dead_letters(pelton: LocalPelton, tmp_path: Path) -> None:
    url = make_queue(pelton, **dead_letters(pelton, 2))
    bind(pelton)
    send(pelton, url, "crash")

    pelton.settle()

    assert bodies_seen(tmp_path) == [["crash"], ["crash"]]
    assert (left(pelton, url), left(pelton, "dead")) == (0, 1)


def test_only_what_the_function_names_comes_again(pelton: LocalPelton, tmp_path: Path) -> None:
    url = make_queue(pelton, **dead_letters(pelton, 2))
    send(pelton, url, "1", "bad", "3")
    bind(pelton, FunctionResponseTypes=["ReportBatchItemFailures"])

    pelton.settle()

    assert bodies_seen(tmp_path) == [["1", "bad", "3"], ["bad"]]
    assert (left(pelton, url), left(pelton, "dead")) == (0, 1)


def test_without_the_response_type_an_answer_is_not_read(pelton: LocalPelton, url: str) -> None:
    send(pelton, url, "bad")
    bind(pelton)

    pelton.settle()

    assert left(pelton, url) == 0


def test_a_corrected_function_gets_what_it_failed_on_at_once(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    bind(pelton)
    send(pelton, url, "crash")
    pelton.advance(0)

    async def correct() -> None:
        pelton.core.queue_triggers.reset_backoff("shop-dev-work")

    pelton._run(correct())
    pelton.advance(0)

    assert bodies_seen(tmp_path) == [["crash"], ["crash"]]


def test_a_window_gathers_a_larger_batch(pelton: LocalPelton, tmp_path: Path) -> None:
    url = make_queue(pelton, VisibilityTimeout="60")
    bind(pelton, BatchSize=100, MaximumBatchingWindowInSeconds=5)
    for number in range(12):
        send(pelton, url, str(number))
    pelton.advance(4.9)
    assert seen(tmp_path) == []

    pelton.advance(0.1)

    assert [len(batch) for batch in bodies_seen(tmp_path)] == [12]
    assert left(pelton, url) == 0


def test_a_full_batch_does_not_wait_for_its_window(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    bind(pelton, BatchSize=3, MaximumBatchingWindowInSeconds=300)
    send(pelton, url, "1", "2", "3")
    pelton.advance(0)

    assert bodies_seen(tmp_path) == [["1", "2", "3"]]


def test_a_batch_is_never_larger_than_an_event_may_be(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    for number in range(8):
        send(pelton, url, str(number) * 1_000_000)
    bind(pelton)

    pelton.settle()

    assert [len(batch) for batch in bodies_seen(tmp_path)] == [6, 2]
    assert left(pelton, url) == 0


@pytest.mark.parametrize(
    ("pattern", "passing"),
    [
        ({"body": {"kind": ["paid"]}}, ['{"kind":"paid"}']),
        ({"body": ["plain"]}, ["plain"]),
        ({"messageAttributes": {"none": {"stringValue": [{"exists": False}]}}}, ['{"kind":"paid"}', "plain", "{}"]),
    ],
)
def test_what_no_filter_wants_is_deleted(
    pelton: LocalPelton, url: str, tmp_path: Path, pattern: Any, passing: list[str]
) -> None:
    send(pelton, url, '{"kind":"paid"}', "plain", "{}")
    bind(pelton, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})

    pelton.settle()

    assert [body for batch in bodies_seen(tmp_path) for body in batch] == passing
    (counts,) = pelton.core.queue_triggers.counts().values()
    assert (counts.polled, counts.filtered_out, counts.deleted) == (3, 3 - len(passing), len(passing))
    assert left(pelton, url) == 0


def test_a_group_is_handled_in_order_whatever_fails(pelton: LocalPelton, tmp_path: Path) -> None:
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = make_queue(pelton, "line.fifo", **dead_letters(pelton, 2, ".fifo", **fifo))
    send(pelton, url, "a1", "a2 bad", "b1", "a3", "b2")
    bind(pelton, "line.fifo", BatchSize=2, FunctionResponseTypes=["ReportBatchItemFailures"])

    pelton.settle()

    bodies = [body for batch in bodies_seen(tmp_path) for body in batch]
    assert [body for body in bodies if body[0] == "a"] == ["a1", "a2 bad", "a2 bad", "a3"]
    assert [body for body in bodies if body[0] == "b"] == ["b1", "b2"]
    assert (left(pelton, url), left(pelton, "dead.fifo")) == (0, 1)


def test_fifo_events_have_group_and_sequence_number(pelton: LocalPelton, tmp_path: Path) -> None:
    url = make_queue(pelton, "line.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    bind(pelton, "line.fifo")
    send(pelton, url, "a1")
    pelton.settle()

    attributes = seen(tmp_path)[0]["Records"][0]["attributes"]
    assert attributes["MessageGroupId"] == "a"
    assert len(attributes["SequenceNumber"]) == 20
    assert len(attributes["MessageDeduplicationId"]) == 64


def test_a_paused_trigger_takes_nothing_and_goes_on_later(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    made = bind(pelton)
    pelton._run(pelton.core.queue_triggers.pause(made["UUID"], is_paused=True))
    send(pelton, url, "1")
    pelton.settle()
    assert seen(tmp_path) == []

    pelton._run(pelton.core.queue_triggers.pause(made["UUID"], is_paused=False))
    pelton.settle()

    assert bodies_seen(tmp_path) == [["1"]]


def test_what_a_window_holds_goes_back_unreceived_when_it_is_disabled(
    pelton: LocalPelton, url: str, tmp_path: Path
) -> None:
    made = bind(pelton, MaximumBatchingWindowInSeconds=300)
    send(pelton, url, "1")
    pelton.advance(0)
    pelton.client("lambda").update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    pelton.advance(0)

    answer = pelton.client("sqs").receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])

    assert answer["Messages"][0]["Attributes"] == {"ApproximateReceiveCount": "1"}
    assert pelton.client("lambda").get_event_source_mapping(UUID=made["UUID"])["State"] == "Disabled"


def test_a_restart_loses_nothing_that_a_window_held(tmp_path: Path) -> None:
    write_project(tmp_path)
    with LocalPelton(tmp_path, data_dir=tmp_path / "data") as first:
        url = make_queue(first)
        bind(first, MaximumBatchingWindowInSeconds=10)
        send(first, url, "1")
        first.advance(0)

    with LocalPelton(tmp_path, data_dir=tmp_path / "data") as second:
        second.settle()
        assert left(second, url) == 0
    assert bodies_seen(tmp_path) == [["1"]]


def test_a_function_that_is_missing_uses_up_no_receive(pelton: LocalPelton, tmp_path: Path) -> None:
    url = make_queue(pelton, **dead_letters(pelton, 1))
    bind(pelton)
    function = pelton.core.functions.get("work")
    assert function is not None
    pelton.core.functions.remove("work")
    send(pelton, url, "1")
    for _ in range(10):
        pelton.advance(10)
    pelton.core.functions.define(function)

    pelton.settle()

    assert bodies_seen(tmp_path) == [["1"]]
    assert (left(pelton, url), left(pelton, "dead")) == (0, 0)


def test_a_queue_made_again_is_handled_again(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    bind(pelton)
    pelton.client("sqs").delete_queue(QueueUrl=url)
    pelton.advance(0)
    make_queue(pelton)
    send(pelton, url, "1")

    pelton.settle()

    assert bodies_seen(tmp_path) == [["1"]]


def test_two_functions_share_a_queue(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    bind(pelton)
    bind(pelton, function="shop-dev-other")
    send(pelton, url, *"123456")

    pelton.settle()

    assert sorted(body for batch in bodies_seen(tmp_path) for body in batch) == list("123456")


def test_status_says_what_a_queue_holds_and_waits_for(pelton: LocalPelton, url: str) -> None:
    bind(pelton)
    send(pelton, url, "crash")
    pelton.advance(10)

    (status,) = pelton.core.queue_triggers.status()

    assert (status.state, status.messages, status.oldest_s) == ("waiting", 1, 10.0)
    assert status.last_error == "ValueError: poison"
    assert status.waits_for == "messages that show in 20.0 s after: ValueError: poison"


def test_settling_covers_what_a_queue_handler_causes(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "handlers.py").write_text(CHAIN)
    (tmp_path / "serverless.yml").write_text(
        (tmp_path / "serverless.yml").read_text().replace("handler: handlers.work}", "handler: handlers.store}", 1)
    )
    with LocalPelton(tmp_path, data_dir=tmp_path / "data") as pelton:
        url = make_queue(pelton)
        stream = make_stream(pelton, "orders")
        bind(pelton)
        pelton.client("lambda").create_event_source_mapping(
            FunctionName="shop-dev-other", EventSourceArn=stream, StartingPosition="LATEST"
        )
        send(pelton, url, "1")

        pelton.settle()

        rows = pelton.client("dynamodb").scan(TableName="orders")["Items"]
    assert sorted(row["id"]["S"] for row in rows) == ["1", "reaction"]


CHAIN = """
import boto3

def store(event, context):
    boto3.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": event["Records"][0]["body"]}})

def work(event, context):
    if event["Records"][0]["dynamodb"]["Keys"]["id"]["S"] == "1":
        boto3.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "reaction"}})
"""


def test_an_operator_pauses_and_resumes_by_the_functions_name(pelton: LocalPelton, url: str, tmp_path: Path) -> None:
    bind(pelton)
    paused = pelton._run(pause(pelton.core, "work", is_paused=True, is_dry_run=False))
    send(pelton, url, "1")
    pelton.settle()
    assert (paused["changed"], seen(tmp_path)) == (1, [])
    assert pelton.core.queue_triggers.status()[0].state == "paused"

    resumed = pelton._run(pause(pelton.core, "work", is_paused=False, is_dry_run=False))
    pelton.settle()

    assert (resumed["waiting"], bodies_seen(tmp_path)) == (1, [["1"]])
