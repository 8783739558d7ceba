"""Function URLs: their configuration by boto3, and requests to them as the AWS port answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from pelton.server.http import HttpRequest, HttpResponse
from pelton.testing import LocalPelton

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  web:
    handler: app.web
    name: web
    url:
      cors: {allowedOrigins: ["https://shop.example"], maxAge: 60}
  private: {handler: app.web, name: private, url: {authorizer: aws_iam}}
  plain: {handler: app.web, name: plain}
"""
HANDLERS = """
def web(event, context):
    if event["rawPath"] == "/fail":
        raise ValueError("no")
    if event["rawPath"] == "/made":
        return {"statusCode": 201, "headers": {"X-Own": "a"}, "cookies": ["c=1"], "body": "made"}
    return event
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(HANDLERS)
    return tmp_path


def ask(
    pelton: LocalPelton, url: str, method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(url)
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    request = HttpRequest(method.encode(), parts.path.encode(), parts.query.encode(), named, body)
    answers: list[HttpResponse] = []
    pelton._dispatcher.dispatch(request, answers.append)
    (answer,) = answers
    return answer.status, {name.decode().lower(): value.decode() for name, value in answer.headers}, answer.body


def url_of(pelton: LocalPelton, name: str) -> str:
    url: str = pelton.client("lambda").get_function_url_config(FunctionName=name)["FunctionUrl"]
    return url


def test_a_request_is_an_event_of_format_two(project: Path) -> None:
    with LocalPelton(project) as pelton:
        url = url_of(pelton, "web")
        status, headers, body = ask(pelton, f"{url}a/b%20c?x=1&x=2", "POST", b"hello", content_type="text/plain")

    event = json.loads(body)
    context = event["requestContext"]
    identifier = url.rstrip("/").rpartition("/")[2]
    assert (status, headers["content-type"]) == (200, "application/json")
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/a/b c")
    assert (event["queryStringParameters"], event["body"]) == ({"x": "1,2"}, "hello")
    assert (context["accountId"], context["apiId"], context["stage"]) == ("anonymous", identifier, "$default")
    assert context["domainName"] == f"{identifier}.lambda-url.us-east-1.on.aws"
    assert context["http"]["method"] == "POST"


def test_answers_are_mapped_and_failures_told(project: Path) -> None:
    with LocalPelton(project) as pelton:
        url = url_of(pelton, "web")
        made = ask(pelton, f"{url}made")
        failed = ask(pelton, f"{url}fail")
        pelton.core.functions.concurrency.reserve("arn:aws:lambda:us-east-1:000000000000:function:web", 0)
        throttled = ask(pelton, url)

    assert (made[0], made[1]["x-own"], made[1]["set-cookie"], made[2]) == (201, "a", "c=1", b"made")
    assert (failed[0], failed[2]) == (502, b"Internal Server Error")
    assert throttled[0] == 429


def test_cors_is_the_urls_own_affair(project: Path) -> None:
    with LocalPelton(project) as pelton:
        url = url_of(pelton, "web")
        preflight = ask(pelton, url, "OPTIONS", origin="https://shop.example", access_control_request_method="POST")
        answered = ask(pelton, url, origin="https://shop.example")
        foreign = ask(pelton, url, origin="https://other.example")

    assert (preflight[0], preflight[1]["access-control-max-age"]) == (204, "60")
    assert answered[1]["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in foreign[1]


def test_a_private_url_wants_a_signature_and_an_unknown_one_is_nowhere(project: Path) -> None:
    with LocalPelton(project) as pelton:
        url = url_of(pelton, "private")
        refused = ask(pelton, url)
        let_in = ask(pelton, url, authorization="AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/lambda/aws4_request")
        nowhere = ask(pelton, "http://127.0.0.1/_url/nobody/")

    assert (refused[0], refused[2]) == (403, b'{"Message":"Forbidden"}')
    assert "iam" in json.loads(let_in[2])["requestContext"]["authorizer"]
    assert nowhere[0] == 404


def test_urls_are_made_changed_listed_and_removed(project: Path) -> None:
    with LocalPelton(project) as pelton:
        functions = pelton.client("lambda")
        made = functions.create_function_url_config(FunctionName="plain", AuthType="NONE")
        changed = functions.update_function_url_config(FunctionName="plain", AuthType="AWS_IAM")
        listed = functions.list_function_url_configs(FunctionName="plain")["FunctionUrlConfigs"]
        again = refused(functions.create_function_url_config, FunctionName="plain", AuthType="NONE")
        streamed = refused(functions.update_function_url_config, FunctionName="plain", InvokeMode="RESPONSE_STREAM")
        functions.delete_function_url_config(FunctionName="plain")
        gone = refused(functions.get_function_url_config, FunctionName="plain")

    assert made["CreationTime"] == "2025-10-20T22:40:00.000Z"
    assert (made["InvokeMode"], changed["AuthType"], len(listed)) == ("BUFFERED", "AWS_IAM", 1)
    assert changed["FunctionUrl"] == made["FunctionUrl"]
    assert again == (
        "ResourceConflictException",
        (
            "Failed to create function url config for [functionArn = "
            "arn:aws:lambda:us-east-1:000000000000:function:plain]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        ),
    )
    assert streamed[0] == "InvalidParameterValueException"
    assert gone == ("ResourceNotFoundException", "The resource you requested does not exist.")


def refused(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
