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
