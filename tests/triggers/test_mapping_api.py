"""The event source mapping operations: boto3 against a Pelton in one thread."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pelton.stack.events import Event
from pelton.storage.failures import failures
from pelton.storage.mappings import mapping_versions
from pelton.testing import LocalPelton
from pelton.testing.wire import ENDPOINT

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  index: {handler: handlers.index}
  mail: {handler: handlers.index}
"""
ARN = "arn:aws:lambda:us-east-1:000000000000:function:shop-dev-index"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def pelton(tmp_path: Path) -> Iterator[LocalPelton]:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "handlers.py").write_text("def index(event, context):\n    return None\n")
    with LocalPelton(tmp_path, data_dir=tmp_path / "data") as local:
        yield local


@pytest.fixture
def api(pelton: LocalPelton) -> Any:
    """A client that sends what botocore itself would refuse."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return pelton._clients.session().client("lambda", endpoint_url=ENDPOINT, config=config)


@pytest.fixture
def stream(pelton: LocalPelton) -> str:
    return make_stream(pelton, "orders")


def make_stream(pelton: LocalPelton, table: str) -> str:
    made = pelton.client("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    arn: str = made["TableDescription"]["LatestStreamArn"]
    return arn


def create(api: Any, stream: str, **members: Any) -> dict[str, Any]:
    asked = {"FunctionName": "shop-dev-index", "EventSourceArn": stream, "StartingPosition": "TRIM_HORIZON", **members}
    answer: dict[str, Any] = api.create_event_source_mapping(
        **{name: value for name, value in asked.items() if value is not None}
    )
    return answer


def refusal(call: Any, *given: Any, **members: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(*given, **members)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def test_a_new_mapping_has_the_recorded_defaults(api: Any, stream: str) -> None:
    made = create(api, stream)
    metadata, modified = made.pop("ResponseMetadata"), made.pop("LastModified")
    uuid = made.pop("UUID")

    assert metadata["HTTPStatusCode"] == 202
    assert modified.timestamp() == 1_761_000_000
    assert made == {
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}",
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "StartingPosition": "TRIM_HORIZON",
        "EventSourceArn": stream,
        "FunctionArn": ARN,
        "LastProcessingResult": "No records processed",
        "State": "Creating",
        "StateTransitionReason": "User action",
        "DestinationConfig": {"OnFailure": {}},
        "MaximumRecordAgeInSeconds": -1,
        "BisectBatchOnFunctionError": False,
        "MaximumRetryAttempts": -1,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
    }


def test_a_mapping_goes_through_its_states(pelton: LocalPelton, api: Any, stream: str) -> None:
    uuid = create(api, stream)["UUID"]
    assert api.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"

    assert api.update_event_source_mapping(UUID=uuid, BatchSize=5)["State"] == "Updating"
    assert api.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    assert api.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert api.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    assert api.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    assert api.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert refusal(api.get_event_source_mapping, UUID=uuid)[0] == 404


def test_a_mapping_made_disabled_does_nothing_until_it_is_enabled(pelton: LocalPelton, api: Any, stream: str) -> None:
    uuid = create(api, stream, Enabled=False)["UUID"]
    pelton.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "a"}})
    pelton.settle()
    assert api.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "No records processed"

    api.update_event_source_mapping(UUID=uuid, Enabled=True)
    pelton.settle()

    assert api.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "OK"


def test_an_update_changes_what_it_names_and_keeps_the_rest(api: Any, stream: str) -> None:
    pattern = '{"eventName":["INSERT"]}'
    uuid = create(api, stream, BatchSize=7, FilterCriteria={"Filters": [{"Pattern": pattern}]})["UUID"]

    changed = api.update_event_source_mapping(UUID=uuid, MaximumRetryAttempts=0, FunctionName="shop-dev-mail")
    cleared = api.update_event_source_mapping(UUID=uuid, FilterCriteria={})

    assert (changed["BatchSize"], changed["MaximumRetryAttempts"]) == (7, 0)
    assert changed["FilterCriteria"] == {"Filters": [{"Pattern": pattern}]}
    assert changed["FunctionArn"].endswith(":shop-dev-mail")
    assert "FilterCriteria" not in cleared


def test_every_version_is_kept_with_the_position_from_which_it_held(pelton: LocalPelton, api: Any, stream: str) -> None:
    uuid = create(api, stream)["UUID"]
    pelton.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "a"}})
    tip = pelton.core.tip()
    api.update_event_source_mapping(UUID=uuid, BatchSize=5)
    api.update_event_source_mapping(UUID=uuid, BatchSize=5)  # The same again makes no version.
    api.delete_event_source_mapping(UUID=uuid)

    with pelton.core.storage.snapshot() as snapshot:
        versions = mapping_versions(snapshot, uuid)

    assert [(each.version, each.definition["settings"]["batch_size"]) for each in versions] == [(1, 100), (2, 5)]
    assert [each.since for each in versions] == [tip - 1, tip]


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("shop-dev-index", ARN),
        ("000000000000:function:shop-dev-index", ARN),
        (ARN, ARN),
        ("shop-dev-index:$LATEST", f"{ARN}:$LATEST"),
        (f"{ARN}:$LATEST", f"{ARN}:$LATEST"),
    ],
)
def test_a_function_is_named_in_every_form(api: Any, stream: str, name: str, arn: str) -> None:
    made = create(api, stream, FunctionName=name)

    assert made["FunctionArn"] == arn
    (listed,) = api.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert listed["UUID"] == made["UUID"]


def test_mappings_are_listed_by_function_and_source_and_page(pelton: LocalPelton, api: Any, stream: str) -> None:
    other = make_stream(pelton, "people")
    made = [
        create(api, source, FunctionName=function)["UUID"]
        for source in (stream, other)
        for function in ("shop-dev-index", "shop-dev-mail")
    ]

    def listed(**members: Any) -> set[str]:
        return {each["UUID"] for each in api.list_event_source_mappings(**members)["EventSourceMappings"]}

    first = api.list_event_source_mappings(MaxItems=3)
    rest = api.list_event_source_mappings(MaxItems=3, Marker=first["NextMarker"])

    assert listed() == set(made)
    assert listed(FunctionName="shop-dev-index") == {made[0], made[2]}
    assert listed(EventSourceArn=other) == {made[2], made[3]}
    assert listed(FunctionName="shop-dev-mail", EventSourceArn=stream) == {made[1]}
    assert listed(FunctionName="nobody") == set()
    assert [len(first["EventSourceMappings"]), len(rest["EventSourceMappings"])] == [3, 1]
    assert "NextMarker" not in rest
    assert refusal(api.list_event_source_mappings, Marker="%%")[1] == "InvalidParameterValueException"
    assert refusal(api.list_event_source_mappings, MaxItems=0)[1] == "ValidationException"


def test_a_pair_of_function_and_source_is_mapped_once(api: Any, stream: str) -> None:
    uuid = create(api, stream)["UUID"]
    other = create(api, stream, FunctionName="shop-dev-mail")["UUID"]
    text = (
        f'The event source arn (" {stream} ") and function (" shop-dev-index ") provided mapping already exists. '
        f"Please update or delete the existing mapping with UUID {uuid}"
    )

    assert refusal(create, api, stream) == (409, "ResourceConflictException", text)
    assert refusal(api.update_event_source_mapping, UUID=other, FunctionName="shop-dev-index") == (
        409,
        "ResourceConflictException",
        text,
    )


def test_a_mapping_stays_when_its_table_and_function_go(pelton: LocalPelton, api: Any, stream: str) -> None:
    uuid = create(api, stream)["UUID"]
    pelton.client("dynamodb").delete_table(TableName="orders")
    pelton.settle()

    assert api.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"


def test_a_function_that_is_gone_uses_up_no_retry_and_its_mapping_stays(
    pelton: LocalPelton, api: Any, stream: str
) -> None:
    code = {"ZipFile": _archive("handlers.py", "def index(event, context): pass\n")}
    made = {"Runtime": "python3.12", "Role": "arn:aws:iam::000000000000:role/any", "Handler": "handlers.index"}
    api.create_function(FunctionName="gone", Code=code, **made)
    uuid = create(api, stream, FunctionName="gone", MaximumRetryAttempts=0)["UUID"]
    api.delete_function(FunctionName="gone")
    pelton.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "a"}})

    pelton.advance(3600)

    assert api.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    with pelton.core.storage.snapshot() as snapshot:
        assert failures(snapshot) == []
    (status,) = pelton.core.triggers.status()
    assert (status.lag_records, status.state) == (1, "waiting")


def _archive(name: str, text: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, text)
    return held.getvalue()


def test_tags_of_a_mapping_are_listed_added_and_removed(api: Any, stream: str) -> None:
    made = create(api, stream, Tags={"team": "shop", "old": "1"})
    arn = made["EventSourceMappingArn"]

    api.tag_resource(Resource=arn, Tags={"team": "mail", "new": "2"})
    api.untag_resource(Resource=arn, TagKeys=["old", "absent"])

    assert api.list_tags(Resource=arn)["Tags"] == {"team": "mail", "new": "2"}
    gone = arn[:-36] + UNKNOWN
    for call, members in (
        (api.list_tags, {}),
        (api.tag_resource, {"Tags": {}}),
        (api.untag_resource, {"TagKeys": ["x"]}),
    ):
        text = f"Event source mapping not found: {gone}"
        assert refusal(call, Resource=gone, **members) == (404, "ResourceNotFoundException", text)
    many = {str(number): "" for number in range(50)}
    assert refusal(api.tag_resource, Resource=arn, Tags=many)[1] == INVALID


def test_metrics_that_are_asked_for_are_kept_and_counted(pelton: LocalPelton, api: Any, stream: str) -> None:
    made = create(api, stream, MetricsConfig={"Metrics": ["EventCount"]}, **filters('{"eventName":["INSERT"]}'))
    table = pelton.client("dynamodb")
    table.put_item(TableName="orders", Item={"id": {"S": "a"}})
    table.delete_item(TableName="orders", Key={"id": {"S": "a"}})
    pelton.settle()

    assert api.get_event_source_mapping(UUID=made["UUID"])["MetricsConfig"] == {"Metrics": ["EventCount"]}
    counts = pelton.core.triggers.counts[made["UUID"]]
    assert (counts.polled, counts.filtered_out, counts.invoked, counts.failed_invoke) == (2, 1, 1, 0)
    changed = api.update_event_source_mapping(UUID=made["UUID"], MetricsConfig={"Metrics": []})
    assert "MetricsConfig" not in changed


def test_why_a_filter_is_refused_is_told_where_the_service_says_nothing(
    pelton: LocalPelton, api: Any, stream: str
) -> None:
    told: list[Event] = []
    pelton.core.events.listen(told.append)

    refusal(create, api, stream, **filters('{"eventName":"INSERT"}'))

    assert '"eventName" must be an object or an array' in told[-1].text


@pytest.mark.parametrize("operation", ["get", "update", "delete"])
def test_an_unknown_mapping_is_not_found(api: Any, operation: str) -> None:
    call = getattr(api, f"{operation}_event_source_mapping")

    assert refusal(call, UUID=UNKNOWN) == (
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


INVALID, VALIDATION = "InvalidParameterValueException", "ValidationException"
DETECTED = "1 validation error detected: "


def filters(pattern: str) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": pattern}]}}


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"EventSourceArn": None}, INVALID, "Unrecognized event source."),
    ({"EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}, INVALID, "Unrecognized event source."),
    ({"FunctionName": "nobody"}, INVALID, "Function does not exist"),
    ({"FunctionName": "shop-dev-index:prod"}, INVALID, "Function does not exist"),
    (
        {"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}}},
        INVALID,
        "Unsupported DestinationConfig parameter for given event source mapping type.",
    ),
    (
        {"StartingPosition": None},
        INVALID,
        f"{DETECTED}Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    ),
    (
        {"StartingPosition": "invalid"},
        VALIDATION,
        (
            f"{DETECTED}Value 'invalid' at 'startingPosition' failed to satisfy constraint: "
            "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
        ),
    ),
    ({"StartingPosition": "AT_TIMESTAMP"}, INVALID, "Unsupported starting position for arn type: "),
    ({"BatchSize": 0}, VALIDATION, "Value '0' at 'batchSize' failed to satisfy constraint: Member must have value gr"),
    ({"BatchSize": 10_001}, VALIDATION, "less than or equal to 10000"),
    ({"MaximumBatchingWindowInSeconds": -1}, VALIDATION, "greater than or equal to 0"),
    ({"MaximumBatchingWindowInSeconds": 301}, VALIDATION, "less than or equal to 300"),
    ({"MaximumBatchingWindowInSeconds": "5"}, "SerializationException", "STRING_VALUE cannot be converted to Integer"),
    ({"ParallelizationFactor": 0}, VALIDATION, "greater than or equal to 1"),
    ({"ParallelizationFactor": 11}, VALIDATION, "less than or equal to 10"),
    ({"MaximumRetryAttempts": -2}, VALIDATION, "greater than or equal to -1"),
    ({"MaximumRetryAttempts": 10_001}, VALIDATION, "less than or equal to 10000"),
    ({"MaximumRecordAgeInSeconds": -2}, VALIDATION, "greater than or equal to -1"),
    ({"MaximumRecordAgeInSeconds": 0}, INVALID, "must be -1, or between 60 and 604800."),
    ({"MaximumRecordAgeInSeconds": 59}, INVALID, "must be -1, or between 60 and 604800."),
    ({"MaximumRecordAgeInSeconds": 604_801}, VALIDATION, "less than or equal to 604800"),
    ({"TumblingWindowInSeconds": -1}, VALIDATION, "greater than or equal to 0"),
    ({"TumblingWindowInSeconds": 901}, VALIDATION, "less than or equal to 900"),
    ({"FunctionResponseTypes": ["Everything"]}, VALIDATION, "ReportBatchItemFailures"),
    ({"ScalingConfig": {"MaximumConcurrency": 2}}, INVALID, "ScalingConfig is not supported for DynamoDB streams."),
    (
        {"ProvisionedPollerConfig": {"MinimumPollers": 2}},
        INVALID,
        "ProvisionedPollerConfig is not supported for DynamoDB streams.",
    ),
    ({"MetricsConfig": {"Metrics": ["KafkaMetrics"]}}, INVALID, "KafkaMetrics is not supported for DynamoDB streams"),
    (filters("x" * 4097), VALIDATION, "Member must have length less than or equal to 4096"),
    ({"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"}, INVALID, "KMSKeyArn is not supported by Pelton"),
    (filters("not JSON"), INVALID, "Invalid filter pattern definition."),
    (filters("[]"), INVALID, "Invalid filter pattern definition."),
    (filters('{"eventName":"INSERT"}'), INVALID, "Invalid filter pattern definition."),
    (filters('{"eventName":[]}'), INVALID, "Invalid filter pattern definition."),
    (filters('{"eventName":[{"like":"x"}]}'), INVALID, "Invalid filter pattern definition."),
    (filters('{"a":[{"numeric":["<","x"]}]}'), INVALID, "Invalid filter pattern definition."),
    (filters('{"a":[{"numeric":5}]}'), INVALID, "Invalid filter pattern definition."),
    (filters('{"a":[{"anything-but":[null]}]}'), INVALID, "Invalid filter pattern definition."),
    (filters('{"a":[{"prefix":5}]}'), INVALID, "Invalid filter pattern definition."),
    (filters('{"a":[{"exists":"yes"}]}'), INVALID, "Invalid filter pattern definition."),
    (filters('{"a":[{"wildcard":"a**b"}]}'), INVALID, "Invalid filter pattern definition."),
]


def test_every_rule_of_a_new_mapping_is_kept(api: Any, stream: str) -> None:
    found = [(members, refusal(create, api, stream, **members)) for members, _, _ in REFUSED]

    for (members, (status, code, text)), (_, expected_code, expected_text) in zip(found, REFUSED, strict=True):
        assert (status, code) == (400, expected_code), members
        assert expected_text in text, members
    assert api.list_event_source_mappings()["EventSourceMappings"] == []


def test_every_rule_of_a_change_is_kept(api: Any, stream: str) -> None:
    uuid = create(api, stream)["UUID"]
    of_creation = ("EventSourceArn", "StartingPosition")

    for members, expected_code, expected_text in REFUSED:
        if not members.keys() & set(of_creation):
            _, code, text = refusal(api.update_event_source_mapping, UUID=uuid, **members)
            assert code == expected_code, members
            assert expected_text in text, members
    assert api.get_event_source_mapping(UUID=uuid)["BatchSize"] == 100


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("BatchSize", (1, 10_000)),
        ("MaximumBatchingWindowInSeconds", (0, 300)),
        ("ParallelizationFactor", (1, 10)),
        ("MaximumRetryAttempts", (-1, 0, 10_000)),
        ("MaximumRecordAgeInSeconds", (-1, 60, 604_800)),
        ("TumblingWindowInSeconds", (0, 900)),
    ],
)
def test_the_ends_of_every_range_are_taken(api: Any, stream: str, name: str, values: tuple[int, ...]) -> None:
    uuid = create(api, stream, Enabled=False, **{name: values[-1]})["UUID"]

    for value in values:
        assert api.update_event_source_mapping(UUID=uuid, **{name: value})[name] == value


def test_an_unknown_stream_is_refused(api: Any, stream: str) -> None:
    gone = stream.replace("orders", "nothing")

    assert refusal(create, api, gone) == (400, INVALID, f"Stream not found: {gone}")
    elsewhere = stream.replace("us-east-1", "eu-west-1")
    assert refusal(create, api, elsewhere)[2] == f"Stream not found: {elsewhere}"
