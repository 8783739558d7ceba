"""HTTP messages as values, and how an answer is written to the wire.

Content types are not looked at: vendors' clients send JSON as ``text/plain`` or as a form, and a
body that is not JSON is refused by whoever needs JSON. Source: companions reference, section b.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import orjson

#: A JSON object as it comes from a client; whoever reads a member checks it.
JsonObject: TypeAlias = dict[str, Any]

#: A body larger than this, also after decompression, is refused.
BODY_BYTES_MAX = 20 * 1024 * 1024


class BadBody(ValueError):
    """A body that is not what the operation needs; the text says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: header names in lower case, the path as it was sent (percent-encoded)."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, decoded; the last one of a name wins."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    def query_values(self, name: str) -> list[str]:
        """Every value of one parameter: clients repeat it for a list."""
        return [value for key, value in parse_qsl(self.query_string, keep_blank_values=True) if key == name]

    def json(self) -> JsonObject:
        """The body as a JSON object; an empty body is the empty object.

        Raises:
            BadBody: the body is not a JSON object, or cannot be decompressed.
        """
        raw = self._plain_body()
        if not raw.strip():
            return {}
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise BadBody(f"invalid JSON: {error}") from error
        if not isinstance(value, dict):
            raise BadBody("a JSON object is expected")
        return value

    def _plain_body(self) -> bytes:
        if self.headers.get("content-encoding", "identity").lower() != "gzip":
            return self.body
        try:
            # The limit holds for what comes out: a small bomb must not fill the memory.
            plain = zlib.decompressobj(wbits=31).decompress(self.body, BODY_BYTES_MAX + 1)
        except (zlib.error, gzip.BadGzipFile) as error:
            raise BadBody(f"the body is not gzip: {error}") from error
        if len(plain) > BODY_BYTES_MAX:
            raise BadBody(f"the body is larger than {BODY_BYTES_MAX} bytes")
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer; ``closes`` ends the connection after it."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    closes: bool = False

    def with_headers(self, headers: Mapping[str, str]) -> Response:
        """The same answer with further headers."""
        return Response(
            status=self.status,
            body=self.body,
            content_type=self.content_type,
            headers={**self.headers, **headers},
            closes=self.closes,
        )

    def to_bytes(self, keeps_alive: bool) -> bytes:
        """Status line, headers and body; 204 and 304 have neither body nor length."""
        lines = [f"HTTP/1.1 {self.status} {_reason(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status not in {204, 304}:
            lines += [f"content-type: {self.content_type}", f"content-length: {len(self.body)}"]
        lines.append("connection: keep-alive" if keeps_alive and not self.closes else "connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a JSON body; ``value`` may hold ``orjson.Fragment``."""
    return Response(status=status, body=orjson.dumps(value), headers=headers or {})


def text_response(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in plain text."""
    return Response(status=status, body=text.encode(), content_type="text/plain; charset=utf-8", headers=headers or {})


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
