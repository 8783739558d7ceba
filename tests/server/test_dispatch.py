from __future__ import annotations

import asyncio
import re
import zlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.errors import ResourceNotFound
from pelton.operations import Access, Operation, Unfinished
from pelton.server import Credential, HttpRequest, HttpResponse, ServerOptions
from tests.server.dispatching import AUTHORIZATION, InstantStorage, answer, dispatcher, operation, request


def echo(body: Any, context: Any, *given: Any) -> Any:
    return {"body": body, "region": context.region, "account": context.account, "given": list(given)}


def list_tables(decision: Any = echo, access: Access = Access.READ) -> dict[str, dict[str, Operation]]:
    return {"DynamoDB_20120810": {"ListTables": operation("ListTables", access, decision)}}


def refused(_body: Any, _context: Any, *_given: Any) -> Any:
    raise ResourceNotFound("Requested resource not found")


def test_a_read_gets_a_snapshot() -> None:
    response = answer(dispatcher(list_tables()), request())

    assert orjson.loads(response.body)["given"] == ["snapshot"]


def test_a_write_gets_the_transaction() -> None:
    response = answer(dispatcher(list_tables(access=Access.WRITE)), request())

    assert orjson.loads(response.body)["given"] == ["transaction"]


def test_the_region_comes_from_the_credential_scope() -> None:
    response = answer(dispatcher(list_tables()), request())

    assert orjson.loads(response.body)["region"] == "eu-west-1"


def test_every_response_carries_the_checksum_of_its_body() -> None:
    response = answer(dispatcher(list_tables(refused)), request())

    assert dict(response.headers)[b"x-amz-crc32"] == b"%d" % zlib.crc32(response.body)


def test_an_error_names_its_type_with_the_models_prefix() -> None:
    response = answer(dispatcher(list_tables(refused)), request())

    assert response.status == 400
    assert orjson.loads(response.body) == {
        "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        "message": "Requested resource not found",
    }


def test_a_fault_of_ours_is_logged_and_not_shown() -> None:
    log: list[str] = []
    served = dispatcher(list_tables(lambda *_: 1 / 0), ServerOptions(log=log.append))

    response = answer(served, request())

    assert response.status == 500
    assert b"ZeroDivision" not in response.body
    assert "ZeroDivisionError" in log[0]


BARE_SERIALIZATION = b'{"__type":"com.amazon.coral.service#SerializationException"}'
BARE_UNKNOWN = b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'


def error_type(response: HttpResponse) -> str:
    return str(orjson.loads(response.body)["__type"].partition("#")[2])


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        # Neither the method nor the type of body is the protocol's.
        (request()._replace(method=b"PUT"), 404, b"<UnknownOperationException/>\n"),
        (request(content_type=b"text/plain"), 404, b"<UnknownOperationException/>\n"),
        # Not JSON comes before an unknown target, and that before authentication.
        (request(b"{", b"Nothing.Here", authorization=b""), 400, BARE_SERIALIZATION),
        (request(b"{}", b"Nothing.Here", authorization=b""), 400, BARE_UNKNOWN),
        (request(b"{}", None), 400, BARE_UNKNOWN),
        (request(b"{}", b"DynamoDB_20111205.ListTables"), 400, BARE_UNKNOWN),
        # An empty body, or JSON that is no object, comes after authentication.
        (request(b""), 400, BARE_SERIALIZATION),
        (request(b"[]"), 400, BARE_SERIALIZATION),
        (request(b"[" * 5000 + b"]" * 5000), 400, BARE_SERIALIZATION),
        (request(b'{"Limit":"1"}'), 400, None),
    ],
)
def test_the_protocols_checks_come_in_the_services_order(asked: HttpRequest, status: int, body: bytes | None) -> None:
    response = answer(dispatcher(list_tables()), asked)

    assert response.status == status
    assert body is None or response.body == body


def test_two_signatures_are_refused_where_none_is_verified_too() -> None:
    response = answer(dispatcher(list_tables()), request()._replace(query=b"X-Amz-Algorithm=AWS4-HMAC-SHA256"))

    assert error_type(response) == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (request(b"", authorization=b""), "MissingAuthenticationTokenException"),
        (request(authorization=b"Bearer token"), "MissingAuthenticationTokenException"),
        (request(authorization=b"AWS4-HMAC-SHA256 Credential=a"), "IncompleteSignatureException"),
        (request(x_amz_date=b""), "IncompleteSignatureException"),
        (request(b'{"Limit":"1"}'), "SerializationException"),
        (request(b'{"Limit":1000}'), "ValidationException"),
        (request(content_encoding=b"gzip"), "SerializationException"),
    ],
)
def test_what_is_refused_names_the_services_exception(asked: HttpRequest, error: str) -> None:
    response = answer(dispatcher(list_tables()), asked)

    assert response.status == 400
    assert error_type(response) == error
    assert dict(response.headers)[b"x-amzn-errortype"] == error.encode()


