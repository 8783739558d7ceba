"""InvokeWithResponseStream as boto3 reads it: chunks, then how it ended."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pelton.testing import LocalPelton

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  echo: {handler: app.echo, name: echo}
  large: {handler: app.large, name: large}
  fails: {handler: app.fails, name: fails}
"""
HANDLERS = """
def echo(event, context):
    print("echoes")
    return event

def large(event, context):
    return "x" * 200_000

def fails(event, context):
    raise ValueError("as asked")
"""


@pytest.fixture
def functions(tmp_path: Path) -> Iterator[Any]:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(HANDLERS)
    with LocalPelton(tmp_path) as pelton:
        yield pelton.client("lambda")


def streamed(functions: Any, name: str, **more: Any) -> tuple[list[bytes], dict[str, Any]]:
    answer = functions.invoke_with_response_stream(FunctionName=name, **more)
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    *chunks, complete = list(answer["EventStream"])
    return [chunk["PayloadChunk"]["Payload"] for chunk in chunks], complete["InvokeComplete"]


def test_a_result_comes_in_chunks_with_its_log(functions: Any) -> None:
    chunks, complete = streamed(functions, "echo", Payload=b'{"a": 1}', LogType="Tail")

    assert json.loads(b"".join(chunks)) == {"a": 1}
    assert b"\nechoes\n" in base64.b64decode(complete.pop("LogResult"))
    assert complete == {}


def test_a_large_result_comes_in_several(functions: Any) -> None:
    chunks, complete = streamed(functions, "large")

    assert [len(chunk) for chunk in chunks] == [65536, 65536, 65536, 200_002 - 3 * 65536]
    assert json.loads(b"".join(chunks)) == "x" * 200_000
    assert complete == {}


def test_a_failing_function_says_so_at_the_end(functions: Any) -> None:
    chunks, complete = streamed(functions, "fails")

    assert chunks == []
    assert complete["ErrorCode"] == "Unhandled"
    assert json.loads(complete["ErrorDetails"])["errorType"] == "ValueError"


def test_what_comes_before_the_stream_is_an_error_as_ever(functions: Any) -> None:
    with pytest.raises(ClientError, match="Function not found"):
        functions.invoke_with_response_stream(FunctionName="nobody")
    with pytest.raises(ClientError, match="Could not parse request body into json"):
        functions.invoke_with_response_stream(FunctionName="echo", Payload=b"{")


def test_a_dry_run_streams_nothing(functions: Any) -> None:
    answer = functions.invoke_with_response_stream(FunctionName="echo", InvocationType="DryRun")

    assert answer["StatusCode"] == 204
