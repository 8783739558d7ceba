from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pelton.functions.invocation import NotInvoked

from .requesting import Gateway, Outcome, http, http_api

REST = [http("POST", "/users")]
HTTP_API = [http_api("POST", "/users")]


def test_a_request_reaches_its_function_and_the_terminal() -> None:
    gateway = Gateway([http("POST", "/users", "create")], Outcome(b'{"statusCode": 200, "body": "{}"}'))

    reply = gateway.get("POST", "/users", body=b"{}")

    assert (reply.status, reply.body) == (200, b"{}")
    assert gateway.events[0][0] == "create"
    assert gateway.lines == [("POST /users 200 0 ms", "create", False)]
    assert reply.header("x-amzn-requestid") == gateway.events[0][1]["requestContext"]["requestId"]
    assert reply.header("content-length") == "2"


@pytest.mark.parametrize(
    ("routes", "status", "message"),
    [(REST, 403, "Missing Authentication Token"), (HTTP_API, 404, "Not Found"), ([], 404, "Not Found")],
)
def test_no_route_is_each_apis_own_error(routes: list[Any], status: int, message: str) -> None:
    reply = Gateway(routes).get("GET", "/users")

    assert (reply.status, reply.json()) == (status, {"message": message})


@pytest.mark.parametrize(
    ("routes", "status", "message"), [(REST, 502, "Internal server error"), (HTTP_API, 500, "Internal Server Error")]
)
def test_a_failing_function_is_an_internal_error_with_its_cause_on_the_terminal(
    routes: list[Any], status: int, message: str
) -> None:
    gateway = Gateway(routes, Outcome(b"{}", "Unhandled", "KeyError", "'email'"))

    reply = gateway.get("POST", "/users")

    assert (reply.status, reply.json()) == (status, {"message": message})
    assert gateway.lines == [(f"POST /users {status} 0 ms (KeyError: 'email')", "f", True)]


def test_a_wrong_result_says_which_key_was_wrong() -> None:
    gateway = Gateway(REST, Outcome(b'{"statusCode": 200, "body": {}}'))

    reply = gateway.get("POST", "/users")

    assert reply.status == 502
    assert "body is an object instead of a string (use json.dumps)" in gateway.lines[0][0]


@pytest.mark.parametrize(("routes", "status"), [(REST, 500), (HTTP_API, 503)])
def test_a_function_that_cannot_be_invoked_is_unavailable(routes: list[Any], status: int) -> None:
    async def refuse(_key: str, _event: bytes, _trace: str | None) -> Any:
        raise NotInvoked("stopping")

    gateway = Gateway(routes, invoke=refuse)

    assert gateway.get("POST", "/users").status == status
    assert "stopping" in gateway.lines[0][0]


@pytest.mark.parametrize(
    ("route", "status", "message"),
    [
        (http("GET", "/slow", timeout_s=0.01), 504, "Endpoint request timed out"),
        (http_api("GET", "/slow", timeout_s=0.01), 503, "Service Unavailable"),
    ],
)
def test_patience_ends_and_the_function_goes_on(route: Any, status: int, message: str) -> None:
    async def scenario() -> None:
        finished = asyncio.Event()
        released = asyncio.Event()

        async def slow(_key: str, _event: bytes, _trace: str | None) -> Outcome:
            await released.wait()
            finished.set()
            return Outcome()

        reply = await Gateway([route], invoke=slow).ask("GET", "/slow")
        assert (reply.status, reply.json()) == (status, {"message": message})
        released.set()
        await finished.wait()

    asyncio.run(scenario())


@pytest.mark.parametrize(("routes", "message"), [(REST, "Request Too Long"), (HTTP_API, "Request Entity Too Large")])
@pytest.mark.parametrize("headers", [{}, {"content-length": "11"}])
def test_a_body_over_the_limit_is_refused(routes: list[Any], message: str, headers: dict[str, str]) -> None:
    gateway = Gateway(routes, options={"body_bytes_max": 10})

    reply = gateway.get("POST", "/users", body=b"x" * 11, headers=headers)

    assert (reply.status, reply.json()) == (413, {"message": message})
    assert gateway.events == []


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example:3000"])
def test_a_foreign_host_is_refused(host: str) -> None:
    gateway = Gateway(REST)

    assert gateway.get("POST", "/users", host=host).status == 403
    assert gateway.events == []


@pytest.mark.parametrize("host", ["localhost:3000", "127.0.0.1", "[::1]:3000", "shop.localhost", "shop.test"])
def test_loopback_names_addresses_and_allowed_hosts_are_known(host: str) -> None:
    assert Gateway(REST, options={"allow_hosts": ("shop.test",)}).get("POST", "/users", host=host).status == 200


def test_missing_required_parameters_are_named() -> None:
    gateway = Gateway([http("GET", "/x", required=(("querystring", "q"), ("header", "X-Key")))])

    reply = gateway.get("GET", "/x")
    whole = gateway.get("GET", "/x?q=", headers={"x-key": "1"})

    assert (reply.status, reply.json()) == (400, {"message": "Missing required request parameters: [q, X-Key]"})
    assert whole.status == 200


def test_head_is_no_get_and_its_answer_has_no_body() -> None:
    assert Gateway([http("GET", "/x")]).get("HEAD", "/x").status == 403
    reply = Gateway([http("ANY", "/x")]).get("HEAD", "/x")
    assert (reply.status, reply.body, reply.header("content-length")) == (200, b"", "4")


def test_routes_win_over_files_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("page")
    (tmp_path / "config.json").write_text("file")
    gateway = Gateway([http("GET", "/config.json")], options={"site": tmp_path})

    assert gateway.get("GET", "/config.json").body == b"fine"
    assert gateway.get("GET", "/").body == b"page"
    assert gateway.get("HEAD", "/").body == b""
    assert gateway.get("POST", "/").status == 403