def test_a_serialization_error_spells_its_text_with_a_capital() -> None:
    response = answer(dispatcher(list_tables()), request(b'{"Limit":"1"}'))

    assert orjson.loads(response.body) == {
        "__type": "com.amazon.coral.service#SerializationException",
        "Message": "STRING_VALUE cannot be converted to Integer",
    }


def test_the_header_may_be_left_out_where_that_is_allowed() -> None:
    served = dispatcher(list_tables(), ServerOptions(needs_auth_header=False))

    assert answer(served, request(authorization=b"")).status == 200


def test_a_made_up_region_is_the_default_one() -> None:
    scope = AUTHORIZATION.replace(b"eu-west-1", b"localhost")

    response = answer(dispatcher(list_tables()), request(authorization=scope))

    assert orjson.loads(response.body)["region"] == "us-east-1"


def test_with_credentials_a_made_up_signature_is_refused() -> None:
    credential = Credential(key="AKIDEXAMPLE", secret="s")
    now_ms = 1_767_225_600_000  # The date in the request.
    options = ServerOptions(credentials={credential.key: credential}, real_now_ms=lambda: now_ms)

    assert error_type(answer(dispatcher(list_tables(), options), request())) == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"application/x-amz-json-1.0", b"application/x-amz-json-1.0"),
        (b"application/json; charset=utf-8", b"application/json"),
        (b"application/x-amz-json-1.0; charset=utf-8", b"application/x-amz-json-1.0"),
    ],
)
def test_the_content_type_is_that_of_the_request(sent: bytes, answered: bytes) -> None:
    response = answer(dispatcher(list_tables()), request(content_type=sent))

    assert dict(response.headers)[b"Content-Type"] == answered


def test_a_request_id_has_52_capital_characters() -> None:
    response = answer(dispatcher(list_tables()), request())

    assert re.fullmatch(rb"[0-9A-V]{52}", dict(response.headers)[b"x-amzn-RequestId"])


def test_a_get_of_the_root_says_it_is_healthy() -> None:
    response = answer(dispatcher({}), HttpRequest(b"GET", b"/", b"", {}, b""))

    assert response.body == b"healthy: dynamodb.us-east-1.amazonaws.com "
    assert dict(response.headers)[b"x-amz-crc32"] == b"3128867991"


def test_an_operation_that_is_not_offered_is_named() -> None:
    response = answer(dispatcher(list_tables()), request(target=b"DynamoDB_20120810.ImportTable"))

    assert orjson.loads(response.body) == {
        "__type": "com.amazon.coral.service#UnknownOperationException",
        "message": "Pelton does not offer the operation ImportTable",
    }


def test_the_trace_of_the_caller_is_handed_on() -> None:
    served = dispatcher(list_tables(lambda body, context, *_: {"trace": context.trace}))

    response = answer(served, request(x_amzn_trace_id=b"Root=1-2-3"))

    assert response.body == b'{"trace":"Root=1-2-3"}'


def test_a_call_is_awaited() -> None:
    async def call(body: Any) -> Any:
        return {"called": True}

    async def run() -> list[HttpResponse]:
        replies: list[HttpResponse] = []
        served = dispatcher(list_tables(lambda body, _: call(body), Access.CALL))
        served.dispatch(request(), replies.append)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return replies

    assert [response.body for response in asyncio.run(run())] == [b'{"called":true}']


def test_long_reads_take_turns_and_let_others_between_their_pieces() -> None:
    told: list[str] = []

    def piece(name: str, left: int) -> Any:
        told.append(f"{name}{left}")
        return Unfinished(lambda _: piece(name, left - 1)) if left else {"read": name}

    async def run() -> list[bytes]:
        replies: list[HttpResponse] = []
        served = dispatcher(list_tables(lambda body, *_: piece(body["ExclusiveStartTableName"], body["Limit"])))
        served.dispatch(request(b'{"ExclusiveStartTableName":"aaa","Limit":2}'), replies.append)
        served.dispatch(request(b'{"ExclusiveStartTableName":"bbb","Limit":1}'), replies.append)
        while len(replies) < 2:
            await asyncio.sleep(0)
            told.append("other")
        return [reply.body for reply in replies]

    assert asyncio.run(run()) == [b'{"read":"bbb"}', b'{"read":"aaa"}']
    assert told == ["aaa2", "bbb1", "aaa1", "other", "bbb0", "other", "aaa0", "other"]


