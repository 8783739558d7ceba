"""Asynchronous invocations, from Invoke with ``Event`` to retries, destinations and dead letters, in virtual time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pelton.stack.settling import NotSettled
from pelton.testing import LocalPelton

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  note: {handler: app.note, name: note}
  fail: {handler: app.fail, name: fail, environment: {SEEN: "seen"}}
  chain: {handler: app.chain, name: chain}
  again: {handler: app.again, name: again}
  write: {handler: app.write, name: write}
  react:
    handler: app.react
    name: react
    events:
      - stream: {type: dynamodb, arn: !GetAtt Orders.StreamArn}
resources:
  Resources:
    Orders:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: orders
        BillingMode: PAY_PER_REQUEST
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        StreamSpecification: {StreamViewType: NEW_IMAGE}
    Done: {Type: AWS::SQS::Queue, Properties: {QueueName: done}}
    Failed: {Type: AWS::SQS::Queue, Properties: {QueueName: failed}}
"""
HANDLERS = """
import json
import time
import boto3

SEEN = []
LAMBDA = boto3.client("lambda")

def note(event, context):
    SEEN.append([event, context.aws_request_id])
    return {"seen": SEEN}

def fail(event, context):
    print("tried", context.aws_request_id)
    raise ValueError("poison")

def chain(event, context):
    boto3.client("lambda").invoke(FunctionName="write", InvocationType="Event", Payload=json.dumps(event))

def again(event, context):
    LAMBDA.invoke(FunctionName="again", InvocationType="Event", Payload="{}")

def write(event, context):
    boto3.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": event["id"]}})

def react(event, context):
    for record in event["Records"]:
        boto3.client("sqs").send_message(QueueUrl="done", MessageBody=record["dynamodb"]["Keys"]["id"]["S"])
"""
QUEUE = "arn:aws:sqs:us-east-1:000000000000:"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "serverless.yml").write_text(PROJECT)
    (folder / "app.py").write_text(HANDLERS)
    return folder


def send(pelton: LocalPelton, name: str, event: object = None) -> None:
    answer = pelton.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event or {}).encode()
    )
    assert answer["StatusCode"] == 202
    assert answer["Payload"].read() == b""
    assert "FunctionError" not in answer


def messages(pelton: LocalPelton, queue: str) -> list[dict[str, Any]]:
    answer = pelton.client("sqs").receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def tries(pelton: LocalPelton) -> list[tuple[int, str]]:
    lines = [event for event in pelton.core.events._kept if event.text.startswith("tried ")]
    return [(event.at_ms, event.text) for event in lines]


def test_an_event_is_run_later_and_once(project: Path) -> None:
    with LocalPelton(project) as pelton:
        send(pelton, "note", {"a": 1})
        pelton.settle()

        seen = json.loads(pelton.invoke("note").payload)["seen"]

    assert [event for event, _ in seen] == [{"a": 1}, {}]


def test_a_failing_event_is_tried_three_times_under_one_request_id(project: Path) -> None:
    with LocalPelton(project) as pelton:
        began = pelton.clock.now_ms()
        send(pelton, "fail")
        pelton.settle()

        tried = tries(pelton)

    assert [at - began for at, _ in tried] == [0, 60_000, 180_000]
    assert len({text for _, text in tried}) == 1


def test_a_failure_reaches_its_destination_in_amazons_shape(project: Path) -> None:
    with LocalPelton(project) as pelton:
        functions = pelton.client("lambda")
        functions.put_function_event_invoke_config(
            FunctionName="fail",
            MaximumRetryAttempts=1,
            DestinationConfig={"OnFailure": {"Destination": QUEUE + "failed"}},
        )
        send(pelton, "fail", {"a": 1})
        pelton.settle()

        (message,) = messages(pelton, "failed")
        request_id = tries(pelton)[0][1].removeprefix("tried ")

    record = json.loads(message["Body"])
    assert record.pop("timestamp") == "2025-10-20T22:41:00.000Z"
    trace = record["responsePayload"].pop("stackTrace")
    assert "in fail" in trace[-1]
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": FUNCTION + "fail:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        },
        "requestPayload": {"a": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "poison", "errorType": "ValueError", "requestId": request_id},
    }


