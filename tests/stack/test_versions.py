"""Versions, aliases, reserved concurrency, permissions and tags, by boto3."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pelton.testing import LocalPelton

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


def code(answer: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "app.py",
            "import os\n"
            "def handler(event, context):\n"
            f"    return [{answer!r}, context.function_version, context.invoked_function_arn.split(':', 6)[6],"
            " os.environ['AWS_LAMBDA_FUNCTION_VERSION']]",
        )
    return content.getvalue()


@pytest.fixture
def functions() -> Iterator[Any]:
    with LocalPelton() as pelton:
        client = pelton.client("lambda")
        create(client)
        yield client


def create(client: Any, **more: Any) -> Any:
    role = "arn:aws:iam::000000000000:role/r"
    settings = {"FunctionName": "f", "Runtime": "python3.12", "Role": role, "Handler": "app.handler"}
    return client.create_function(**{**settings, "Code": {"ZipFile": code("one")}, **more})


def answer(client: Any, name: str, **more: Any) -> Any:
    return json.loads(client.invoke(FunctionName=name, **more)["Payload"].read())


def refused(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_version_keeps_the_code_and_settings_it_was_published_with(functions: Any) -> None:
    published = functions.publish_version(FunctionName="f", Description="first")
    functions.update_function_code(FunctionName="f", ZipFile=code("two"))
    functions.update_function_configuration(FunctionName="f", Timeout=9)

    assert (published["Version"], published["FunctionArn"]) == ("1", f"{ARN}:1")
    assert answer(functions, "f") == ["two", "$LATEST", "f", "$LATEST"]
    assert answer(functions, "f", Qualifier="1") == ["one", "1", "f:1", "1"]
    assert functions.invoke(FunctionName="f:1")["ExecutedVersion"] == "1"
    assert functions.get_function_configuration(FunctionName="f", Qualifier="1")["Timeout"] == 3
    assert functions.get_function(FunctionName="f:1")["Configuration"]["Description"] == "first"


def test_nothing_changed_means_no_new_version(functions: Any) -> None:
    first = functions.publish_version(FunctionName="f")
    again = functions.publish_version(FunctionName="f")
    functions.update_function_code(FunctionName="f", ZipFile=code("two"), Publish=True)

    versions = functions.list_versions_by_function(FunctionName="f")["Versions"]

    assert first["RevisionId"] == again["RevisionId"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2"]
    assert versions[0]["FunctionArn"] == f"{ARN}:$LATEST"


def test_a_number_is_never_given_twice(functions: Any) -> None:
    functions.publish_version(FunctionName="f")
    functions.delete_function(FunctionName="f", Qualifier="1")

    assert functions.publish_version(FunctionName="f")["Version"] == "2"
    assert refused(functions.invoke, FunctionName="f:1")[1] == f"Function not found: {ARN}:1"


def test_a_new_function_may_be_published_at_once(functions: Any) -> None:
    assert create(functions, FunctionName="g", Publish=True)["Version"] == "1"


def test_publishing_may_insist_on_code_and_revision(functions: Any) -> None:
    own = functions.get_function_configuration(FunctionName="f")["CodeSha256"]

    assert refused(functions.publish_version, FunctionName="f", CodeSha256="other") == (
        "InvalidParameterValueException",
        (
            f"CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({own}). "
            "Please try again with the CodeSHA256 in $LATEST."
        ),
    )
    assert refused(functions.publish_version, FunctionName="f", RevisionId="r")[0] == "PreconditionFailedException"


def test_an_alias_leads_to_a_version_and_can_be_moved(functions: Any) -> None:
    functions.publish_version(FunctionName="f")
    functions.update_function_code(FunctionName="f", ZipFile=code("two"), Publish=True)
    made = functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    before = answer(functions, "f", Qualifier="live")

    moved = functions.update_alias(FunctionName="f", Name="live", FunctionVersion="2")

    assert (made["AliasArn"], made["Description"]) == (f"{ARN}:live", "")
    assert before == ["one", "1", "f:live", "1"]
    assert answer(functions, f"{ARN}:live") == ["two", "2", "f:live", "2"]
    assert moved["RevisionId"] != made["RevisionId"]
    assert [each["Name"] for each in functions.list_aliases(FunctionName="f")["Aliases"]] == ["live"]
    assert functions.list_aliases(FunctionName="f", FunctionVersion="1")["Aliases"] == []
    shown = functions.get_function(FunctionName="f", Qualifier="live")["Configuration"]
    assert (shown["Version"], shown["FunctionArn"]) == ("2", f"{ARN}:live")


def test_an_alias_may_share_its_invocations(functions: Any) -> None:
    functions.publish_version(FunctionName="f")
    functions.update_function_code(FunctionName="f", ZipFile=code("two"), Publish=True)
    routing = {"AdditionalVersionWeights": {"2": 0.3}}
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1", RoutingConfig=routing)

    shares = [answer(functions, "f:live")[0] for _ in range(200)]

    assert 30 <= shares.count("two") <= 90
    assert functions.get_alias(FunctionName="f", Name="live")["RoutingConfig"] == routing


def test_aliases_are_refused_in_lambdas_words(functions: Any) -> None:
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    create_alias, conflict = functions.create_alias, "ResourceConflictException"

    assert refused(create_alias, FunctionName="f", Name="live", FunctionVersion="1") == (
        conflict,
        f"Alias already exists: {ARN}:live",
    )
    assert refused(create_alias, FunctionName="f", Name="new", FunctionVersion="7")[1] == f"Function not found: {ARN}:7"
    assert refused(functions.get_alias, FunctionName="f", Name="new")[1] == f"Cannot find alias arn: {ARN}:new"
    assert refused(functions.delete_function, FunctionName="f", Qualifier="1")[0] == conflict
    assert refused(functions.update_alias, FunctionName="f", Name="live", RevisionId="r")[0].startswith("Precondition")

    functions.delete_alias(FunctionName="f", Name="live")
    assert refused(functions.invoke, FunctionName="f:live")[0] == "ResourceNotFoundException"


def test_versions_aliases_and_limits_outlive_a_restart(tmp_path: Path) -> None:
    with LocalPelton(data_dir=tmp_path) as first:
        client = first.client("lambda")
        create(client, Publish=True)
        client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
        client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=7)
        client.update_function_code(FunctionName="f", ZipFile=code("two"))

    with LocalPelton(data_dir=tmp_path) as second:
        client = second.client("lambda")

        assert answer(client, "f:live")[:2] == ["one", "1"]
        assert answer(client, "f")[0] == "two"
        assert client.get_function_concurrency(FunctionName="f")["ReservedConcurrentExecutions"] == 7


def test_how_a_function_logs_outlives_a_restart(tmp_path: Path) -> None:
    as_json = {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "WARN"}
    with LocalPelton(data_dir=tmp_path) as first:
        client = first.client("lambda")
        assert create(client)["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}
        client.update_function_configuration(FunctionName="f", LoggingConfig=as_json)
        client.update_function_configuration(FunctionName="f", Timeout=9)
        code_, _ = refused(
            client.update_function_configuration,
            FunctionName="f",
            LoggingConfig={"LogFormat": "Text", "SystemLogLevel": "INFO"},
        )
        assert code_ == "InvalidParameterValueException"

    with LocalPelton(data_dir=tmp_path) as second:
        shown = second.client("lambda").get_function_configuration(FunctionName="f")

        assert shown["LoggingConfig"] == {**as_json, "LogGroup": "/aws/lambda/f"}


def test_what_is_reserved_for_nobody_lets_nobody_in(functions: Any) -> None:
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)

    with pytest.raises(ClientError) as caught:
        functions.invoke(FunctionName="f")

    answer_ = caught.value.response
    assert answer_["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer_["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert answer_["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert functions.get_function(FunctionName="f")["Concurrency"] == {"ReservedConcurrentExecutions": 0}

    functions.delete_function_concurrency(FunctionName="f")
    assert answer(functions, "f")[0] == "one"
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName="f")


def test_an_account_keeps_a_hundred_unreserved(functions: Any) -> None:
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=900)
    limits = functions.get_account_settings()

    assert limits["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    assert limits["AccountUsage"]["FunctionCount"] == 1
    assert (
        "below its minimum value of [100]"
        in refused(functions.put_function_concurrency, FunctionName="f", ReservedConcurrentExecutions=901)[1]
    )


def test_permissions_are_kept_and_shown(functions: Any) -> None:
    added = functions.add_permission(
        FunctionName="f",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::bucket",
        SourceAccount="123456789012",
    )
    again = refused(
        functions.add_permission, FunctionName="f", StatementId="s3", Action="lambda:InvokeFunction", Principal="*"
    )
    policy = json.loads(functions.get_policy(FunctionName="f")["Policy"])
    functions.remove_permission(FunctionName="f", StatementId="s3")

    assert json.loads(added["Statement"]) == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": "123456789012"},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
        },
    }
    assert again[0] == "ResourceConflictException"
    assert (policy["Id"], [each["Sid"] for each in policy["Statement"]]) == ("default", ["s3"])
    assert refused(functions.get_policy, FunctionName="f")[1] == "The resource you requested does not exist."
    assert refused(functions.remove_permission, FunctionName="f", StatementId="s3")[0] == "ResourceNotFoundException"


def test_tags_are_changed_and_shown(functions: Any) -> None:
    create(functions, FunctionName="g", Tags={"a": "1", "b": "2"})
    arn = ARN[:-1] + "g"
    functions.tag_resource(Resource=arn, Tags={"c": "3"})
    functions.untag_resource(Resource=arn, TagKeys=["a"])

    assert functions.list_tags(Resource=arn)["Tags"] == {"b": "2", "c": "3"}
    assert functions.get_function(FunctionName="g")["Tags"] == {"b": "2", "c": "3"}
    assert refused(functions.list_tags, Resource=ARN + "nobody")[0] == "ResourceNotFoundException"


def test_a_stream_can_be_mapped_to_an_alias() -> None:
    with LocalPelton() as pelton:
        client, tables = pelton.client("lambda"), pelton.client("dynamodb")
        create(client, Publish=True)
        client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
        table = tables.create_table(
            TableName="orders",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]
        stream = table["LatestStreamArn"]
        client.create_event_source_mapping(
            FunctionName="f:live", EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
        )
        outcomes: list[str] = []
        pelton.core.functions.on_outcome(lambda _, outcome: outcomes.append(outcome.payload.decode()))

        tables.put_item(TableName="orders", Item={"id": {"S": "a"}})
        pelton.settle()

    assert [json.loads(outcome)[:3] for outcome in outcomes] == [["one", "1", "f:live"]]


def test_features_that_nobody_uses_answer_so(functions: Any) -> None:
    functions.publish_version(FunctionName="f")

    assert functions.get_function_code_signing_config(FunctionName="f")["CodeSigningConfigArn"] == ""
    assert functions.get_function_recursion_config(FunctionName="f")["RecursiveLoop"] == "Allow"
    assert functions.get_runtime_management_config(FunctionName="f")["FunctionArn"] == f"{ARN}:$LATEST"
    assert functions.list_provisioned_concurrency_configs(FunctionName="f")["ProvisionedConcurrencyConfigs"] == []
    assert functions.list_layers()["Layers"] == functions.list_code_signing_configs()["CodeSigningConfigs"] == []
    assert refused(functions.get_provisioned_concurrency_config, FunctionName="f", Qualifier="1") == (
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    )
    assert refused(functions.get_function_recursion_config, FunctionName="g")[0] == "ResourceNotFoundException"
