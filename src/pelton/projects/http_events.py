"""``http`` and ``httpApi`` events of serverless.yml as routes.

Source: Serverless Framework documentation, events API Gateway and HTTP API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pelton.projects.authorizers import AuthorizerReader
from pelton.projects.cross_origin import http_cors
from pelton.projects.documents import Block, Value, block
from pelton.projects.known_keys import HTTP_API_EVENT_KEYS, HTTP_EVENT_KEYS
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import Cors, ProjectRefused, Route, Where
from pelton.projects.scalars import block_of, text_of, truth_of, whole_number_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_SEGMENT = re.compile(r"\{[^{}/+]+\+?\}|[^{}]*")
_PARAMETER_KINDS = {"paths": "path", "querystrings": "querystring", "headers": "header"}
_PROXY = ("lambda-proxy", "aws-proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpDefaults:
    """What ``provider`` says about all routes."""

    payload: Literal["1.0", "2.0"] = "2.0"
    cors: Cors | None = None
    binary_types: tuple[str, ...] = ()
    timeout_s: float | None = None  #: of the HTTP API
    functions: Mapping[str, str] = field(default_factory=dict)  #: every spelling of a function, and its key
    authorizers: Mapping[str, Block] = field(default_factory=dict)  #: of the HTTP API, by name

    def reader(self, notes: Notes) -> AuthorizerReader:
        """What reads the routes' authorizers."""
        return AuthorizerReader(functions=self.functions, named=self.authorizers, notes=notes)


def http_route(function_key: str, event: Value, where: Where, defaults: HttpDefaults, notes: Notes) -> Route:
    """The route of an ``http`` event: a mapping, or text such as ``GET users/{id}``."""
    written = _written(event, where, function_key)
    for key in written:
        if key not in HTTP_EVENT_KEYS:
            notes.warn(
                written.at(key), f"{function_key}: an http event has no key {key}", did_you_mean(key, HTTP_EVENT_KEYS)
            )
    path = "/" + text_of(written.get("path"), where, f"{function_key}: path").strip("/")
    method = _method(written.get("method"), where, function_key)
    _check_path(path, written.at("path"))
    _refuse_unsupported(written, function_key, notes)
    timeout = written.get("timeoutInMillis")
    access = defaults.reader(notes).rest(written.get("authorizer"), written.at("authorizer"), function_key)
    return Route(
        kind="http",
        method=method,
        path=path,
        function_key=function_key,
        payload="1.0",
        cors=http_cors(written.get("cors"), written.at("cors"), notes),
        timeout_s=None if timeout is None else _timeout_s(timeout, written.at("timeoutInMillis")),
        required=_required(written, function_key, notes),
        is_iam=access.is_iam,
        authorizer=access.authorizer,
        needs_key=truth_of(written.get("private", False), written.at("private"), "private"),
        binary_types=defaults.binary_types,
        where=where,
    )


def http_api_route(function_key: str, event: Value, where: Where, defaults: HttpDefaults, notes: Notes) -> Route:
    """The route of an ``httpApi`` event: ``*``, text such as ``GET /users/{id}``, or a mapping."""
    if event == "*":
        event = block(where, [("path", "*")])
    written = _written(event, where, function_key)
    for key in written:
        if key not in HTTP_API_EVENT_KEYS:
            known = HTTP_API_EVENT_KEYS
            notes.warn(written.at(key), f"{function_key}: an httpApi event has no key {key}", did_you_mean(key, known))
    path = text_of(written.get("path"), where, f"{function_key}: path")
    method = _method(written.get("method", "*"), where, function_key)
    if path == "*":
        if method != "ANY":
            raise ProjectRefused(where, f"{function_key}: the path * with the method {method}", "leave the method out")
        path = "$default"
    else:
        if not path.startswith("/"):
            raise ProjectRefused(where, f"{function_key}: the path {path} has no / in front", f"write /{path}")
        _check_path(path, written.at("path"))
    access = defaults.reader(notes).http_api(written.get("authorizer"), written.at("authorizer"), function_key)
    return Route(
        kind="httpApi",
        method=method,
        path=path,
        function_key=function_key,
        payload=defaults.payload,
        cors=defaults.cors,
        timeout_s=defaults.timeout_s,
        is_iam=access.is_iam,
        authorizer=access.authorizer,
        where=where,
    )


def _written(event: Value, where: Where, function_key: str) -> Block:
    if isinstance(event, str):
        method, _, path = event.strip().partition(" ")
        if not path.strip():
            raise ProjectRefused(where, f"{function_key}: the route {event!r} has no path", "write GET /path")
        return block(where, [("method", method), ("path", path.strip())])
    return block_of(event, where, f"{function_key}: the event")


def _method(value: Value, where: Where, function_key: str) -> str:
    method = text_of(value, where, f"{function_key}: method").upper()
    if method in ("*", "ANY"):
        return "ANY"
    if method not in METHODS:
        raise ProjectRefused(
            where, f"{function_key}: the method {method}", f"write any, or one of {', '.join(METHODS)}"
        )
    return method


def _check_path(path: str, where: Where) -> None:
    segments = path.strip("/").split("/")
    for index, segment in enumerate(segments):
        if not _SEGMENT.fullmatch(segment):
            raise ProjectRefused(where, f"the path segment {segment}", "a parameter is a whole segment: /users/{id}")
        if segment.endswith("+}") and index != len(segments) - 1:
            raise ProjectRefused(where, f"{segment} is not the last segment", "a greedy parameter ends the path")


def _timeout_s(value: Value, where: Where) -> float:
    return whole_number_of(value, where, "timeoutInMillis", range(50, 29_001)) / 1000


def _refuse_unsupported(written: Block, function_key: str, notes: Notes) -> None:
    """Options that would change what a client or the function gets."""
    integration = written.get("integration")
    if (
        integration is not None
        and text_of(integration, written.at("integration"), "integration").lower().replace("_", "-") not in _PROXY
    ):
        what = f"{function_key}: the integration {integration} is not supported"
        notes.refuse_unsupported(written.at("integration"), what, "use lambda-proxy")
    if truth_of(written.get("async", False), written.at("async"), "async"):
        what = f"{function_key}: async: true is not supported"
        notes.refuse_unsupported(written.at("async"), what, "remove async")


def _required(written: Block, function_key: str, notes: Notes) -> tuple[tuple[str, str], ...]:
    """The parameters a request must have; SF makes a validator when some are declared."""
    where = written.at("request")
    request = block_of(written.get("request"), where, "request")
    for key in ("schemas", "schema"):
        if request.get(key) is not None:
            what = f"{function_key}: request.{key} is not supported, bodies would not be checked"
            notes.refuse_unsupported(request.at(key), what, "check the body in the function")
    parameters = block_of(request.get("parameters"), where, "request.parameters")
    found = []
    for kind, short in _PARAMETER_KINDS.items():
        for name, value in block_of(parameters.get(kind), where, f"request.parameters.{kind}").items():
            flag = value.get("required", False) if isinstance(value, Block) else value
            if truth_of(flag, where, f"request.parameters.{kind}.{name}"):
                found.append((short, name))
    return tuple(found)
