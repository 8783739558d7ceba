"""The control API of a running Pelton: state, logs, tail, invoke, triggers, passes, settle, split, roll, companions.

It listens on a free loopback port of its own and every call needs the run file's token. What it
offers is what ``Controls`` says; the stack implements it. Lists come as JSON; what is followed
comes as JSON lines until the client leaves.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pelton.operations import JsonObject


class Refused(Exception):
    """A control call that cannot be done: one line that names the cause and the cure."""


class Controls(Protocol):
    """What a running Pelton can be asked. A refusal is raised by the call itself, not by a row that follows."""

    def state(self) -> JsonObject:
        """Addresses, functions, tables, companions and notes."""

    def triggers(self) -> list[JsonObject]:
        """State of every trigger, per function and shard."""

    def logs(self, functions: Sequence[str], since: str, text: str, *, follow: bool) -> AsyncIterator[JsonObject]:
        """Log lines of these functions, or of all, oldest first; with ``follow`` without end."""

    def tail(self, table: str, start: str, *, follow: bool) -> AsyncIterator[JsonObject]:
        """Stream records of a table from TRIM_HORIZON, LATEST or a sequence number."""

    async def invoke(self, function: str, payload: bytes, like: str | None) -> JsonObject:
        """Invoke a function and wait for its outcome; ``like`` is the invocation whose payload it gets."""

    async def settle(self, timeout_s: float) -> JsonObject:
        """Wait until every reaction to what is written now is done, or say what is outstanding."""

    def why(self, number: str, function: str | None) -> JsonObject:
        """Why functions did or did not get the record of that number."""

    async def pause(self, function: str, *, is_paused: bool, is_dry_run: bool) -> JsonObject:
        """Let a function's triggers begin nothing more, or go on; a dry run says what that means."""

    def skip(self, function: str, shard: str | None, *, is_dry_run: bool) -> JsonObject:
        """Give up the batch that a function fails on; a dry run says which that is."""

    async def seek(self, function: str, to: str, *, is_dry_run: bool) -> JsonObject:
        """Let a function's triggers go on at another place; a dry run says what that means."""

    def passes(self) -> list[JsonObject]:
        """Replays, backfills and redrives, newest first; those that have ended too."""

    def one_pass(self, pass_id: int) -> JsonObject:
        """Where one of them stands."""

    async def operate_pass(self, kind: str, function: str, asked: JsonObject) -> JsonObject:
        """Begin or preview a replay, backfill or redrive of a function, or pause, resume or cancel it."""

    def failures(self, function: str | None, before: int | None, limit: int) -> list[JsonObject]:
        """Discarded batches, newest first, without their records."""

    def one_failure(self, failure_id: int) -> JsonObject:
        """A discarded batch with its records."""

    def schedules(self) -> list[JsonObject]:
        """The project's schedules, and when each is due."""

    async def fire(self, name: str, at: str | None) -> JsonObject:
        """Run a schedule, by its name or its function's, as if it were that time (None: now)."""

    async def split(self, table: str, shard: str | None) -> JsonObject:
        """Split an open shard of a table's stream in two (by default its only one)."""

    def snapshot(self, file: str) -> AsyncIterator[JsonObject]:
        """Write a consistent copy of the data to a file; rows tell how far it is, the last one how it ended."""

    async def roll(self, table: str, shard: str | None) -> JsonObject:
        """Close the open shards of a table's stream (or one of them), each with one child."""

    async def companion(self, name: str, action: str, faults: JsonObject) -> JsonObject:
        """Stop or start a companion, or make it fail."""


def control_app(controls: Controls, token: str) -> ASGIApp:
    """The ASGI application that serves ``controls`` to those who know ``token``."""
    return _Guard(
        Starlette(
            routes=[
                Route("/state", _answer(lambda _: _now(controls.state()))),
                Route("/triggers", _answer(lambda _: _now({"triggers": controls.triggers()}))),
                Route(
                    "/triggers/{function}/{action}",
                    _answer(lambda request: _operate(controls, request)),
                    methods=["POST"],
                ),
                Route("/passes", _answer(lambda _: _now({"passes": controls.passes()}))),
                Route("/passes/{id:int}", _answer(lambda request: _now(controls.one_pass(request.path_params["id"])))),
                Route(
                    "/passes/{kind}/{function}",
                    _answer(lambda request: _operate_pass(controls, request)),
                    methods=["POST"],
                ),
                Route("/failures", _answer(lambda request: _now({"failures": _failures(controls, request)}))),
                Route(
                    "/failures/{id:int}", _answer(lambda request: _now(controls.one_failure(request.path_params["id"])))
                ),
                Route("/why/{number}", _answer(lambda request: _now(_why(controls, request)))),
                Route("/logs", _lines(lambda request: _logs(controls, request))),
                Route("/tail/{table}", _lines(lambda request: _tail(controls, request))),
                Route("/invoke/{function}", _answer(lambda request: _invoke(controls, request)), methods=["POST"]),
                Route("/settle", _answer(lambda request: _settle(controls, request)), methods=["POST"]),
                Route("/snapshot", _lines(lambda request: _snapshot(controls, request)), methods=["POST"]),
                Route("/schedules", _answer(lambda _: _now({"schedules": controls.schedules()}))),
                Route("/fire/{name}", _answer(lambda request: _fire(controls, request)), methods=["POST"]),
                Route("/split/{table}", _answer(lambda request: _split(controls, request)), methods=["POST"]),
                Route("/roll/{table}", _answer(lambda request: _roll(controls, request)), methods=["POST"]),
                Route(
                    "/companions/{name}/{action}",
                    _answer(lambda request: _companion(controls, request)),
                    methods=["POST"],
                ),
            ],
            exception_handlers={Refused: _refusal},
        ),
        token,
    )