def test_a_long_read_that_fails_later_is_answered() -> None:
    def fail(_: Any) -> Any:
        raise ResourceNotFound("Requested resource not found")

    async def run() -> list[HttpResponse]:
        replies: list[HttpResponse] = []
        dispatcher(list_tables(lambda *_: Unfinished(fail))).dispatch(request(), replies.append)
        while not replies:
            await asyncio.sleep(0)
        return replies

    assert [error_type(response) for response in asyncio.run(run())] == ["ResourceNotFoundException"]


@pytest.mark.parametrize(
    ("service", "content_type", "start"),
    [
        (b"s3", b"", b"<Error><Code>"),
        (b"ses", b"application/x-www-form-urlencoded", b"<ErrorResponse><Error>"),
        (b"ssm", b"application/x-amz-json-1.1", b'{"__type":'),
    ],
)
def test_another_service_is_named_with_the_cure(service: bytes, content_type: bytes, start: bytes) -> None:
    scope = AUTHORIZATION.replace(b"/dynamodb/", b"/%b/" % service)

    response = answer(dispatcher({}), request(b"", None, authorization=scope, content_type=content_type))

    assert response.status == 501
    assert response.body.startswith(start)
    assert service in response.body
    assert b"pelton[aws]" in response.body


def test_another_service_is_forwarded_where_something_can_answer() -> None:
    options = ServerOptions(fallback=lambda asked, reply: reply(HttpResponse(200, (), asked.body)))
    scope = AUTHORIZATION.replace(b"/dynamodb/", b"/s3/")

    response = answer(dispatcher({}, options), request(b"object", None, authorization=scope))

    assert response.body == b"object"


@pytest.mark.parametrize(("protocol", "status"), [(b"sqs", 400), (b"lambda", 400), (b"https", 200)])
def test_a_topic_takes_no_subscriber_that_it_could_not_reach(protocol: bytes, status: int) -> None:
    options = ServerOptions(fallback=lambda asked, reply: reply(HttpResponse(200, (), asked.body)))
    scope = AUTHORIZATION.replace(b"/dynamodb/", b"/sns/")
    body = b"Action=Subscribe&Version=2010-03-31&TopicArn=t&Protocol=" + protocol + b"&Endpoint=e"

    response = answer(dispatcher({}, options), request(body, None, authorization=scope))

    assert response.status == status
    assert (b"Pelton does not deliver from topics" in response.body) == (status == 400)


printable = st.binary(max_size=30) | st.sampled_from([AUTHORIZATION, b"POST", b"gzip", b"application/json"])
NAMES = [b"host", b"content-type", b"x-amz-date", b"authorization", b"content-encoding", b"x-amzn-trace-id"]


@given(
    method=st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE"]),
    path=st.binary(max_size=20).map(lambda end: b"/" + end) | st.just(b"/2015-03-31/functions/f"),
    query=printable,
    target=st.sampled_from([b"DynamoDB_20120810.ListTables", b"DynamoDB_20120810.PutItem", b"", b"x"]) | printable,
    headers=st.dictionaries(st.sampled_from(NAMES), printable),
    body=st.binary(max_size=50) | st.sampled_from([b"{}", b'{"Limit":{}}', b'{"Limit":1e300}', b'{"\xff":1}']),
)
def test_no_request_is_a_fault_of_ours(  # Every part may be anything.
    method: bytes, path: bytes, query: bytes, target: bytes, headers: dict[bytes, bytes], body: bytes
) -> None:
    served = dispatcher({**list_tables(), "lambda": {}}, ServerOptions(needs_auth_header=False))

    response = answer(served, HttpRequest(method, path, query, {**headers, b"x-amz-target": target}, body))

    assert response.status < 500 or response.status == 501


@pytest.mark.parametrize(("waiting", "status"), [(4095, 200), (4096, 400)])
def test_writes_beyond_a_bound_are_throttled_and_reads_are_not(waiting: int, status: int) -> None:
    services = {
        "DynamoDB_20120810": {
            "PutItem": operation("PutItem", Access.WRITE, lambda *_: {}),
            "ListTables": operation("ListTables", Access.READ, lambda *_: {}),
        }
    }
    item = b'{"TableName": "things", "Item": {"id": {"S": "a"}}}'
    made = dispatcher(services, storage=InstantStorage(waiting))

    written = answer(made, request(item, b"DynamoDB_20120810.PutItem"))
    read = answer(made, request())

    assert (written.status, read.status) == (status, 200)
    if status == 400:
        assert b"com.amazon.coral.availability#ThrottlingException" in written.body