def test_a_success_may_invoke_another_function_with_its_record(project: Path) -> None:
    with LocalPelton(project) as pelton:
        pelton.client("lambda").put_function_event_invoke_config(
            FunctionName="write", DestinationConfig={"OnSuccess": {"Destination": FUNCTION + "note"}}
        )
        send(pelton, "write", {"id": "a"})
        pelton.settle()

        ((record, _), _) = json.loads(pelton.invoke("note").payload)["seen"]

    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"] is None
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}


def test_an_event_that_is_too_old_says_so(project: Path) -> None:
    with LocalPelton(project) as pelton:
        pelton.client("lambda").put_function_event_invoke_config(
            FunctionName="fail",
            MaximumEventAgeInSeconds=90,
            DestinationConfig={"OnFailure": {"Destination": QUEUE + "failed"}},
        )
        send(pelton, "fail")
        pelton.settle()

        (message,) = messages(pelton, "failed")

    context = json.loads(message["Body"])["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 2)


def test_what_may_not_run_at_all_goes_straight_to_its_destination(project: Path) -> None:
    with LocalPelton(project) as pelton:
        pelton.client("lambda").put_function_event_invoke_config(
            FunctionName="fail", DestinationConfig={"OnFailure": {"Destination": QUEUE + "failed"}}
        )
        pelton.core.functions.concurrency.reserve(FUNCTION + "fail", 0)
        send(pelton, "fail")
        pelton.settle()

        (message,) = messages(pelton, "failed")

    record = json.loads(message["Body"])
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responsePayload" not in record


def test_a_record_waits_for_a_queue_that_was_deleted(project: Path) -> None:
    with LocalPelton(project) as pelton:
        pelton.client("lambda").put_function_event_invoke_config(
            FunctionName="fail",
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": QUEUE + "failed"}},
        )
        pelton.client("sqs").delete_queue(QueueUrl="failed")
        send(pelton, "fail")
        with pytest.raises(NotSettled, match="fail: 1 asynchronous event"):
            pelton.settle(within_s=120)

        pelton.client("sqs").create_queue(QueueName="failed")
        pelton.settle()

        assert len(messages(pelton, "failed")) == 1
        assert len(tries(pelton)) == 1


def test_settle_covers_what_events_cause_in_turn(project: Path) -> None:
    with LocalPelton(project) as pelton:
        send(pelton, "chain", {"id": "far"})
        pelton.settle()

        assert [message["Body"] for message in messages(pelton, "done")] == ["far"]


def test_a_function_that_invokes_itself_for_ever_is_named(project: Path) -> None:
    with LocalPelton(project) as pelton:
        send(pelton, "again")

        with pytest.raises(NotSettled, match=r"50 generations.*again: 1 asynchronous event"):
            pelton.settle()


def test_an_event_outlives_a_restart(project: Path, tmp_path: Path) -> None:
    with LocalPelton(project, data_dir=tmp_path / "data") as first:
        send(first, "fail", {"a": 1})
        first.advance(1)
        now_ms = first.clock.now_ms()
        assert len(tries(first)) == 1

    with LocalPelton(project, data_dir=tmp_path / "data", now_ms=now_ms) as second:
        second.settle()

        assert len(tries(second)) == 2


def test_a_functions_configuration_is_shown_changed_and_removed(project: Path) -> None:
    with LocalPelton(project) as pelton:
        functions = pelton.client("lambda")
        put = functions.put_function_event_invoke_config(FunctionName="note", MaximumRetryAttempts=0)
        updated = functions.update_function_event_invoke_config(FunctionName="note", MaximumEventAgeInSeconds=60)
        listed = functions.list_function_event_invoke_configs(FunctionName="note")["FunctionEventInvokeConfigs"]
        got = functions.get_function_event_invoke_config(FunctionName="note", Qualifier="$LATEST")
        functions.delete_function_event_invoke_config(FunctionName="note")
        with pytest.raises(ClientError) as caught:
            functions.get_function_event_invoke_config(FunctionName="note")

    for answer in (put, updated, got):
        answer.pop("ResponseMetadata")
    assert put["FunctionArn"] == FUNCTION + "note:$LATEST"
    assert put["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    assert (updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"]) == (0, 60)
    assert listed == [updated] == [got]
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert caught.value.response["Error"]["Message"].endswith("doesn't have an EventInvokeConfig")


