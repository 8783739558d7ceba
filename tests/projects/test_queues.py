"""Queues and failure destinations as projects declare them."""

from __future__ import annotations

import json

import pytest

from pelton.projects.project import ProjectRefused
from tests.projects.reading import read, service, texts_of

DEAD = "arn:aws:sqs:us-east-1:000000000000:dead"

RESOURCES = """
resources:
  Resources:
    Orders:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: orders
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        StreamSpecification: {StreamViewType: NEW_IMAGE}
    Work:
      Type: AWS::SQS::Queue
      Properties:
        QueueName: work
        VisibilityTimeout: 60
        RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
        Tags: [{Key: team, Value: search}]
    Dead:
      Type: AWS::SQS::Queue
      Properties: {QueueName: dead, KmsMasterKeyId: alias/aws/sqs}
    Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: topic}}
"""


def with_destination(destination: str) -> str:
    return service(f"""
functions:
  index:
    handler: handlers.index
    environment: {{WORK: !Ref Work}}
    events:
      - stream:
          type: dynamodb
          arn: !GetAtt Orders.StreamArn
          destinations: {{onFailure: {destination}}}
{RESOURCES}""")


SERVED = frozenset({"StartingPosition", "BatchSize", "DestinationConfig"})


def test_queues_are_read_with_their_attributes_and_tags() -> None:
    project = read(service(f"functions: {{}}\n{RESOURCES}"))

    work, dead = project.queues
    assert (work.name, dict(work.tags)) == ("work", {"team": "search"})
    assert work.attributes["VisibilityTimeout"] == "60"
    assert json.loads(work.attributes["RedrivePolicy"]) == {"deadLetterTargetArn": DEAD, "maxReceiveCount": 3}
    assert dict(dead.attributes) == {}
    assert not [text for text in texts_of(project) if "Dead" in text or "Work" in text]


@pytest.mark.parametrize(
    "written",
    [
        DEAD,
        f"{{arn: '{DEAD}', type: sqs}}",
        "!GetAtt Dead.Arn",
        "{arn: !GetAtt Dead.Arn, type: sqs}",
        "{Fn::GetAtt: [Dead, Arn]}",
        "{arn: {Fn::Join: [':', ['arn:aws:sqs', !Ref AWS::Region, !Ref AWS::AccountId, dead]]}, type: sqs}",
    ],
)
def test_a_destination_is_read_in_every_form(written: str) -> None:
    project = read(with_destination(written), mapping_settings=SERVED)

    (mapping,) = project.mappings
    assert mapping.settings["DestinationConfig"] == {"OnFailure": {"Destination": DEAD}}


@pytest.mark.parametrize(
    "written",
    ["{arn: !Ref Topic, type: sns}", "arn:aws:s3:::bucket", "!Ref Dead", "arn:aws:sqs:us-east-1:000000000000:a.fifo"],
)
def test_another_destination_is_refused_by_name(written: str) -> None:
    with pytest.raises(ProjectRefused, match=r"index: the destination .* is not a queue's ARN"):
        read(with_destination(written), mapping_settings=SERVED)


@pytest.mark.parametrize(
    ("written", "arn"),
    [
        ("{arn: !Ref Topic, type: sns}", "arn:aws:sns:us-east-1:000000000000:topic"),
        ("arn:aws:s3:::bucket", "arn:aws:s3:::bucket"),
    ],
)
def test_a_topic_and_a_bucket_are_destinations_where_something_answers_for_them(written: str, arn: str) -> None:
    project = read(with_destination(written), mapping_settings=SERVED, has_topics_and_buckets=True)

    assert project.mappings[0].settings["DestinationConfig"] == {"OnFailure": {"Destination": arn}}


def test_another_destination_is_a_warning_when_that_is_allowed() -> None:
    project = read(with_destination("arn:aws:s3:::bucket"), mapping_settings=SERVED, allow_unsupported=True)

    assert "DestinationConfig" not in project.mappings[0].settings
    assert any("arn:aws:s3:::bucket" in text for text in texts_of(project))


