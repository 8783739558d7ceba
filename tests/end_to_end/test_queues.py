"""Queues as users have them: boto3 and Amazon's command line, worker processes, kill -9, dead letters and back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.running import Up, http, wait_for
from tests.end_to_end.test_outside import aws_of

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.11, timeout: 2}
functions:
  work:
    handler: app.work
    events: [{sqs: {arn: !GetAtt Line.Arn, functionResponseType: ReportBatchItemFailures}}]
resources:
  Resources:
    Line:
      Type: AWS::SQS::Queue
      Properties:
        QueueName: line.fifo
        FifoQueue: true
        VisibilityTimeout: 2
        RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
    Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead.fifo, FifoQueue: true}}
"""
#: Notes every message before it says what failed: bodies begin with their group; ``bad`` fails until it is mended.
HANDLER = """
import pathlib
import time

HERE = pathlib.Path(__file__).parent


def work(event, context):
    failed = []
    for record in event["Records"]:
        time.sleep(0.002)
        group = record["attributes"]["MessageGroupId"]
        if group in failed or ("bad" in record["body"] and not (HERE / "mended").exists()):
            failed.append(group)
        else:
            with (HERE / "seen").open("a") as file:
                file.write(record["body"] + "\\n")
    by_group = {record["messageId"]: record["attributes"]["MessageGroupId"] for record in event["Records"]}
    return {"batchItemFailures": [{"itemIdentifier": id} for id, group in by_group.items() if group in failed]}
"""
QUEUES = "arn:aws:sqs:us-east-1:000000000000:"
DEAD = f"{QUEUES}dead.fifo"
#: Two queues and nobody who reads them.
IDLE = """
service: idle
provider: {name: aws, runtime: python3.11}
functions: {}
resources:
  Resources:
    Work:
      Type: AWS::SQS::Queue
      Properties: {QueueName: work, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1}}
    Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
"""


def project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "serverless.yml").write_text(PROJECT)
    (folder / "app.py").write_text(HANDLER)
    return folder


def seen(folder: Path) -> list[str]:
    file = folder / "seen"
    return file.read_text().splitlines() if file.exists() else []


def send(sqs: Any, *bodies: str) -> None:
    for start in range(0, len(bodies), 10):
        entries = [
            {"Id": str(number), "MessageBody": body, "MessageGroupId": body[0], "MessageDeduplicationId": body}
            for number, body in enumerate(bodies[start : start + 10])
        ]
        answer = sqs.send_message_batch(QueueUrl="line.fifo", Entries=entries)
        assert "Failed" not in answer


def count(sqs: Any, queue: str) -> int:
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return sum(int(told[name]) for name in told if name.startswith("ApproximateNumberOfMessages"))


def is_in_order(bodies: list[str], group: str, total: int) -> bool:
    """Whether first deliveries of a group came in their order, none missing."""
    firsts = list(dict.fromkeys(body for body in bodies if body[0] == group))
    return firsts == [f"{group}{number}" for number in range(total)]


