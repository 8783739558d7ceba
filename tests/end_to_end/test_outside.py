"""What comes from outside: Amazon's own clients, foreign web pages, a vendor's account of the user's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.recording import recording_project
from tests.end_to_end.running import SIGNUP, Up, http


def aws(up: Up, *arguments: str) -> str:
    """Run Amazon's command line against the AWS endpoint; what it prints."""
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}
    command = [str(Path(sys.executable).with_name("aws")), *arguments, "--endpoint-url", up.aws]
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | keys, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_aws_command_line_reads_the_stream_and_invokes_a_function(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    with Up(project, tmp_path / "data", "--no-watch") as up:
        aws(up, "dynamodb", "put-item", "--table-name", "things", "--item", '{"id": {"S": "a"}, "n": {"N": "1"}}')
        arn = json.loads(aws(up, "dynamodbstreams", "list-streams"))["Streams"][0]["StreamArn"]
        shard = json.loads(aws(up, "dynamodbstreams", "describe-stream", "--stream-arn", arn))
        shard_id = shard["StreamDescription"]["Shards"][0]["ShardId"]
        place = ("--stream-arn", arn, "--shard-id", shard_id, "--shard-iterator-type", "TRIM_HORIZON")
        iterator = json.loads(aws(up, "dynamodbstreams", "get-shard-iterator", *place))["ShardIterator"]
        records = json.loads(aws(up, "dynamodbstreams", "get-records", "--shard-iterator", iterator))["Records"]

        answer = tmp_path / "answer.json"
        name = up.client("lambda").list_functions()["Functions"][0]["FunctionName"]
        payload = ("--payload", '{"Records": []}')
        invoked = json.loads(aws(up, "lambda", "invoke", "--function-name", name, *payload, str(answer)))

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