def test_a_fifo_queue_is_read_with_all_it_says() -> None:
    fifo = """{Type: AWS::SQS::Queue, Properties: {QueueName: a.fifo, FifoQueue: true,
      ContentBasedDeduplication: "true", DeduplicationScope: messageGroup, FifoThroughputLimit: perMessageGroupId}}"""
    project = read(service(f"functions: {{}}\nresources: {{Resources: {{Line: {fifo}}}}}"))

    (queue,) = project.queues
    assert dict(queue.attributes) == {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "true",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    }


def test_a_generated_name_says_that_the_queue_is_a_fifo_queue() -> None:
    lines = "{Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}"
    plain = "{Type: AWS::SQS::Queue, Properties: {FifoQueue: false}}"
    project = read(service(f"functions: {{}}\nresources: {{Resources: {{Line: {lines}, Plain: {plain}}}}}"))

    line, other = project.queues
    assert line.name.endswith(".fifo")
    assert (other.name.endswith(".fifo"), dict(other.attributes)) == (False, {})


def with_event(event: str) -> str:
    return service(f"functions: {{index: {{handler: handlers.index, events: [{{sqs: {event}}}]}}}}\n{RESOURCES}")


WORK = "arn:aws:sqs:us-east-1:000000000000:work"


@pytest.mark.parametrize("event", [WORK, "!GetAtt Work.Arn", "{arn: !GetAtt Work.Arn}", "{arn: !GetAtt [Work, Arn]}"])
def test_an_sqs_event_names_its_queue_in_every_form(event: str) -> None:
    (mapping,) = read(with_event(event)).mappings

    assert (mapping.function_key, mapping.event_source, mapping.settings) == ("index", WORK, {"BatchSize": 10})


def test_an_sqs_event_is_read_with_all_its_settings() -> None:
    event = f"""{{arn: {WORK}, batchSize: 100, maximumBatchingWindow: 5, enabled: false, maximumConcurrency: 7,
      functionResponseType: ReportBatchItemFailures, filterPatterns: [{{body: {{kind: [paid]}}}}]}}"""

    (mapping,) = read(with_event(event)).mappings

    assert mapping.settings == {
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 5,
        "Enabled": False,
        "ScalingConfig": {"MaximumConcurrency": 7},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["paid"]}}'}]},
    }


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ("{batchSize: 1}", "an sqs event without an arn"),
        (f"{{arn: {WORK}, batchSize: 10001}}", "BatchSize is 10001"),
        (f"{{arn: {WORK}, maximumConcurrency: 1}}", "ScalingConfig.MaximumConcurrency is 1"),
        (f"{{arn: {WORK}, functionResponseType: Other}}", "only ReportBatchItemFailures is known"),
    ],
)
def test_an_sqs_event_that_is_wrong_is_refused(event: str, text: str) -> None:
    with pytest.raises(ProjectRefused, match=text):
        read(with_event(event))


def test_a_misspelt_key_of_an_sqs_event_is_told() -> None:
    project = read(with_event(f"{{arn: {WORK}, batchWindow: 5}}"))

    assert any("did you mean maximumBatchingWindow?" in text for text in texts_of(project))


def test_a_mapping_resource_of_a_queue_is_read() -> None:
    resource = """
    Mapping:
      Type: AWS::Lambda::EventSourceMapping
      Properties: {FunctionName: !Ref IndexLambdaFunction, EventSourceArn: !GetAtt Work.Arn, BatchSize: 5,
        ScalingConfig: {MaximumConcurrency: 2}, StartingPosition: LATEST}
"""
    project = read(service(f"functions: {{index: {{handler: handlers.index}}}}\n{RESOURCES}{resource}"))

    (mapping,) = project.mappings
    assert mapping.settings == {"BatchSize": 5, "ScalingConfig": {"MaximumConcurrency": 2}}
    assert any("a queue's mapping has no StartingPosition" in text for text in texts_of(project))
