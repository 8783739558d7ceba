"""REST-JSON, the protocol of Lambda: paths to operations, and members to and from where the model puts them.

A request's members come from its path, query, headers and body; they are merged into one body, as operations want it.
A member that is the whole payload (Invoke) stays bytes. Source: AWS restJson1 protocol.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_plus

import orjson

from pelton.errors import SerializationFailed, WireError
from pelton.operations import JsonObject
from pelton.server.bodies import parsed
from pelton.server.claims import NotAuthenticated
from pelton.server.http import Header, HttpRequest, HttpResponse
from pelton.server.model.service import ServiceModel, Validator

_JSON = b"application/json"


class Route(NamedTuple):
    """One operation's place."""

    operation: str
    method: bytes
    segments: tuple[str, ...]  #: of the path; ``{Name}`` stands for a member
    query: frozenset[str]  #: ``name=value`` that must be present

    def members(self, segments: list[str]) -> dict[str, str] | None:
        """The members in the path's segments; None: it is another operation's path."""
        found: dict[str, str] = {}
        for expected, given in zip(self.segments, segments, strict=True):
            if expected.startswith("{"):
                if not given:
                    return None
                found[expected[1:-1]] = unquote(given)
            elif expected != given:
                return None
        return found


class RestProtocol:
    """Reads requests and writes responses of one service."""

    def __init__(self, model: ServiceModel, nesting_max: int) -> None:
        self._model = model
        self._nesting_max = nesting_max
        self._routes: dict[tuple[bytes, int], list[Route]] = {}
        for name, operation in model.operations.items():
            route = _route(name, operation)
            self._routes.setdefault((route.method, len(route.segments)), []).append(route)
        for routes in self._routes.values():
            # Where two fit, the one that says more wins: ``/event-invoke-config/list`` over ``/{Name}``.
            routes.sort(key=lambda route: (-len(route.query), sum(s.startswith("{") for s in route.segments)))

    def operation(self, request: HttpRequest) -> tuple[str, dict[str, str]] | None:
        """The operation a request is for, with the members in its path; None: no operation has that path."""
        segments = request.path.decode("latin-1").rstrip("/").split("/")
        parts = set(request.query.decode("latin-1").split("&"))
        for route in self._routes.get((request.method, len(segments)), ()):
            if route.query <= parts and (members := route.members(segments)) is not None:
                return route.operation, members
        return None

    def body(self, operation: str, path_members: Mapping[str, str], request: HttpRequest) -> JsonObject:
        """All members of a request as one validated body.

        Raises:
            SerializationFailed: the body is no JSON object, or a member has the wrong type.
            ValidationFailed: a constraint of the model is violated.
        """
        shape = self._model.shapes[self._model.operations[operation]["input"]]
        payload = shape.get("payload")
        body: JsonObject = {} if payload is not None else self._json_object(request)
        query = _query(request)
        for name, member in shape["members"].items():
            location = member.get("location")
            if location is None:
                continue
            body.pop(name, None)
            given = _located(location, member.get("locationName", name), path_members, query, request.headers)
            if given:
                body[name] = self._typed(given, member["shape"])
        validate: Validator = self._model.validator(operation)
        validate(body)
        if payload is not None and request.body:
            is_blob = self._model.shapes[shape["members"][payload]["shape"]]["type"] == "blob"
            body[payload] = request.body if is_blob else self._json_object(request)
        return body

    def response(self, operation: str, result: Mapping[str, Any], request_id: bytes) -> HttpResponse:
        """A result with its members where the model puts them."""
        reply = self._model.operations[operation]["reply"]
        located: Mapping[str, list[str]] = reply["located"]
        status = reply["status"]
        headers: list[Header] = [(b"x-amzn-RequestId", request_id)]
        for name, (location, header) in located.items():
            value = result.get(name)
            if value is None:
                continue
            if location == "statusCode":
                status = value
            else:
                headers.append((header.encode(), _header_value(value)))
        if status == HTTPStatus.NO_CONTENT:
            return HttpResponse(status, tuple(headers))
        if not any(name == b"Content-Type" for name, _ in headers):
            headers.append((b"Content-Type", _JSON))
        return HttpResponse(status, tuple(headers), _response_body(result, located, reply["payload"]))

    def _json_object(self, request: HttpRequest) -> JsonObject:
        value = parsed(request, self._nesting_max)
        if value is not None and not isinstance(value, dict):
            raise SerializationFailed("Could not parse request body into json: it is not an object")
        return value or {}

    def _typed(self, given: list[str], shape_name: str) -> Any:
        """Texts from path, query or header as the shape wants them."""
        shape = self._model.shapes[shape_name]
        kind = shape["type"]
        if kind == "list":
            return [self._typed([text], shape["member"]) for text in given]
        text = given[-1]
        if kind in ("integer", "long"):
            if not (text.isascii() and text.removeprefix("-").isdecimal()):
                raise SerializationFailed(f"STRING_VALUE cannot be converted to {kind.capitalize()}")
            return int(text)
        if kind in ("double", "float", "timestamp"):
            return _number(text)
        return text  # Words for truth values are the validator's business.


def error_response(error: WireError, request_id: bytes) -> HttpResponse:
    """An error as the protocol tells it: both spellings of the text, for clients look for either."""
    kind = "User" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Service"
    body: dict[str, object] = {"Type": kind, **error.members()}
    if error.message is not None:
        body.update({"message": error.message, "Message": error.message})
    status = HTTPStatus.FORBIDDEN if isinstance(error, NotAuthenticated) else error.status
    headers = (
        (b"x-amzn-RequestId", request_id),
        (b"x-amzn-errortype", error.code.encode()),
        (b"Content-Type", _JSON),
    )
    return HttpResponse(status, headers, orjson.dumps(body))


def _route(name: str, operation: Mapping[str, Any]) -> Route:
    path, _, query = operation["uri"].partition("?")
    segments = tuple(path.rstrip("/").split("/"))
    return Route(name, operation["method"].encode(), segments, frozenset(query.split("&") if query else ()))


def _query(request: HttpRequest) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in request.query.decode("latin-1").split("&") if request.query else ():
        name, _, value = part.partition("=")
        found.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return found


def _located(
    location: str,
    name: str,
    path_members: Mapping[str, str],
    query: Mapping[str, list[str]],
    headers: Mapping[bytes, bytes],
) -> list[str]:
    """The texts that stand where the model puts a member; none: it is absent."""
    if location == "uri":
        return [path_members[name]] if name in path_members else []
    if location == "querystring":
        return query.get(name, [])
    value = headers.get(name.lower().encode())
    return [] if value is None else [value.decode("latin-1")]


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise SerializationFailed("STRING_VALUE cannot be converted to Double") from None
    if number - number != 0:  # Infinite, or not a number.
        raise SerializationFailed("STRING_VALUE cannot be converted to Double")
    return number


def _header_value(value: object) -> bytes:
    """The value on one line: what a function said must not become another header."""
    return " ".join(str(value).split()).encode("latin-1", "replace")


def _response_body(result: Mapping[str, Any], located: Iterable[str], payload: str | None) -> bytes:
    if payload is not None:
        value = result.get(payload)
        if isinstance(value, str):
            return value.encode()
        return value if isinstance(value, bytes) else b"" if value is None else orjson.dumps(value)
    return orjson.dumps({name: value for name, value in result.items() if name not in located})
