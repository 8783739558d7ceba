"""What a function returned as an HTTP answer; what does not fit says which key or type was wrong.

REST (format 1.0) takes five keys and nothing else; an HTTP API (2.0) infers a response from anything without a
status code. Source: API Gateway developer guide, "Output format of a Lambda function for proxy integration".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

import orjson

from pelton.gateway.answer import Answer
from pelton.gateway.content import is_binary_type
from pelton.operations import JsonObject

_REST_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
#: The server's own business.
_CONNECTION = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade", "trailer"})
_STATUSES = range(200, 600)

Headers = list[tuple[str, str]]


class NotAResponse(Exception):
    """The function's result is no valid response; the text says which key or type is wrong."""


def rest_answer(payload: bytes, binary_types: tuple[str, ...], accept: str) -> Answer:
    """The answer of a REST API.

    Args:
        payload: the function's result, JSON text.
        binary_types: the API's binary media types.
        accept: the request's Accept header, empty when absent.

    Raises:
        NotAResponse: the result has another shape.
    """
    result = _parsed(payload)
    if not isinstance(result, dict):
        raise NotAResponse(f"the function returned {_kind(result)} instead of an object with statusCode and body")
    strangers = sorted(result.keys() - _REST_KEYS)
    if strangers:
        raise NotAResponse(f"the key {strangers[0]} is not allowed in a response ({', '.join(sorted(_REST_KEYS))} are)")
    headers = _merged(_multi_headers(result), _single_headers(result))
    status = _status(result.get("statusCode", 200))
    if not _has(headers, "content-type"):
        headers.append(("Content-Type", "application/json"))
    content_type = next(value for name, value in headers if name.lower() == "content-type")
    can_decode = is_binary_type(content_type, binary_types) or (accept and is_binary_type(accept, binary_types))
    return Answer(status, tuple(headers), _body(result, can_decode=bool(can_decode)))


def http_api_answer(payload: bytes, payload_format: str) -> Answer:
    """The answer of an HTTP API; ``payload_format`` is ``1.0`` or ``2.0``.

    Raises:
        NotAResponse: a status code is given and the rest has another shape, or format 1.0 lacks one.
    """
    if payload_format == "1.0":
        return _http_api_answer_v1(_parsed(payload))
    result = _parsed_or_none(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        body = result.encode() if isinstance(result, str) else payload
        return Answer(200, (("content-type", "application/json"),), body)
    headers = _single_headers(result)
    return _with_default_type(result, headers, [("set-cookie", cookie) for cookie in _cookies(result)])


def _http_api_answer_v1(result: object) -> Answer:
    if not isinstance(result, dict) or "statusCode" not in result:
        raise NotAResponse("the function returned no statusCode, which payload format 1.0 needs")
    return _with_default_type(result, _merged(_multi_headers(result), _single_headers(result)), [])


def _with_default_type(result: JsonObject, headers: Headers, cookies: Headers) -> Answer:
    status = _status(result["statusCode"])
    if not _has(headers, "content-type"):
        headers.append(("content-type", "text/plain; charset=utf-8"))
    return Answer(status, tuple(headers + cookies), _body(result, can_decode=True))


def _parsed(payload: bytes) -> object:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise NotAResponse("the function's result is not JSON") from None


def _parsed_or_none(payload: bytes) -> object:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _status(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotAResponse(f"statusCode is {_kind(value)} ({value!r:.40}) instead of a whole number")
    if value not in _STATUSES:
        raise NotAResponse(f"statusCode is {value}, which is not between 200 and 599")
    return value


def _single_headers(result: JsonObject) -> Headers:
    value = result.get("headers")
    if value is None:
        return []
    if not isinstance(value, dict):
        raise NotAResponse(f"headers is {_kind(value)} instead of an object")
    return [pair for name, item in value.items() for pair in _header("headers", name, item)]


def _multi_headers(result: JsonObject) -> Headers:
    value = result.get("multiValueHeaders")
    if value is None:
        return []
    if not isinstance(value, dict):
        raise NotAResponse(f"multiValueHeaders is {_kind(value)} instead of an object")
    headers: Headers = []
    for name, items in value.items():
        if not isinstance(items, list):
            raise NotAResponse(f"multiValueHeaders.{name} is {_kind(items)} instead of a list")
        headers += [pair for item in items for pair in _header("multiValueHeaders", name, item)]
    return headers


def _header(where: str, name: str, value: object) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, dict | list):
        raise NotAResponse(f"{where}.{name} is {_kind(value)} instead of a string")
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if not _NAME.fullmatch(name):
        raise NotAResponse(f"{name!r:.40} cannot be the name of a header")
    if any(character in text for character in "\r\n\0"):
        raise NotAResponse(f"{where}.{name} holds a line break")
    if name.lower() not in _CONNECTION:
        yield name, text


def _merged(multiple: Headers, single: Headers) -> Headers:
    """Both kinds: multiple values first and in their spelling, then single ones that are not among them."""
    spelling = {name.lower(): name for name, _ in multiple}
    present = {(name.lower(), value) for name, value in multiple}
    added = [
        (spelling.get(name.lower(), name), value) for name, value in single if (name.lower(), value) not in present
    ]
    return multiple + added


def _has(headers: Headers, name: str) -> bool:
    return any(key.lower() == name for key, _ in headers)


def _cookies(result: JsonObject) -> list[str]:
    value = result.get("cookies")
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(cookie, str) for cookie in value):
        raise NotAResponse("cookies is not a list of strings")
    return [text for cookie in value for _, text in _header("cookies", "set-cookie", cookie)]


def _body(result: JsonObject, *, can_decode: bool) -> bytes:
    value = result.get("body")
    is_base64 = result.get("isBase64Encoded")
    if not isinstance(is_base64, bool | None):
        raise NotAResponse(f"isBase64Encoded is {_kind(is_base64)} instead of true or false")
    if value is None:
        return b""
    if not isinstance(value, str):
        raise NotAResponse(f"body is {_kind(value)} instead of a string (use json.dumps)")
    if not is_base64 or not can_decode:
        return value.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise NotAResponse("isBase64Encoded is true and body is not base64") from None
