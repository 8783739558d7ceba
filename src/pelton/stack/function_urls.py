"""Function URLs over HTTP: ``/_url/ID/…`` on the AWS port, payload format 2.0.

Source: Lambda developer guide, "Invoking Lambda function URLs".
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

import orjson

from pelton.arns import FUNCTION_URLS
from pelton.functions.invocation import Invocation, NotInvoked, Outcome, Throttled
from pelton.functions.invoking import PAYLOAD_BYTES_MAX
from pelton.functions.trace import new_root, new_trace, parse_trace
from pelton.functions.urls import function_of_url
from pelton.gateway.answer import Answer
from pelton.gateway.cors import http_api_preflight, with_http_api_headers
from pelton.gateway.environment import ApiIdentity
from pelton.gateway.event_v2 import event_v2
from pelton.gateway.request import GatewayRequest
from pelton.gateway.responses import NotAResponse, http_api_answer
from pelton.gateway.routes import Match
from pelton.operations import JsonObject
from pelton.projects.project import Cors, Route
from pelton.server.http import HttpRequest, HttpResponse, Reply
from pelton.stack.core import Core

_JSON = (("content-type", "application/json"),)
_METHODS = ("GET", "PUT", "HEAD", "POST", "PATCH", "DELETE")

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class FunctionUrls:
    """Answers requests to function URLs."""

    def __init__(self, core: Core, spawn: Spawn | None = None) -> None:
        """``spawn`` runs what waits for a function; None: a task of the running loop."""
        self._core = core
        self._spawn = spawn or self._as_task
        self._tasks: set[asyncio.Task[None]] = set()

    def handle(self, request: HttpRequest, reply: Reply) -> None:
        """Answer one request, now or when its function has."""
        identifier, _, rest = request.path.decode("latin-1").removeprefix(FUNCTION_URLS).partition("/")
        found = function_of_url(self._core.asynchronous.attached, identifier)
        if found is None:
            reply(_rendered(_own(404, b'{"Message":null}'), "-"))
            return
        arn, qualifier, config = found
        asked = self._request(request, f"/{rest}", identifier)
        cors = _cors(config.get("Cors"))
        preflight = None if cors is None else http_api_preflight(asked, cors)
        if preflight is not None:
            reply(_rendered(preflight, asked.request_id))
        elif config["AuthType"] == "AWS_IAM" and asked.header("authorization") is None:
            reply(_rendered(_own(403, b'{"Message":"Forbidden"}'), asked.request_id))
        elif len(request.body) > PAYLOAD_BYTES_MAX:
            reply(_rendered(_own(413, b'{"Message":"Request must be smaller than 6291456 bytes"}'), asked.request_id))
        else:
            name = f"{arn}:{qualifier}" if qualifier else arn
            event = _event(asked, identifier, is_iam=config["AuthType"] == "AWS_IAM")
            self._spawn(self._invoke(name, event, asked, cors, reply))

    async def _invoke(
        self, name: str, event: JsonObject, asked: GatewayRequest, cors: Cors | None, reply: Reply
    ) -> None:
        trace = new_trace(self._core.ground.random, asked.trace_root)
        invocation = Invocation(function_name=name, payload=orjson.dumps(event), trace=trace, origin={"type": "url"})
        try:
            answer = _answer(await self._core.functions.invoke(invocation))
        except Throttled:
            answer = _own(429, b'{"Message":"Rate Exceeded."}')
        except NotInvoked:
            answer = _own(502, b"Internal Server Error")
        if cors is not None:
            answer = with_http_api_headers(answer, asked, cors)
        reply(_rendered(answer, asked.request_id))

    def _request(self, request: HttpRequest, path: str, identifier: str) -> GatewayRequest:
        ground = self._core.ground
        given = parse_trace(request.headers.get(b"x-amzn-trace-id", b"").decode("latin-1"))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.items()}
        headers["host"] = f"{identifier}.lambda-url.{self._region(identifier)}.on.aws"
        request_id = str(uuid.UUID(int=ground.random.getrandbits(128), version=4))
        return GatewayRequest(
            method=request.method.decode("latin-1"),
            raw_path=path,
            raw_query=request.query.decode("latin-1"),
            headers=tuple(headers.items()),
            body=request.body,
            source_ip="127.0.0.1",
            protocol="HTTP/1.1",
            scheme="https",
            received_ms=ground.clock.now_ms(),
            request_id=request_id,
            extended_id=request_id,
            trace_root=given.root if given is not None else new_root(ground.random),
        )

    def _region(self, identifier: str) -> str:
        found = function_of_url(self._core.asynchronous.attached, identifier)
        assert found is not None, "looked up before"
        return found[0].split(":")[3]

    def _as_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _event(asked: GatewayRequest, identifier: str, *, is_iam: bool) -> JsonObject:
    route = Route(kind="httpApi", method="ANY", path="$default", function_key="", payload="2.0", is_iam=is_iam)
    event = event_v2(asked, Match(route, (), asked.raw_path), ApiIdentity())
    event["requestContext"]["apiId"] = identifier
    if not is_iam:
        event["requestContext"]["accountId"] = "anonymous"
    return event


def _answer(outcome: Outcome) -> Answer:
    if not outcome.succeeded:
        return _own(502, b"Internal Server Error")
    try:
        return http_api_answer(outcome.payload, "2.0")
    except NotAResponse as error:
        return Answer(502, _JSON, b"Internal Server Error", str(error))


def _own(status: int, body: bytes) -> Answer:
    return Answer(status, _JSON, body)


def _rendered(answer: Answer, request_id: str) -> HttpResponse:
    headers = tuple((name.encode("latin-1"), value.encode("utf-8")) for name, value in answer.headers)
    return HttpResponse(answer.status, (*headers, (b"x-amzn-RequestId", request_id.encode())), answer.body)


def _cors(config: JsonObject | None) -> Cors | None:
    if not config:
        return None
    return Cors(
        origins=tuple(config.get("AllowOrigins") or ()),
        methods=_METHODS if config.get("AllowMethods") in (None, ["*"]) else tuple(config["AllowMethods"]),
        headers=tuple(config.get("AllowHeaders") or ()),
        exposed_headers=tuple(config.get("ExposeHeaders") or ()),
        has_credentials=bool(config.get("AllowCredentials")),
        max_age_s=config.get("MaxAge"),
    )
