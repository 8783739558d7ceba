from __future__ import annotations

import zlib
from typing import Any

import orjson
from dispatching import answer, dispatcher, operation, request

from pelton.errors import ResourceNotFound
from pelton.operations import Access, Operation
from pelton.server import ServerOptions


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
