"""Topics and buckets as destinations, answered by moto: a real one where ``pelton[aws]`` is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pelton.stack.moto import Moto
from tests.end_to_end.recording import HANDLERS, recording_project
from tests.end_to_end.running import Up, wait_for

FAILING = HANDLERS.replace("def first(event, context):\n", "def first(event, context):\n    raise ValueError('no')\n")
TOPIC = "arn:aws:sns:us-east-1:000000000000:dead"
POLICY = {"MaximumRetryAttempts": 0, "StartingPosition": "TRIM_HORIZON"}

installed = pytest.mark.skipif(not Moto.is_installed(), reason="pelton[aws] (moto) is not installed")


def put(up: Up, number: int) -> None:
    up.client("dynamodb").put_item(TableName="things", Item={"id": {"S": "one"}, "n": {"N": str(number)}})


def map_to(up: Up, destination: str) -> dict[str, Any]:
    """The project's own mapping, told to send what it gives up there."""
    client = up.client("lambda")
    (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
    changed: dict[str, Any] = client.update_event_source_mapping(
        UUID=mapping["UUID"],
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": destination}},
    )
    return changed


def objects(up: Up) -> list[str]:
    return [each["Key"] for each in up.client("s3").list_objects_v2(Bucket="dead").get("Contents", [])]


@installed
def test_a_bucket_gets_the_particulars_and_the_event(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    (project / "handlers.py").write_text(FAILING)
    with Up(project, tmp_path / "data", "--no-watch") as up:
        with pytest.raises(ClientError, match="there is no such bucket"):
            map_to(up, "arn:aws:s3:::dead")
        up.client("s3").create_bucket(Bucket="dead")
        mapping = map_to(up, "arn:aws:s3:::dead")
        put(up, 1)
        (key,) = wait_for(lambda: objects(up), "the object", 60)
        told = json.loads(up.client("s3").get_object(Bucket="dead", Key=key)["Body"].read())

    assert key.startswith(f"aws/lambda/{mapping['UUID']}/{told['DDBStreamBatchInfo']['shardId']}/20")
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["responseContext"]["functionError"] == "Unhandled"
    (record,) = told["payload"]["Records"]
    assert record["dynamodb"]["NewImage"]["n"] == {"N": "1"}


@installed
def test_a_topic_is_told_and_is_there_again_after_a_restart(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    (project / "handlers.py").write_text(FAILING)
    with Up(project, tmp_path / "data", "--no-watch") as up:
        with pytest.raises(ClientError, match="there is no such topic"):
            map_to(up, TOPIC)
        assert up.client("sns").create_topic(Name="dead")["TopicArn"] == TOPIC
        map_to(up, TOPIC)
        put(up, 1)
        wait_for(lambda: [line for line in up.lines if f"{TOPIC} was told" in line.get("text", "")], "the message", 60)
    text = (project / "serverless.yml").read_text()
    destination = f"batchSize: 100, maximumRetryAttempts: 0, destinations: {{onFailure: '{TOPIC}'}}"
    (project / "serverless.yml").write_text(text.replace("batchSize: 100", destination))
    with Up(project, tmp_path / "data", "--no-watch") as up:
        put(up, 2)
        wait_for(lambda: [line for line in up.lines if f"{TOPIC} was told" in line.get("text", "")], "the message", 60)
        topics = up.client("sns").list_topics()["Topics"]

    assert topics == [{"TopicArn": TOPIC}]


EVENTS = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  fails:
    handler: app.fails
    name: fails
    maximumRetryAttempts: 0
    destinations: {onFailure: {arn: "arn:aws:s3:::dead"}}
  letters:
    handler: app.fails
    name: letters
    maximumRetryAttempts: 0
    onError: arn:aws:sns:us-east-1:000000000000:dead
"""


@installed
def test_buckets_and_topics_get_events_that_failed(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "serverless.yml").write_text(EVENTS)
    (tmp_path / "project" / "app.py").write_text("def fails(event, context): raise ValueError('no')")
    with Up(tmp_path / "project", tmp_path / "data", "--no-watch") as up:
        for name in ("fails", "letters"):
            up.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"a": 1}')
        (key,) = wait_for(lambda: objects(up), "the object", 60)
        told = json.loads(up.client("s3").get_object(Bucket="dead", Key=key)["Body"].read())
        topics = up.client("sns").list_topics()["Topics"]

    assert key.startswith("aws/lambda/async/fails/20")
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestPayload"] == {"a": 1}
    assert topics == [{"TopicArn": TOPIC}]


@pytest.mark.skipif(Moto.is_installed(), reason="pelton[aws] (moto) is installed")
def test_without_moto_other_services_and_their_destinations_are_refused_by_name(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    with Up(project, tmp_path / "data", "--no-watch") as up:
        with pytest.raises(ClientError, match="need moto, which is not installed"):
            map_to(up, "arn:aws:s3:::dead")
        with pytest.raises(ClientError, match=r"Install pelton\[aws\]"):
            up.client("sns").create_topic(Name="dead")
