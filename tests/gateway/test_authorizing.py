"""Routes with authorizers and API keys: what is asked, what is remembered, and what a client gets."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from pelton.functions.invocation import NotInvoked
from pelton.gateway.app import GatewayOptions, gateway_app
from pelton.projects.project import Authorizer, Route
from pelton.testing.clock import ManualClock

from .requesting import Gateway, Outcome, http, http_api

HEADER = (("header", "Authorization"),)
TOKEN = Authorizer(function_key="guard", kind="TOKEN", sources=HEADER, ttl_s=300)
REQUEST = Authorizer(function_key="guard", kind="REQUEST", sources=HEADER)
SIMPLE = Authorizer(function_key="guard", kind="REQUEST", payload="2.0", sources=HEADER, is_simple=True)
LET_IN = {"headers": {"Authorization": "secret"}}


def policy(effect: str = "Allow", resource: str = "*", **rest: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, **rest}


class Guarded(Gateway):
    """A gateway whose function ``guard`` answers as it is told, and one that is kept between requests."""

    def __init__(self, route: Route, answer: Any = None, outcome: Outcome | Exception | None = None) -> None:
        super().__init__([route])
        self.said = outcome or Outcome(orjson.dumps(policy() if answer is None else answer))
        self.clock = ManualClock()
        self.invoke = self._answered
        self.options = {"api_keys": frozenset({"key-1"})}

    async def _answered(self, key: str, event: bytes, trace: str | None) -> Outcome:
        outcome = await self._invoke(key, event, trace)
        if key != "guard":
            return outcome
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    def asked(self) -> list[Any]:
        return [event for key, event, _ in self.events if key == "guard"]

    def handled(self) -> Any:
        (event,) = [event for key, event, _ in self.events if key != "guard"]
        return event


def rest(authorizer: Authorizer = TOKEN, **more: Any) -> Route:
    return http("GET", "/orders/{id}", authorizer=authorizer, **more)


def api(authorizer: Authorizer = SIMPLE, **more: Any) -> Route:
    return http_api("GET", "/orders/{id}", authorizer=authorizer, **more)


def test_a_token_authorizer_gets_the_token_and_its_context_reaches_the_function() -> None:
    gateway = Guarded(rest(), policy(context={"plan": "gold", "level": 3, "admin": True, "none": None}))

    assert gateway.get("GET", "/orders/7", **LET_IN).status == 200

    context = gateway.handled()["requestContext"]
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{context['apiId']}/dev/GET/orders/7"
    assert gateway.asked() == [{"type": "TOKEN", "authorizationToken": "secret", "methodArn": arn}]
    told = context["authorizer"]
    assert told.pop("integrationLatency") >= 0
    assert told == {"principalId": "me", "plan": "gold", "level": "3", "admin": "true"}


def test_a_request_authorizer_gets_the_request_without_its_body() -> None:
    gateway = Guarded(rest(REQUEST))

    gateway.get("GET", "/orders/7?a=1&a=2", **LET_IN)

    (asked,) = gateway.asked()
    assert asked["type"] == "REQUEST"
    assert asked["methodArn"].endswith("/dev/GET/orders/7")
    assert asked["resource"] == "/orders/{id}"
    assert asked["headers"]["Authorization"] == "secret"
    assert asked["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert asked["pathParameters"] == {"id": "7"}
    assert asked["stageVariables"] == {}
    assert not asked.keys() & {"body", "isBase64Encoded"}


def test_an_http_apis_authorizer_gets_format_2_and_answers_simply() -> None:
    gateway = Guarded(api(), {"isAuthorized": True, "context": {"roles": ["a", "b"]}})

    assert gateway.get("GET", "/orders/7?a=1", **LET_IN).status == 200

    (asked,) = gateway.asked()
    assert (asked["version"], asked["type"], asked["routeKey"]) == ("2.0", "REQUEST", "GET /orders/{id}")
    assert asked["routeArn"].endswith("/$default/GET/orders/7")
    assert asked["identitySource"] == ["secret"]
    assert asked["queryStringParameters"] == {"a": "1"}
    assert "authorizer" not in asked["requestContext"]
    assert gateway.handled()["requestContext"]["authorizer"] == {"lambda": {"roles": ["a", "b"]}}


def test_an_http_apis_authorizer_of_format_1_gets_the_token_beside_the_request() -> None:
    gateway = Guarded(api(REQUEST), policy())

    assert gateway.get("GET", "/orders/7", **LET_IN).status == 200

    (asked,) = gateway.asked()
    assert (asked["version"], asked["authorizationToken"], asked["identitySource"]) == ("1.0", "secret", "secret")


DENIED = "User is not authorized to access this resource"


@pytest.mark.parametrize(
    ("route", "answer", "status", "body"),
    [
        (rest(), policy("Deny"), 403, {"Message": f"{DENIED} with an explicit deny"}),
        (rest(), policy(resource="elsewhere"), 403, {"Message": DENIED}),
        (api(), policy("Deny"), 403, {"message": "Forbidden"}),
        (api(), {"isAuthorized": False}, 403, {"message": "Forbidden"}),
        (rest(), {"isAuthorized": True}, 500, {"message": None}),  # No policy.
        (rest(), {**policy(), "principalId": None}, 500, {"message": None}),
        (rest(), policy(context={"a": [1]}), 500, {"message": None}),
        (rest(), policy(context="a"), 500, {"message": None}),
        (rest(), [], 500, {"message": None}),
        (api(), {"isAuthorized": "yes"}, 500, {"message": "Internal Server Error"}),
        (api(REQUEST), {"isAuthorized": True}, 500, {"message": "Internal Server Error"}),  # Not enabled.
    ],
)
def test_who_is_not_let_in_never_reaches_the_function(route: Route, answer: Any, status: int, body: Any) -> None:
    gateway = Guarded(route, answer)

    reply = gateway.get("GET", "/orders/7", **LET_IN)

    assert (reply.status, reply.json()) == (status, body)
    assert [key for key, _, _ in gateway.events] == ["guard"]
    assert gateway.lines[0][2]  # It is a problem, and said so.


@pytest.mark.parametrize(
    ("outcome", "status", "line"),
    [
        (Outcome(b"{}", "Unhandled", "Exception", "Unauthorized"), 401, "the authorizer guard said so"),
        (Outcome(b"{}", "Unhandled", "KeyError", "'a'"), 500, "the authorizer guard failed: KeyError: 'a'"),
        (Outcome(b"nonsense"), 500, "no JSON"),
        (NotInvoked("no worker"), 500, "the authorizer guard was not invoked: no worker"),
    ],
)
def test_an_authorizer_that_fails_lets_nobody_in(outcome: Any, status: int, line: str) -> None:
    gateway = Guarded(rest(), outcome=outcome)

    reply = gateway.get("GET", "/orders/7", **LET_IN)

    assert (reply.status, reply.json()["message"]) == (status, "Unauthorized" if status == 401 else None)
    assert line in gateway.lines[0][0]


@pytest.mark.parametrize("route", [rest(), rest(REQUEST), api()])
@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}])
def test_without_its_identity_a_request_is_refused_unasked(route: Route, headers: dict[str, str]) -> None:
    gateway = Guarded(route)

    reply = gateway.get("GET", "/orders/7", headers=headers)

    assert (reply.status, reply.json()) == (401, {"message": "Unauthorized"})
    assert gateway.events == []


def test_a_token_that_the_expression_does_not_match_is_refused_unasked() -> None:
    bearer = Authorizer(function_key="guard", kind="TOKEN", sources=HEADER, pattern="^Bearer .+$")
    gateway = Guarded(rest(bearer))

    assert gateway.get("GET", "/orders/7", **LET_IN).status == 401
    assert gateway.events == []
    assert gateway.get("GET", "/orders/7", headers={"Authorization": "Bearer a"}).status == 200


def test_queries_and_places_identify_too() -> None:
    sources = (("querystring", "key"), ("context", "identity.sourceIp"), ("context", "routeKey"))
    gateway = Guarded(api(Authorizer(function_key="guard", kind="REQUEST", payload="2.0", sources=sources)))

    gateway.get("GET", "/orders/7?key=a")

    assert gateway.asked()[0]["identitySource"] == ["a", "127.0.0.9", "GET /orders/{id}"]
    assert gateway.get("GET", "/orders/7").status == 401


async def _status(app: Any, path: str, token: str) -> int:
    """The status of one more request to the same gateway."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"authorization", token.encode())]
    await app({"type": "http", "method": "GET", "path": path, "headers": headers}, receive, send)
    status: int = sent[0]["status"]
    return status