async def _now(value: JsonObject) -> JsonObject:
    return value


def _logs(controls: Controls, request: Request) -> AsyncIterator[JsonObject]:
    query = request.query_params
    functions = [name for name in query.get("function", "").split(",") if name]
    return controls.logs(functions, query.get("since", ""), query.get("text", ""), follow="follow" in query)


def _tail(controls: Controls, request: Request) -> AsyncIterator[JsonObject]:
    query = request.query_params
    return controls.tail(request.path_params["table"], query.get("from", "TRIM_HORIZON"), follow="follow" in query)


def _snapshot(controls: Controls, request: Request) -> AsyncIterator[JsonObject]:
    return controls.snapshot(request.query_params.get("file", ""))


async def _invoke(controls: Controls, request: Request) -> JsonObject:
    like = request.query_params.get("like") or None
    return await controls.invoke(request.path_params["function"], await request.body(), like)


def _why(controls: Controls, request: Request) -> JsonObject:
    return controls.why(request.path_params["number"], request.query_params.get("function"))


async def _operate(controls: Controls, request: Request) -> JsonObject:
    function, action = request.path_params["function"], request.path_params["action"]
    query = request.query_params
    is_dry_run = "dry_run" in query
    if action == "seek":
        return await controls.seek(function, query.get("to", ""), is_dry_run=is_dry_run)
    if action in ("pause", "resume"):
        return await controls.pause(function, is_paused=action == "pause", is_dry_run=is_dry_run)
    if action == "skip":
        return controls.skip(function, query.get("shard"), is_dry_run=is_dry_run)
    raise Refused(f"no action {action} (there are: pause, resume, seek, skip)")


async def _operate_pass(controls: Controls, request: Request) -> JsonObject:
    body = await request.body()
    path = request.path_params
    return await controls.operate_pass(path["kind"], path["function"], orjson.loads(body) if body else {})


def _failures(controls: Controls, request: Request) -> list[JsonObject]:
    query = request.query_params
    before = int(query["before"]) if "before" in query else None
    return controls.failures(query.get("function"), before, int(query.get("limit", "100")))


async def _settle(controls: Controls, request: Request) -> JsonObject:
    return await controls.settle(float(request.query_params.get("timeout_s", "30")))


async def _fire(controls: Controls, request: Request) -> JsonObject:
    return await controls.fire(request.path_params["name"], request.query_params.get("at") or None)


async def _split(controls: Controls, request: Request) -> JsonObject:
    return await controls.split(request.path_params["table"], request.query_params.get("shard") or None)


async def _roll(controls: Controls, request: Request) -> JsonObject:
    return await controls.roll(request.path_params["table"], request.query_params.get("shard") or None)


async def _companion(controls: Controls, request: Request) -> JsonObject:
    body = await request.body()
    faults = orjson.loads(body) if body else {}
    return await controls.companion(request.path_params["name"], request.path_params["action"], faults)


def _answer(call: Callable[[Request], Awaitable[JsonObject]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return Response(orjson.dumps(await call(request)), media_type="application/json")

    return endpoint


def _lines(rows_of: Callable[[Request], AsyncIterator[JsonObject]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return StreamingResponse(_as_lines(rows_of(request)), media_type="application/x-ndjson")

    return endpoint


async def _as_lines(rows: AsyncIterator[JsonObject]) -> AsyncIterator[bytes]:
    async for row in rows:
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


async def _refusal(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=409)


class _Guard:
    """Lets through what bears the token, compared in constant time; a web page cannot know it."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, self._expected):
                answer = JSONResponse({"error": "the control API needs the run file's token"}, status_code=403)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
