"""Results and errors of the AWS JSON protocol as responses.

Source: dynamodb-semantics of the wire: ``__type`` prefixes, ``message`` against ``Message``, CRC-32 of the body.
"""

from __future__ import annotations

import zlib
from random import Random
from uuid import UUID

import orjson

from pelton.errors import WireError
from pelton.server.http import Header, HttpResponse

_MODEL = "com.amazonaws.dynamodb.v20120810#"
_SERVICE = "com.amazon.coral.service#"
#: Namespaces of exceptions; those of the service model have that of the service.
_PREFIXES = {
    "ValidationException": "com.amazon.coral.validate#",
    "SerializationException": _SERVICE,
    "UnknownOperationException": _SERVICE,
    "AccessDeniedException": _SERVICE,
    "MissingAuthenticationTokenException": _SERVICE,
    "IncompleteSignatureException": _SERVICE,
    "InvalidSignatureException": _SERVICE,
    "UnrecognizedClientException": _SERVICE,
    "ExpiredTokenException": _SERVICE,
    "ThrottlingException": "com.amazon.coral.availability#",
}

#: Exceptions whose text member has a capital letter; an error may say so itself with ``message_member``.
_CAPITAL_MESSAGE = frozenset(
    {
        "SerializationException",
        "AccessDeniedException",
        "TransactionCanceledException",
        "TransactionInProgressException",
        "IdempotentParameterMismatchException",
    }
)

JSON_1_0 = b"application/x-amz-json-1.0"
_PLAIN_JSON = b"application/json"


class UnknownOperation(WireError):
    """The target names nothing that is offered here."""

    code = "UnknownOperationException"


class UnknownPath(UnknownOperation):
    """The path is no operation's, or that of one which is not offered."""

    status = 404


class Throttled(WireError):
    """More writes wait for the disk than may: the client backs off and tries again."""

    code = "ThrottlingException"

    def __init__(self) -> None:
        super().__init__("Rate of requests exceeds the allowed throughput.")


def new_request_id(random: Random) -> bytes:
    """52 characters of ``0-9A-F``; the service's use more of the alphabet, and clients look at none."""
    return b"%052X" % random.getrandbits(208)


def new_request_uuid(random: Random) -> bytes:
    """A request id of the form that Lambda has: a version 4 UUID."""
    return str(UUID(int=random.getrandbits(128), version=4)).encode()


def content_type_of(sent: bytes | None) -> bytes | None:
    """The type to answer with: that of the request, if the protocol knows it; None: it does not."""
    if sent == JSON_1_0 or sent is None:
        return sent
    base = sent.partition(b";")[0].strip().lower()
    return base if base in (JSON_1_0, _PLAIN_JSON) else None


def json_response(status: int, body: bytes, content_type: bytes | None, request_id: bytes) -> HttpResponse:
    """A response with the headers that all of the protocol have."""
    return HttpResponse(
        status,
        (
            (b"x-amzn-RequestId", request_id),
            (b"x-amz-crc32", b"%d" % zlib.crc32(body)),
            (b"Content-Type", content_type or _PLAIN_JSON),
        ),
        body,
    )


def error_response(error: WireError, content_type: bytes | None, request_id: bytes) -> HttpResponse:
    """A client's error as the protocol tells it: in the body, and in a header for those who look there."""
    code = error.code
    namespace = getattr(error, "namespace", None) or _PREFIXES.get(code, _MODEL)
    body: dict[str, object] = {"__type": namespace + code, **error.members()}
    if error.message is not None:
        member = "Message" if code in _CAPITAL_MESSAGE else "message"
        body[getattr(error, "message_member", member)] = error.message
    response = json_response(error.status, orjson.dumps(body), content_type, request_id)
    headers: list[Header] = [*response.headers, (b"x-amzn-errortype", code.encode())]
    query_code = getattr(error, "query_code", None)
    if query_code is not None:  # For clients that knew the service before it spoke JSON.
        headers.append((b"x-amzn-query-error", f"{query_code};Sender".encode()))
    return response._replace(headers=tuple(headers))


def not_found_response(request_id: bytes) -> HttpResponse:
    """The answer to what is not of the protocol at all: another method, or another type of body."""
    return json_response(404, b"<UnknownOperationException/>\n", None, request_id)


def health_response(region: str, request_id: bytes) -> HttpResponse:
    """The answer to GET /, which load balancers ask."""
    response = json_response(200, f"healthy: dynamodb.{region}.amazonaws.com ".encode(), None, request_id)
    headers = (*response.headers[:2], (b"Content-Type", b"text/plain"))
    return response._replace(headers=headers)