def test_answers_are_remembered_by_who_asks_and_looked_into_for_every_route() -> None:
    gateway = Guarded(rest(), policy(resource="*/orders/7"))
    app = gateway_app(gateway.routes, gateway._answered, GatewayOptions(clock=gateway.clock))

    async def work() -> list[int]:
        statuses = [await _status(app, path, "a") for path in ("/orders/7", "/orders/7", "/orders/8")]
        statuses.append(await _status(app, "/orders/7", "b"))
        gateway.clock.advance(301)
        return [*statuses, await _status(app, "/orders/7", "a")]

    assert asyncio.run(work()) == [200, 200, 403, 200, 200]
    assert [event["authorizationToken"] for event in gateway.asked()] == ["a", "b", "a"]


@pytest.mark.parametrize(("key", "status"), [("key-1", 200), ("key-2", 403), (None, 403)])
def test_a_private_route_asks_for_a_key_of_the_project(key: str | None, status: int) -> None:
    gateway = Guarded(http("GET", "/orders", needs_key=True))

    reply = gateway.get("GET", "/orders", headers={} if key is None else {"x-api-key": key})

    assert reply.status == status
    if status == 200:
        assert gateway.handled()["requestContext"]["identity"]["apiKey"] == "key-1"
    else:
        assert reply.json() == {"message": "Forbidden"}
        assert gateway.events == []


def test_the_authorizer_is_asked_before_key_and_parameters_are_looked_for() -> None:
    gateway = Guarded(rest(needs_key=True, required=(("querystring", "page"),)), policy("Deny"))

    assert "explicit deny" in gateway.get("GET", "/orders/7", **LET_IN).json()["Message"]
