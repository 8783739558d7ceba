from __future__ import annotations

from dataclasses import replace

from pelton.projects.project import Cors

from .requesting import Gateway, Outcome, http, http_api

OPEN = Cors(origins=("*",), methods=("OPTIONS", "GET", "POST"), headers=("Content-Type", "Authorization"))
ONE = Cors(
    origins=("https://shop.example",),
    methods=("GET",),
    headers=("Content-Type",),
    exposed_headers=("X-Total",),
    has_credentials=True,
    max_age_s=60,
)
PREFLIGHT = {"origin": "https://shop.example", "access-control-request-method": "POST"}


def cors_headers(reply_headers: list[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in reply_headers if name.lower().startswith("access-control-")}


def test_a_rest_path_answers_options_without_its_function() -> None:
    gateway = Gateway([http("POST", "/users", cors=OPEN), http("GET", "/users", cors=OPEN)])

    reply = gateway.get("OPTIONS", "/users", headers=PREFLIGHT)

    assert reply.status == 200
    assert cors_headers(reply.headers) == {
        "access-control-allow-origin": "*",
        "access-control-allow-headers": "Content-Type,Authorization",
        "access-control-allow-methods": "OPTIONS,GET,POST",
    }
    assert gateway.events == []


def test_a_rest_path_with_any_still_answers_options_itself() -> None:
    gateway = Gateway([http("ANY", "/v1/{proxy+}", cors=replace(OPEN, max_age_s=5, cache_control="no-store"))])

    reply = gateway.get("OPTIONS", "/dev/v1/x", headers=PREFLIGHT)

    assert gateway.events == []
    assert reply.header("access-control-max-age") == "5"
    assert reply.header("cache-control") == "no-store"


def test_an_options_route_of_its_own_wins() -> None:
    gateway = Gateway([http("POST", "/x", cors=OPEN), http("OPTIONS", "/x", "own", cors=OPEN)])

    gateway.get("OPTIONS", "/x", headers=PREFLIGHT)

    assert gateway.events[0][0] == "own"


def test_a_rest_api_leaves_the_headers_of_answers_to_the_function() -> None:
    reply = Gateway([http("GET", "/x", cors=OPEN)]).get("GET", "/x", headers={"origin": "https://shop.example"})

    assert cors_headers(reply.headers) == {}


def test_an_http_api_answers_every_preflight_itself() -> None:
    gateway = Gateway([http_api("ANY", "$default", cors=ONE)])

    reply = gateway.get("OPTIONS", "/anything", headers=PREFLIGHT)

    assert (reply.status, reply.body, gateway.events) == (204, b"", [])
    assert cors_headers(reply.headers) == {
        "access-control-allow-origin": "https://shop.example",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "X-Total",
        "access-control-allow-methods": "GET",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "60",
    }


def test_an_http_api_replaces_the_functions_own_headers() -> None:
    outcome = Outcome(b'{"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "evil", "x": "1"}}')
    gateway = Gateway([http_api("GET", "/x", cors=OPEN)], outcome)

    reply = gateway.get("GET", "/x", headers={"origin": "https://shop.example"})

    assert cors_headers(reply.headers) == {"access-control-allow-origin": "*"}
    assert reply.header("x") == "1"


def test_a_foreign_origin_gets_no_cors_headers_from_an_http_api() -> None:
    gateway = Gateway([http_api("GET", "/x", cors=ONE)])

    assert cors_headers(gateway.get("GET", "/x", headers={"origin": "https://evil.example"}).headers) == {}
    assert cors_headers(gateway.get("GET", "/x").headers) == {}


def test_errors_of_an_http_api_carry_its_cors_headers() -> None:
    reply = Gateway([http_api("GET", "/x", cors=OPEN)]).get("GET", "/y", headers={"origin": "https://shop.example"})

    assert reply.status == 404
    assert reply.header("access-control-allow-origin") == "*"


def test_options_that_is_no_preflight_goes_to_the_function() -> None:
    gateway = Gateway([http_api("ANY", "/x", cors=OPEN)])

    gateway.get("OPTIONS", "/x")

    assert len(gateway.events) == 1
