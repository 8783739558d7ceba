"""The event source mapping operations for queues: boto3 against a Pelton in one thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from pelton.testing import LocalPelton
from pelton.testing.wire import ENDPOINT
from tests.triggers.queue_project import ARN, bind, make_queue, write_project
from tests.triggers.test_mapping_api import make_stream, refusal

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:shop-dev-work"


@pytest.fixture
def pelton(tmp_path: Path) -> Iterator[LocalPelton]:
    with LocalPelton(write_project(tmp_path), data_dir=tmp_path / "data") as local:
        make_queue(local)
        make_queue(local, "line.fifo", FifoQueue="true")
        yield local


@pytest.fixture
def api(pelton: LocalPelton) -> Any:
    """A client that sends what botocore itself would refuse."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return pelton._clients.session().client("lambda", endpoint_url=ENDPOINT, config=config)


def test_a_new_mapping_has_the_recorded_defaults(pelton: LocalPelton) -> None:
    made = bind(pelton)
    made.pop("ResponseMetadata")
    assert made.pop("LastModified").timestamp() == 1_761_000_000
    uuid = made.pop("UUID")

    assert made == {
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}",
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": f"{ARN}:work",
        "FunctionArn": FUNCTION,
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
        "FunctionResponseTypes": [],
    }


def test_it_is_shown_changed_listed_and_deleted(pelton: LocalPelton, api: Any) -> None:
    uuid = bind(pelton, ScalingConfig={"MaximumConcurrency": 2})["UUID"]

    changed = api.update_event_source_mapping(UUID=uuid, BatchSize=5, Enabled=False)
    shown = api.get_event_source_mapping(UUID=uuid)
    listed = api.list_event_source_mappings(EventSourceArn=f"{ARN}:work", FunctionName="shop-dev-work")
    deleted = api.delete_event_source_mapping(UUID=uuid)

    assert (changed["State"], changed["BatchSize"]) == ("Disabling", 5)
    assert (shown["State"], shown["ScalingConfig"]) == ("Disabled", {"MaximumConcurrency": 2})
    assert [each["UUID"] for each in listed["EventSourceMappings"]] == [uuid]
    assert deleted["State"] == "Deleting"
    assert refusal(api.get_event_source_mapping, UUID=uuid)[1] == "ResourceNotFoundException"


def test_metrics_and_tags_are_kept(pelton: LocalPelton, api: Any) -> None:
    made = bind(pelton, MetricsConfig={"Metrics": ["EventCount"]}, Tags={"team": "search"})
    api.tag_resource(Resource=made["EventSourceMappingArn"], Tags={"stage": "dev"})

    shown = api.get_event_source_mapping(UUID=made["UUID"])

    assert shown["MetricsConfig"] == {"Metrics": ["EventCount"]}
    assert api.list_tags(Resource=made["EventSourceMappingArn"])["Tags"] == {"team": "search", "stage": "dev"}


def test_streams_and_queues_are_listed_together(pelton: LocalPelton, api: Any) -> None:
    bind(pelton)
    stream = make_stream(pelton, "orders")
    api.create_event_source_mapping(FunctionName="shop-dev-work", EventSourceArn=stream, StartingPosition="LATEST")

    listed = api.list_event_source_mappings()["EventSourceMappings"]

    assert sorted(each["EventSourceArn"] for each in listed) == sorted([f"{ARN}:work", stream])


def test_mappings_survive_a_restart(tmp_path: Path) -> None:
    write_project(tmp_path)
    with LocalPelton(tmp_path, data_dir=tmp_path / "data") as first:
        make_queue(first)
        uuid = bind(first)["UUID"]

    with LocalPelton(tmp_path, data_dir=tmp_path / "data") as second:
        shown = second.client("lambda").get_event_source_mapping(UUID=uuid)

    assert (shown["State"], shown["EventSourceArn"]) == ("Enabled", f"{ARN}:work")


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        (
            {"BatchSize": 11},
            "InvalidParameterValueException",
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        ({"BatchSize": 0}, "ValidationException", "at 'batchSize' failed to satisfy constraint"),
        ({"BatchSize": 10_001}, "ValidationException", "less than or equal to 10000"),
        ({"MaximumBatchingWindowInSeconds": -1}, "ValidationException", "greater than or equal to 0"),
        ({"MaximumBatchingWindowInSeconds": 301}, "ValidationException", "less than or equal to 300"),
        ({"ScalingConfig": {"MaximumConcurrency": 1}}, "ValidationException", "greater than or equal to 2"),
        ({"ScalingConfig": {"MaximumConcurrency": 1001}}, "ValidationException", "less than or equal to 1000"),
        (
            {"StartingPosition": "LATEST"},
            "InvalidParameterValueException",
            "StartingPosition is not valid for SQS event sources.",
        ),
        (
            {"MaximumRetryAttempts": 3},
            "InvalidParameterValueException",
            "Unsupported MaximumRetryAttempts parameter for given event source mapping type.",
        ),
        ({"FilterCriteria": {"Filters": [{"Pattern": "["}]}}, "InvalidParameterValueException", "Invalid filter"),
        (
            {"MetricsConfig": {"Metrics": ["KafkaMetrics"]}},
            "InvalidParameterValueException",
            "KafkaMetrics is not supported for SQS queues",
        ),
        ({"FunctionName": "none"}, "InvalidParameterValueException", "Function does not exist"),
        (
            {"EventSourceArn": f"{ARN}:none"},
            "InvalidParameterValueException",
            "SQS Error Code: AWS.SimpleQueueService.NonExistentQueue.",
        ),
        ({"EventSourceArn": f"{ARN}:line.fifo", "MaximumBatchingWindowInSeconds": 1}, "InvalidParam", "FIFO"),
        (
            {"EventSourceArn": f"{ARN}:line.fifo", "BatchSize": 11, "MaximumBatchingWindowInSeconds": 0},
            "InvalidParameterValueException",
            "BatchSize must be between 1 and 10 for FIFO queues.",
        ),
    ],
)
def test_a_mapping_that_breaks_a_rule_is_refused(api: Any, members: dict[str, Any], code: str, text: str) -> None:
    asked = {"FunctionName": "shop-dev-work", "EventSourceArn": f"{ARN}:work", **members}
    found = [refusal(api.create_event_source_mapping, **asked)]
    assert api.list_event_source_mappings()["EventSourceMappings"] == []

    if "EventSourceArn" not in members and "StartingPosition" not in members:  # Which a change does not have.
        uuid = api.create_event_source_mapping(
            FunctionName="shop-dev-work", EventSourceArn=f"{ARN}:work", BatchSize=10
        )["UUID"]
        found.append(refusal(api.update_event_source_mapping, UUID=uuid, **members))

    for status, given, words in found:
        assert status == 400
        assert given.startswith(code)
        assert text in words


def test_a_queue_must_hide_messages_as_long_as_the_function_may_take(pelton: LocalPelton, api: Any) -> None:
    make_queue(pelton, "hasty", VisibilityTimeout="2")

    found = refusal(api.create_event_source_mapping, FunctionName="shop-dev-work", EventSourceArn=f"{ARN}:hasty")

    assert found == (
        400,
        "InvalidParameterValueException",
        "Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds",
    )


def test_the_same_pair_twice_is_a_conflict(pelton: LocalPelton, api: Any) -> None:
    uuid = bind(pelton)["UUID"]

    status, code, text = refusal(
        api.create_event_source_mapping, FunctionName="shop-dev-work", EventSourceArn=f"{ARN}:work"
    )

    assert (status, code) == (409, "ResourceConflictException")
    assert text.endswith(f"mapping with UUID {uuid}")