@pytest.mark.parametrize(
    ("destination", "text"),
    [
        (QUEUE + "nobody", "there is no such queue. Create it first."),
        (FUNCTION + "nobody", r"The destination ARN .* is invalid."),
        (FUNCTION + "note", "You can't specify the function as a destination for itself."),
        ("arn:aws:sns:us-east-1:000000000000:topic", "SNS topics need moto"),
        ("arn:aws:sns:us-east-1:000000000000:topic.fifo", "FIFO topics are not supported"),
        ("arn:aws:s3:::bucket", "buckets take failures alone"),
        ("arn:aws:events:us-east-1:000000000000:event-bus/default", "there are no event buses here"),
    ],
)
def test_a_destination_that_cannot_be_told_is_refused(project: Path, destination: str, text: str) -> None:
    with LocalPelton(project) as pelton, pytest.raises(ClientError, match=text) as caught:
        pelton.client("lambda").put_function_event_invoke_config(
            FunctionName="note", DestinationConfig={"OnSuccess": {"Destination": destination}}
        )

    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"


DECLARED = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  fail:
    handler: app.fail
    name: fail
    maximumRetryAttempts: 0
    maximumEventAge: 120
    reservedConcurrency: 5
    destinations: {onSuccess: note, onFailure: !GetAtt Failed.Arn}
    onError: !GetAtt Dead.Arn
  note: {handler: app.note, name: note}
resources:
  Resources:
    Failed: {Type: AWS::SQS::Queue, Properties: {QueueName: failed}}
    Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
"""


def test_a_project_declares_what_becomes_of_its_events(project: Path, tmp_path: Path) -> None:
    (project / "serverless.yml").write_text(DECLARED)
    with LocalPelton(project, data_dir=tmp_path / "data") as pelton:
        functions = pelton.client("lambda")
        config = functions.get_function_event_invoke_config(FunctionName="fail")
        shown = functions.get_function(FunctionName="fail")
        send(pelton, "fail", {"a": 1})
        pelton.settle()

        (failed,), (dead,) = messages(pelton, "failed"), messages(pelton, "dead")
        request_id = tries(pelton)[0][1].removeprefix("tried ")

    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 120)
    assert config["DestinationConfig"]["OnSuccess"] == {"Destination": FUNCTION + "note"}
    assert shown["Concurrency"]["ReservedConcurrentExecutions"] == 5
    assert shown["Configuration"]["DeadLetterConfig"] == {"TargetArn": QUEUE + "dead"}
    assert json.loads(failed["Body"])["requestContext"]["condition"] == "RetriesExhausted"
    assert json.loads(dead["Body"]) == {"a": 1}
    attributes = {name: (value["DataType"], value["StringValue"]) for name, value in dead["MessageAttributes"].items()}
    assert attributes == {
        "RequestID": ("String", request_id),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "poison"),
    }


def test_what_a_project_declares_no_more_is_taken_away(project: Path, tmp_path: Path) -> None:
    (project / "serverless.yml").write_text(DECLARED)
    with LocalPelton(project, data_dir=tmp_path / "data"):
        pass

    (project / "serverless.yml").write_text(PROJECT)
    with LocalPelton(project, data_dir=tmp_path / "data") as pelton:
        functions = pelton.client("lambda")

        assert functions.list_function_event_invoke_configs(FunctionName="fail")["FunctionEventInvokeConfigs"] == []
        assert "Concurrency" not in functions.get_function(FunctionName="fail")
