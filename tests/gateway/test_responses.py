"""Tables of what functions may return, for each kind of API."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.gateway.responses import NotAResponse, http_api_answer, rest_answer

JSON = ("Content-Type", "application/json")


def rest(result: Any, binary_types: tuple[str, ...] = (), accept: str = "") -> Any:
    return rest_answer(orjson.dumps(result), binary_types, accept)


@pytest.mark.parametrize(
    ("result", "status", "body"),
    [
        ({"statusCode": 201, "body": "x"}, 201, b"x"),
        ({"statusCode": "201", "body": "x"}, 201, b"x"),
        ({"headers": {"a": "b"}}, 200, b""),  # no key is mandatory
        ({}, 200, b""),
        ({"statusCode": 204, "body": None, "headers": None}, 204, b""),
        ({"statusCode": 200, "body": "aGk=", "isBase64Encoded": True}, 200, b"aGk="),  # no binary types: not decoded
    ],
)
def test_what_a_rest_api_takes(result: Any, status: int, body: bytes) -> None:
    answer = rest(result)

    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"statusCode": 200, "cookies": []}, "the key cookies is not allowed"),
        ({"statusCode": "test"}, "statusCode is a string"),
        ({"statusCode": 0}, "statusCode is 0"),
        ({"statusCode": 200.5}, "statusCode is a number"),
        ({"statusCode": True}, "statusCode is a boolean"),
        ({"body": {"a": 1}}, "body is an object instead of a string (use json.dumps)"),
        ({"headers": []}, "headers is a list"),
        ({"headers": {"a": {}}}, "headers.a is an object"),
        ({"headers": {"a": "x\r\nset-cookie: y"}}, "headers.a holds a line break"),
        ({"headers": {"a b": "x"}}, "cannot be the name of a header"),
        ({"multiValueHeaders": {"a": "b"}}, "multiValueHeaders.a is a string instead of a list"),
        ({"isBase64Encoded": "yes"}, "isBase64Encoded is a string"),
        ("text", "returned a string"),
        ([], "returned a list"),
        (None, "returned null"),
    ],
)
def test_what_a_rest_api_refuses_it_names(result: Any, reason: str) -> None:
    with pytest.raises(NotAResponse) as caught:
        rest(result)

    assert reason in str(caught.value)


def test_rest_headers_merge_with_multiple_values_first_and_in_their_spelling() -> None:
    answer = rest(
        {
            "headers": {"x-one": "3", "flag": True, "n": 5},
            "multiValueHeaders": {"X-One": ["1", "2"], "Set-Cookie": ["a=1", "b=2"]},
        }
    )

    assert answer.headers == (
        *(("X-One", "1"), ("X-One", "2"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-One", "3")),
        *(("flag", "true"), ("n", "5"), JSON),
    )


@pytest.mark.parametrize(("accept", "kind"), [("image/png", "text/plain"), ("*/*", "image/png")])
def test_a_rest_api_decodes_what_its_binary_types_name(accept: str, kind: str) -> None:
    result = {"body": "aGk=", "isBase64Encoded": True, "headers": {"Content-Type": kind}}

    assert rest(result, ("image/*",), accept).body == b"hi"


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (b'{"a":1}', b'{"a":1}'),  # no status code: the payload is the body
        (b'"text"', b"text"),
        (b"12", b"12"),
        (b"[1]", b"[1]"),
        (b"null", b"null"),
        (b"not json", b"not json"),
    ],
)
def test_an_http_api_infers_a_response(payload: bytes, body: bytes) -> None:
    answer = http_api_answer(payload, "2.0")

    assert (answer.status, answer.headers, answer.body) == (200, (("content-type", "application/json"),), body)


def test_an_http_api_takes_a_whole_response_and_ignores_other_keys() -> None:
    result = {
        "statusCode": "201",
        "headers": {"x": "1"},
        "cookies": ["a=1", "b=2"],
        "body": "aGk=",
        "isBase64Encoded": True,
        "more": {},
    }

    answer = http_api_answer(orjson.dumps(result), "2.0")

    assert (answer.status, answer.body) == (201, b"hi")
    assert answer.headers == (
        *(("x", "1"), ("content-type", "text/plain; charset=utf-8")),
        *(("set-cookie", "a=1"), ("set-cookie", "b=2")),
    )


@pytest.mark.parametrize(
    "result", [{"statusCode": "x"}, {"statusCode": 0}, {"statusCode": 1.5}, {"statusCode": 200, "body": {}}]
)
def test_an_http_api_refuses_a_wrong_status_or_body(result: Any) -> None:
    with pytest.raises(NotAResponse):
        http_api_answer(orjson.dumps(result), "2.0")


def test_format_1_of_an_http_api_needs_a_status_code() -> None:
    with pytest.raises(NotAResponse, match="statusCode"):
        http_api_answer(b'{"body": "x"}', "1.0")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "cookies"])


@given(st.dictionaries(keys, json_values) | json_values)
def test_any_result_is_an_answer_or_named(result: Any) -> None:
    payload = orjson.dumps(result)
    for read in (
        lambda: rest_answer(payload, ("*/*",), ""),
        lambda: http_api_answer(payload, "1.0"),
        lambda: http_api_answer(payload, "2.0"),
    ):
        try:
            answer = read()
        except NotAResponse as error:
            assert str(error)
        else:
            assert 200 <= answer.status < 600
            assert all("\n" not in value and name.isascii() for name, value in answer.headers)