def test_killed_twice_it_handles_every_message_in_the_order_of_its_group(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    for half in (range(30), range(30, 60)):
        with Up(folder, tmp_path / "data", "--no-watch") as up:
            send(up.client("sqs"), *[f"{group}{number}" for number in half for group in "abc"])
            wait_for(lambda start=half.start: len(seen(folder)) > start * 3 + 20, "some messages to be handled")
            up.kill()

    with Up(folder, tmp_path / "data", "--no-watch") as up:
        sqs = up.client("sqs")
        wait_for(lambda: count(sqs, "line.fifo") == 0, "the queue to be empty")
        assert count(sqs, "dead.fifo") == 0

    assert all(is_in_order(seen(folder), group, 60) for group in "abc")


def test_what_fails_goes_to_the_dead_letters_and_back(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    with Up(folder, tmp_path / "data", "--no-watch") as up:
        sqs = up.client("sqs")
        send(sqs, "a1-bad", "b1", "c1")
        wait_for(lambda: count(sqs, "dead.fifo") == 1 and count(sqs, "line.fifo") == 0, "a dead letter")
        assert sorted(seen(folder)) == ["b1", "c1"]
        metrics = http("GET", f"{up.aws}/_pelton/metrics")[1]
        assert 'pelton_queue_messages{function="shop-dev-work",queue="line.fifo"} 0' in metrics
        assert 'event="failed_invoke"} 3' in metrics
        listed = up.command("triggers").stdout
        assert "line.fifo" in listed

        (folder / "mended").touch()
        with aws_of(up) as aws:
            aws.answer("sqs", "start-message-move-task", "--source-arn", DEAD)
        wait_for(lambda: "a1-bad" in seen(folder), "the dead letter to be handled")
        (task,) = sqs.list_message_move_tasks(SourceArn=DEAD)["Results"]

    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)


def test_the_aws_command_line_sends_and_receives(tmp_path: Path) -> None:
    with Up(project(tmp_path / "project"), tmp_path / "data", "--no-watch") as up, aws_of(up) as aws:
        made = aws.answer("sqs", "create-queue", "--queue-name", "orders")
        url = ("--queue-url", made["QueueUrl"])
        sent = aws.answer("sqs", "send-message", *url, "--message-body", "paid")
        received = aws.answer("sqs", "receive-message", *url, "--wait-time-seconds", "5")["Messages"][0]
        aws.answer("sqs", "delete-message", *url, "--receipt-handle", received["ReceiptHandle"])
        mappings = aws.answer("lambda", "list-event-source-mappings")["EventSourceMappings"]

    assert (received["MessageId"], received["Body"]) == (sent["MessageId"], "paid")
    assert [each["EventSourceArn"].rsplit(":", 1)[1] for each in mappings] == ["line.fifo"]


def held(sqs: Any, name: str) -> Counter[str]:
    """Every body in a queue, and how often it is there."""
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found: Counter[str] = Counter()
    while page := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
        found.update(message["Body"] for message in page)
    return found


def fill(sqs: Any, name: str, bodies: list[str]) -> None:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    for start in range(0, len(bodies), 10):
        entries = [{"Id": body, "MessageBody": body} for body in bodies[start : start + 10]]
        assert "Failed" not in sqs.send_message_batch(QueueUrl=url, Entries=entries)


def task(sqs: Any) -> tuple[str, int]:
    """State of the one move task, and how many messages it has moved."""
    (shown,) = sqs.list_message_move_tasks(SourceArn=f"{QUEUES}dead")["Results"]
    return shown["Status"], shown["ApproximateNumberOfMessagesMoved"]


def killed_while_moving(folder: Path, data: Path, more_than: int) -> None:
    """Start it, let the task go on until it has moved so many, and kill -9 it."""
    with Up(folder, data, "--no-watch") as up:
        wait_for(lambda: task(up.client("sqs"))[1] > more_than, "moved messages")
        assert task(up.client("sqs"))[0] == "RUNNING"
        up.kill()


@pytest.mark.proof
def test_a_move_task_under_kill_9_moves_every_message_once(tmp_path: Path) -> None:
    folder, data = project(tmp_path / "project"), tmp_path / "data"
    (folder / "serverless.yml").write_text(IDLE)
    sent = [str(number) for number in range(900)]
    with Up(folder, data, "--no-watch") as up:
        fill(up.client("sqs"), "dead", sent)
        moving = {"SourceArn": f"{QUEUES}dead", "DestinationArn": f"{QUEUES}work"}
        up.client("sqs").start_message_move_task(**moving, MaxNumberOfMessagesPerSecond=200)
        up.kill()

    for kill in range(1, 9):
        killed_while_moving(folder, data, more_than=80 * kill)

    with Up(folder, data, "--no-watch") as up:
        wait_for(lambda: task(up.client("sqs"))[0] == "COMPLETED", "the end of the task")
        assert held(up.client("sqs"), "dead") == Counter()
        assert held(up.client("sqs"), "work") == Counter(sent)
