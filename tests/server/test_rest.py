from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from pelton.errors import ResourceNotFound
from pelton.operations import Access, Operation
from pelton.server import HttpRequest, HttpResponse, ServerOptions
from tests.server.dispatching import AUTHORIZATION, answer, dispatcher, operation

SIGNED = {b"authorization": AUTHORIZATION.replace(b"/dynamodb/", b"/lambda/"), b"x-amz-date": b"20260101T000000Z"}


class FunctionNotFound(ResourceNotFound):
    status = 404


def served(name: str, decision: Any) -> dict[str, dict[str, Operation]]:
    return {"lambda": {name: operation(name, Access.READ, decision)}}


def echo(body: Any, _context: Any, _snapshot: Any) -> Any:
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in body.items()}


def asked(
    name: str, method: bytes, target: bytes, body: bytes = b"", decision: Any = echo, **headers: bytes
) -> HttpResponse:
    path, _, query = target.partition(b"?")
    given = {**SIGNED, **{key.replace("_", "-").encode(): value for key, value in headers.items()}}
    return answer(dispatcher(served(name, decision)), HttpRequest(method, path, query, given, body))


@pytest.mark.parametrize(
    ("name", "method", "target", "body", "members"),
    [
        ("GetFunction", b"GET", b"/2015-03-31/functions/f", b"", {"FunctionName": "f"}),
        # SDKs differ in trailing slashes.
        ("ListFunctions", b"GET", b"/2015-03-31/functions/", b"", {}),
        ("ListFunctions", b"GET", b"/2015-03-31/functions?MaxItems=5", b"", {"MaxItems": 5}),
        (
            "GetFunction",
            b"GET",
            b"/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af?Qualifier=%24LATEST",
            b"",
            {"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:f", "Qualifier": "$LATEST"},
        ),
        (
            "CreateEventSourceMapping",
            b"POST",
            b"/2015-03-31/event-source-mappings",
            b'{"FunctionName":"f","BatchSize":5,"Enabled":true,"Unknown":1}',
            {"FunctionName": "f", "BatchSize": 5, "Enabled": True},
        ),
        (
            "UpdateEventSourceMapping",
            b"PUT",
            b"/2015-03-31/event-source-mappings/91eaeb7e-c976-1234-9451-8709db01f137",
            b'{"BatchSize":5,"UUID":"forged"}',
            {"UUID": "91eaeb7e-c976-1234-9451-8709db01f137", "BatchSize": 5},
        ),
        (
            "UntagResource",
            b"DELETE",
            b"/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af?tagKeys=a&tagKeys=b",
            b"",
            {"Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "TagKeys": ["a", "b"]},
        ),
        (
            "ListFunctionEventInvokeConfigs",
            b"GET",
            b"/2019-09-25/functions/f/event-invoke-config/list",
            b"",
            {"FunctionName": "f"},
        ),
    ],
)
def test_members_come_from_path_query_and_body(
    name: str, method: bytes, target: bytes, body: bytes, members: dict[str, Any]
) -> None:
    seen: list[Any] = []

    asked(name, method, target, body, lambda body, *_: seen.append(body) or {})

    assert seen == [members]


def test_the_payload_of_an_invocation_stays_bytes() -> None:
    seen: list[Any] = []

    asked(
        "Invoke",
        b"POST",
        b"/2015-03-31/functions/f/invocations",
        b'{"not": "parsed',
        lambda body, *_: seen.append(body) or {},
        x_amz_invocation_type=b"Event",
        x_amz_log_type=b"Tail",
        x_amz_client_context=base64.b64encode(b"{}"),
    )

    assert seen == [
        {
            "FunctionName": "f",
            "InvocationType": "Event",
            "LogType": "Tail",
            "ClientContext": "e30=",
            "Payload": b'{"not": "parsed',
        }
    ]


def test_a_reply_goes_where_the_model_puts_its_members() -> None:
    reply = {
        "StatusCode": 200,
        "Payload": b'{"a":1}',
        "FunctionError": "Unhandled\r\nX: y",
        "ExecutedVersion": "$LATEST",
    }

    response = asked("Invoke", b"POST", b"/2015-03-31/functions/f/invocations", b"", lambda *_: reply)

    headers = dict(response.headers)
    assert (response.status, response.body) == (200, b'{"a":1}')
    assert headers[b"X-Amz-Function-Error"] == b"Unhandled X: y"
    assert headers[b"X-Amz-Executed-Version"] == b"$LATEST"


@pytest.mark.parametrize("status", [202, 204])
def test_an_operation_may_say_its_own_status(status: int) -> None:
    response = asked("Invoke", b"POST", b"/2015-03-31/functions/f/invocations", b"", lambda *_: {"StatusCode": status})

    assert (response.status, response.body) == (status, b"")


def test_a_creation_answers_with_the_models_status() -> None:
    body = b'{"FunctionName":"f","Code":{},"Role":"arn:aws:iam::000000000000:role/r"}'

    response = asked("CreateFunction", b"POST", b"/2015-03-31/functions", body)

    assert response.status == 201
    assert orjson.loads(response.body)["FunctionName"] == "f"


def test_an_error_is_told_in_both_spellings_and_the_header() -> None:
    def missing(*_: Any) -> Any:
        raise FunctionNotFound("Function not found: f")

    response = asked("GetFunction", b"GET", b"/2015-03-31/functions/f", b"", missing)

    assert response.status == 404
    assert dict(response.headers)[b"x-amzn-errortype"] == b"ResourceNotFoundException"
    assert orjson.loads(response.body) == {
        "Type": "User",
        "message": "Function not found: f",
        "Message": "Function not found: f",
    }


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "error"),
    [
        (b"GET", b"/2015-03-31/functions?MaxItems=many", b"", 400, b"SerializationException"),
        (b"GET", b"/2015-03-31/functions?MaxItems=0", b"", 400, b"ValidationException"),
        (b"POST", b"/2015-03-31/functions", b"[]", 400, b"SerializationException"),
        (b"POST", b"/2015-03-31/functions", b"{", 400, b"SerializationException"),
        (b"GET", b"/2015-03-31/nothing", b"", 404, b"UnknownOperationException"),
        # Known to the model, not offered here.
        (b"GET", b"/2015-03-31/functions/f/aliases", b"", 404, b"UnknownOperationException"),
    ],
)
def test_what_is_refused_names_its_type(method: bytes, target: bytes, body: bytes, status: int, error: bytes) -> None:
    services = {"lambda": {**served("ListFunctions", echo)["lambda"], **served("CreateFunction", echo)["lambda"]}}
    path, _, query = target.partition(b"?")

    response = answer(dispatcher(services), HttpRequest(method, path, query, SIGNED, body))

    assert (response.status, dict(response.headers)[b"x-amzn-errortype"]) == (status, error)


def test_lambda_needs_the_header_even_where_tables_do_not() -> None:
    served_all = dispatcher(served("ListFunctions", echo), ServerOptions(needs_auth_header=False))

    response = answer(served_all, HttpRequest(b"GET", b"/2015-03-31/functions", b"", {}, b""))

    assert response.status == 403
    assert dict(response.headers)[b"x-amzn-errortype"] == b"MissingAuthenticationTokenException"
