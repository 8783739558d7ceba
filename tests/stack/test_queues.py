"""A project's queues and its folder for discarded batches, from serverless.yml to what arrives there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pelton.stack.refusal import CannotStart
from pelton.testing import LocalPelton

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
custom: {pelton: {failures: given-up}}
functions:
  fail:
    handler: handlers.fail
    environment: {WORK: !Ref Work}
    events:
      - stream:
          type: dynamodb
          arn: !GetAtt Orders.StreamArn
          maximumRetryAttempts: 0
          destinations: {onFailure: {arn: !GetAtt Dead.Arn, type: sqs}}
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
    Work:
      Type: AWS::SQS::Queue
      Properties:
        QueueName: work
        VisibilityTimeout: SECONDS
        RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
    Dead: {Type: AWS::SQS::Queue}
"""
HANDLERS = """
import os
import boto3

def fail(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["WORK"], MessageBody="seen")
    raise ValueError("poison")
"""


def project(folder: Path, seconds: str = "60") -> Path:
    (folder / "serverless.yml").write_text(PROJECT.replace("SECONDS", seconds))
    (folder / "handlers.py").write_text(HANDLERS)
    return folder


def test_queues_stand_and_discarded_batches_reach_them_and_the_folder(tmp_path: Path) -> None:
    with LocalPelton(project(tmp_path), data_dir=tmp_path / "data") as pelton:
        sqs = pelton.client("sqs")
        dead, work = sqs.list_queues()["QueueUrls"]
        pelton.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "a"}})
        pelton.settle()

        (told,) = sqs.receive_message(QueueUrl=dead)["Messages"]
        (seen,) = sqs.receive_message(QueueUrl=work)["Messages"]
        (file,) = (tmp_path / "given-up").iterdir()

    assert seen["Body"] == "seen"
    written = json.loads(file.read_bytes())
    assert json.loads(told["Body"])["DDBStreamBatchInfo"] == written["DDBStreamBatchInfo"]
    assert written["payload"]["Records"][0]["eventName"] == "INSERT"


def test_a_changed_definition_is_brought_in_line_and_messages_stay(tmp_path: Path) -> None:
    with LocalPelton(project(tmp_path), data_dir=tmp_path / "data") as first:
        first.client("sqs").send_message(QueueUrl="work", MessageBody="kept")

    with LocalPelton(project(tmp_path, "90"), data_dir=tmp_path / "data") as second:
        sqs = second.client("sqs")
        told = sqs.get_queue_attributes(QueueUrl="work", AttributeNames=["All"])["Attributes"]

        assert told["VisibilityTimeout"] == "90"
        assert json.loads(told["RedrivePolicy"])["maxReceiveCount"] == 3
        assert sqs.receive_message(QueueUrl="work")["Messages"][0]["Body"] == "kept"


def test_a_queue_out_of_range_is_refused_by_name(tmp_path: Path) -> None:
    with LocalPelton(project(tmp_path), data_dir=tmp_path / "data") as pelton:
        project(tmp_path, "43201")

        with pytest.raises(
            CannotStart, match=r"serverless\.yml:\d+: queue work: Invalid value for the parameter Visib"
        ):
            pelton._run(pelton._application.declare())


WORKERS = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  work:
    handler: handlers.work
    timeout: TIMEOUT
    events: [{sqs: {arn: !GetAtt Line.Arn, batchSize: 5, functionResponseType: ReportBatchItemFailures}}]
resources:
  Resources:
    Line: {Type: AWS::SQS::Queue, Properties: {QueueName: line.fifo, FifoQueue: true, ContentBasedDeduplication: true}}
"""


def workers(folder: Path, timeout: int = 3) -> Path:
    (folder / "serverless.yml").write_text(WORKERS.replace("TIMEOUT", str(timeout)))
    (folder / "handlers.py").write_text(
        "import pathlib\n\n"
        "def work(event, context):\n"
        "    with (pathlib.Path(__file__).parent / 'seen').open('a') as file:\n"
        "        file.writelines(record['body'] + ' ' for record in event['Records'])\n"
    )
    return folder


def test_a_function_handles_its_queue_in_order_and_its_mapping_stays_across_restarts(tmp_path: Path) -> None:
    uuids = []
    for body in ("1", "2"):
        with LocalPelton(workers(tmp_path), data_dir=tmp_path / "data") as pelton:
            pelton.client("sqs").send_message(QueueUrl="line.fifo", MessageBody=body, MessageGroupId="g")
            pelton.settle()
            (mapping,) = pelton.client("lambda").list_event_source_mappings()["EventSourceMappings"]
            uuids.append(mapping["UUID"])

    assert (tmp_path / "seen").read_text() == "1 2 "
    assert uuids[0] == uuids[1]
    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (5, ["ReportBatchItemFailures"])


def test_a_mapping_that_is_declared_no_more_is_gone(tmp_path: Path) -> None:
    with LocalPelton(workers(tmp_path), data_dir=tmp_path / "data"):
        pass
    (tmp_path / "serverless.yml").write_text(WORKERS.replace("TIMEOUT", "3").replace("events: [", "x-events: ["))

    with LocalPelton(tmp_path, data_dir=tmp_path / "data") as pelton:
        assert pelton.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []


def test_a_function_that_may_outlast_the_visibility_is_refused_by_place(tmp_path: Path) -> None:
    with LocalPelton(workers(tmp_path), data_dir=tmp_path / "data") as pelton:
        workers(tmp_path, timeout=31)

        with pytest.raises(
            CannotStart, match=r"serverless\.yml:\d+: this sqs event is refused: Queue visibility timeout: 30 seconds"
        ):
            pelton._run(pelton._application.declare())
