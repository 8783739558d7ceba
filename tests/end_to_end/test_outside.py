"""What comes from outside: Amazon's own clients, foreign web pages, a vendor's account of the user's own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clients.aws_shell import AwsShell, aws_shell
from tests.end_to_end.recording import recording_project
from tests.end_to_end.running import SIGNUP, Up, http


@contextmanager
def aws_of(up: Up) -> Iterator[AwsShell]:
    """Amazon's command line on the AWS endpoint."""
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}
    with aws_shell(os.environ | keys, "--endpoint-url", up.aws) as shell:
        yield shell


def test_the_aws_command_line_reads_the_stream_and_invokes_a_function(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    with Up(project, tmp_path / "data", "--no-watch") as up, aws_of(up) as aws:
        aws.answer("dynamodb", "put-item", "--table-name", "things", "--item", '{"id": {"S": "a"}, "n": {"N": "1"}}')
        arn = aws.answer("dynamodbstreams", "list-streams")["Streams"][0]["StreamArn"]
        shard = aws.answer("dynamodbstreams", "describe-stream", "--stream-arn", arn)
        shard_id = shard["StreamDescription"]["Shards"][0]["ShardId"]
        place = ("--stream-arn", arn, "--shard-id", shard_id, "--shard-iterator-type", "TRIM_HORIZON")
        iterator = aws.answer("dynamodbstreams", "get-shard-iterator", *place)["ShardIterator"]
        records = aws.answer("dynamodbstreams", "get-records", "--shard-iterator", iterator)["Records"]

        answer = tmp_path / "answer.json"
        name = up.client("lambda").list_functions()["Functions"][0]["FunctionName"]
        payload = ("--payload", '{"Records": []}')
        invoked = aws.answer("lambda", "invoke", "--function-name", name, *payload, str(answer))

    assert [record["eventName"] for record in records] == ["INSERT"]
    assert records[0]["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "n": {"N": "1"}}
    assert (invoked["StatusCode"], answer.read_text()) == (200, "null")


def test_foreign_pages_and_names_are_refused_on_every_port(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    with Up(project, tmp_path / "data", "--no-watch") as up:
        run = json.loads((tmp_path / "data" / "run.json").read_text())
        control = f"http://{run['host']}:{run['port']}/state"
        token = {"Authorization": f"Bearer {run['token']}"}

        assert http("GET", control, headers=token)[0] == 200
        assert http("GET", control)[0] in (401, 403)
        for foreign in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            assert http("POST", up.aws, {}, foreign)[0] == 403
            assert http("GET", control, headers=foreign)[0] in (401, 403)
        assert http("GET", up.application, headers={"Host": "evil.example"})[0] in (400, 403, 421)


def test_a_vendor_with_an_account_is_not_stood_in_for(tmp_path: Path) -> None:
    own = {"ALGOLIA_APP_ID": "MINE", "ALGOLIA_API_KEY": "mine", "ALGOLIA_SEARCH_KEY": "mine to show"}

    with Up(SIGNUP, tmp_path / "data", "--no-watch", environment=own) as up:
        config = up.request("GET", "/config.json")[1]

        assert "search" not in up.state["addresses"]
        assert {"crm", "chat"} <= set(up.state["addresses"])
        assert config["application_id"] == "MINE"
        assert not config.get("host")
