"""Message move tasks: dead letters back to where they came from; boto3 under virtual time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pelton.queues.moving import pace
from pelton.testing import LocalPelton
from tests.queues.test_sending_and_receiving import bodies, refused

ARN = "arn:aws:sqs:us-east-1:000000000000"
DEAD = f"{ARN}:dead"


def make(sqs: Any, suffix: str = "", **attributes: str) -> str:
    """A queue ``work`` whose dead letters go to ``dead`` at the second receive."""
    sqs.create_queue(QueueName=f"dead{suffix}", Attributes=attributes)
    policy = json.dumps({"deadLetterTargetArn": f"{DEAD}{suffix}", "maxReceiveCount": 1})
    made = sqs.create_queue(QueueName=f"work{suffix}", Attributes={**attributes, "RedrivePolicy": policy})
    url: str = made["QueueUrl"]
    return url


def kill(sqs: Any, url: str, *sent: str) -> None:
    """Send messages that become dead letters."""
    for body in sent:
        group = {"MessageGroupId": body[0], "MessageDeduplicationId": body} if url.endswith(".fifo") else {}
        sqs.send_message(QueueUrl=url, MessageBody=body, **group)
    while bodies(sqs, url, VisibilityTimeout=0):
        pass


def only(sqs: Any, arn: str = DEAD) -> Any:
    (task,) = sqs.list_message_move_tasks(SourceArn=arn)["Results"]
    return task


def test_messages_go_back_to_where_they_came_from_as_new_ones(pelton: LocalPelton, sqs: Any) -> None:
    url = make(sqs)
    kill(sqs, url, *map(str, range(250)))
    began = pelton.clock.now_ms()
    pelton.clock.advance(60)

    sqs.start_message_move_task(SourceArn=DEAD)
    pelton.settle()

    assert only(sqs) == {
        "Status": "COMPLETED",
        "SourceArn": DEAD,
        "ApproximateNumberOfMessagesMoved": 250,
        "ApproximateNumberOfMessagesToMove": 250,
        "StartedTimestamp": began + 60_000,
    }
    assert bodies(sqs, "dead") == []
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["SentTimestamp"] == str(began + 60_000)
    assert "DeadLetterQueueSourceArn" not in message["Attributes"]


def test_messages_go_where_the_task_says(pelton: LocalPelton, sqs: Any) -> None:
    kill(sqs, make(sqs), "1", "2")
    sqs.create_queue(QueueName="other")

    sqs.start_message_move_task(SourceArn=DEAD, DestinationArn=f"{ARN}:other")
    pelton.settle()

    assert sorted(bodies(sqs, "other")) == ["1", "2"]
    assert only(sqs)["DestinationArn"] == f"{ARN}:other"


def test_a_rate_is_kept(pelton: LocalPelton, sqs: Any) -> None:
    kill(sqs, make(sqs), *map(str, range(60)))

    sqs.start_message_move_task(SourceArn=DEAD, MaxNumberOfMessagesPerSecond=20)
    for _ in range(11):
        pelton.advance(0.1)

    assert only(sqs)["ApproximateNumberOfMessagesMoved"] in range(20, 25)
    pelton.settle()
    assert only(sqs)["ApproximateNumberOfMessagesMoved"] == 60


@pytest.mark.parametrize("per_second", [1, 7, 10, 15, 499, 500])
def test_steps_keep_the_rate_exactly(per_second: int) -> None:
    limit, pause_s = pace(per_second)

    assert limit / pause_s == pytest.approx(per_second)
    assert pause_s > 0.09 or limit == 1


def test_cancelling_leaves_each_message_in_one_of_the_queues(pelton: LocalPelton, sqs: Any) -> None:
    url = make(sqs)
    kill(sqs, url, *map(str, range(50)))
    handle = sqs.start_message_move_task(SourceArn=DEAD, MaxNumberOfMessagesPerSecond=10)["TaskHandle"]
    for _ in range(10):
        pelton.advance(0.1)

    cancelled = sqs.cancel_message_move_task(TaskHandle=handle)
    pelton.settle()

    task = only(sqs)
    assert task["Status"] == "CANCELLED"
    assert "TaskHandle" not in task
    assert 0 < cancelled["ApproximateNumberOfMessagesMoved"] == task["ApproximateNumberOfMessagesMoved"] < 50
    found = [*every(sqs, url), *every(sqs, "dead")]
    assert sorted(found, key=int) == [str(number) for number in range(50)]
    assert refused(sqs.cancel_message_move_task, TaskHandle=handle)[1] == "Only active tasks can be cancelled."


def every(sqs: Any, url: str) -> list[str]:
    found: list[str] = []
    while page := bodies(sqs, url, VisibilityTimeout=600):
        found += page
    return found


def test_a_task_goes_on_after_a_restart(tmp_path: Path) -> None:
    with LocalPelton(data_dir=tmp_path / "data") as first:
        url = make(first.client("sqs"))
        kill(first.client("sqs"), url, *map(str, range(20)))
        first.client("sqs").start_message_move_task(SourceArn=DEAD, MaxNumberOfMessagesPerSecond=1)
        first.advance(3)

    with LocalPelton(data_dir=tmp_path / "data", now_ms=first.clock.now_ms()) as second:
        sqs = second.client("sqs")
        assert only(sqs)["Status"] == "RUNNING"
        second.settle()
        assert only(sqs)["ApproximateNumberOfMessagesMoved"] == 20
        assert sorted(every(sqs, url), key=int) == [str(number) for number in range(20)]


def test_fifo_dead_letters_go_back_in_the_order_of_their_group(pelton: LocalPelton, sqs: Any) -> None:
    url = make(sqs, ".fifo", FifoQueue="true")
    kill(sqs, url, "a1", "b1", "a2", "a3", "b2")

    sqs.start_message_move_task(SourceArn=f"{DEAD}.fifo", MaxNumberOfMessagesPerSecond=1)
    pelton.settle()

    found = every(sqs, url)
    assert [body for body in found if body[0] == "a"] == ["a1", "a2", "a3"]
    assert [body for body in found if body[0] == "b"] == ["b1", "b2"]


def test_a_message_of_no_known_source_fails_the_task_and_stays(pelton: LocalPelton, sqs: Any) -> None:
    make(sqs)
    sqs.send_message(QueueUrl="dead", MessageBody="sent here")

    sqs.start_message_move_task(SourceArn=DEAD)
    pelton.settle()

    assert (only(sqs)["Status"], only(sqs)["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert bodies(sqs, "dead") == ["sent here"]


def test_a_deleted_target_fails_the_task_and_loses_nothing(pelton: LocalPelton, sqs: Any) -> None:
    url = make(sqs)
    kill(sqs, url, "1")
    sqs.create_queue(QueueName="heir", Attributes=redrive_to_dead())
    sqs.delete_queue(QueueUrl=url)

    sqs.start_message_move_task(SourceArn=DEAD)
    pelton.settle()

    assert only(sqs)["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert bodies(sqs, "dead") == ["1"]


def redrive_to_dead() -> dict[str, str]:
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 1})}


def test_the_newest_tasks_are_listed_first(pelton: LocalPelton, sqs: Any) -> None:
    make(sqs)
    for _ in range(12):
        pelton.clock.advance(1)
        sqs.start_message_move_task(SourceArn=DEAD)
        pelton.settle()

    listed = sqs.list_message_move_tasks(SourceArn=DEAD, MaxResults=10)["Results"]

    started = [task["StartedTimestamp"] for task in listed]
    assert len(started) == 10
    assert started == sorted(started, reverse=True)


def test_one_task_at_a_time(pelton: LocalPelton, sqs: Any) -> None:
    kill(sqs, make(sqs), "1", "2", "3")
    sqs.start_message_move_task(SourceArn=DEAD, MaxNumberOfMessagesPerSecond=1)

    code, text = refused(sqs.start_message_move_task, SourceArn=DEAD)

    assert code == "InvalidParameterValue"
    assert text.startswith("There is already a task running.")


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        ({"SourceArn": f"{ARN}:none"}, "ResourceNotFoundException", "for the SourceArn parameter doesn't exist."),
        ({"SourceArn": f"{ARN}:orders"}, "InvalidParameterValue", "must be configured as a Dead Letter Queue."),
        ({"DestinationArn": f"{ARN}:none"}, "ResourceNotFoundException", "for the DestinationArn parameter"),
        ({"DestinationArn": DEAD}, "InvalidParameterValue", "cannot be the same"),
        ({"DestinationArn": f"{ARN}:line.fifo"}, "InvalidParameterValue", "must be of the same type."),
        ({"MaxNumberOfMessagesPerSecond": 501}, "InvalidParameterValue", "must be an integer between 1 and 500."),
        ({"MaxNumberOfMessagesPerSecond": 0}, "InvalidParameterValue", "Value 0 for parameter MaxNumber"),
    ],
)
def test_a_task_that_breaks_a_rule_is_refused(sqs: Any, url: str, members: Any, code: str, text: str) -> None:
    make(sqs)
    sqs.create_queue(QueueName="line.fifo", Attributes={"FifoQueue": "true"})

    found = refused(sqs.start_message_move_task, **{"SourceArn": DEAD, **members})

    assert found[0] == code
    assert text in found[1]


@pytest.mark.parametrize(
    ("handle", "code"),
    [
        ("junk", "InvalidParameterValue"),
        ("e30=", "InvalidParameterValue"),
        ("eyJ0YXNrSWQiOiJ4In0=", "ResourceNotFoundException"),
    ],
)
def test_a_handle_of_no_task_is_refused(standing: Any, handle: str, code: str) -> None:
    assert refused(standing.cancel_message_move_task, TaskHandle=handle)[0] == code
