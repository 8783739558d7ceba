"""What a signed request says about its sender, before any of it is believed. Source: AWS Signature Version 4.

The signature may stand in the ``Authorization`` header or, for a presigned request, in the query. The error texts are
those the service sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from pelton.errors import WireError
from pelton.server.http import HttpRequest

_SCOPE_PARTS = 5
_EXPIRES_S_DEFAULT = 15 * 60
_EXPIRES_S_MAX = 7 * 24 * 3600


class NotAuthenticated(WireError):
    """The request does not prove who sent it."""


class MissingAuthenticationToken(NotAuthenticated):
    """Neither the header nor the query holds a signature."""

    code = "MissingAuthenticationTokenException"

    def __init__(self) -> None:
        super().__init__("Request is missing Authentication Token")


class IncompleteSignature(NotAuthenticated):
    """A part of the signature is missing or malformed."""

    code = "IncompleteSignatureException"


class InvalidSignature(NotAuthenticated):
    """The signature is complete and wrong, or out of date."""

    code = "InvalidSignatureException"


class UnrecognizedClient(NotAuthenticated):
    """The access key is not known here."""

    code = "UnrecognizedClientException"

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


class Scope(NamedTuple):
    """The parts of a credential: whose key, which day, and what it was signed for."""

    key: str
    date: str
    region: str
    service: str
    terminator: str


class Claim(NamedTuple):
    """What a request says about its signature, before anything of it is believed."""

    scope: Scope
    algorithm: str
    signed_headers: str
    signature: str
    date: str
    expires_s: int | None  #: of a presigned request


def parsed_scope(credential: str) -> Scope:
    """The parts of the text ``key/date/region/service/aws4_request``.

    Raises:
        IncompleteSignature: not five parts.
    """
    parts = credential.split("/")
    if len(parts) != _SCOPE_PARTS:
        raise IncompleteSignature(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential}'"
        )
    return Scope(*parts)


def claim_of(request: HttpRequest) -> Claim:
    """The signature's parts, from the header or the query.

    Raises:
        MissingAuthenticationToken: neither has one.
        InvalidSignature: both have one.
        IncompleteSignature: a part is missing.
    """
    header = request.headers.get(b"authorization", b"").decode("latin-1")
    query = _query_of(request) if b"X-Amz-" in request.query else {}
    if "X-Amz-Algorithm" in query and header:
        raise InvalidSignature(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
        )
    if header.startswith("AWS4-"):
        return _claim_of_header(header, request)
    if "X-Amz-Algorithm" in query or "X-Amz-Credential" in query:
        return _claim_of_query(query)
    raise MissingAuthenticationToken


def _claim_of_header(header: str, request: HttpRequest) -> Claim:
    algorithm, _, rest = header.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    date = request.headers.get(b"x-amz-date") or request.headers.get(b"date")
    missing = "".join(
        f"Authorization header requires '{name}' parameter. "
        for name in ("Credential", "Signature", "SignedHeaders")
        if not parts.get(name)
    )
    if not date:
        missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    if missing or date is None:
        raise IncompleteSignature(f"{missing}Authorization={header}")
    scope = parsed_scope(parts["Credential"])
    return Claim(scope, algorithm, parts["SignedHeaders"], parts["Signature"], date.decode("latin-1"), None)


def _claim_of_query(query: Mapping[str, str]) -> Claim:
    names = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    missing = "".join(f"AWS query-string parameters must include '{name}'. " for name in names if not query.get(name))
    if missing:
        raise IncompleteSignature(f"{missing}Re-examine the query-string parameters.")
    algorithm, credential, signature, signed_headers, date = (query[name] for name in names)
    expires = query.get("X-Amz-Expires", str(_EXPIRES_S_DEFAULT))
    if not expires.isdecimal() or int(expires) > _EXPIRES_S_MAX:
        raise IncompleteSignature("X-Amz-Expires must be a number of seconds, at most 604800")
    return Claim(parsed_scope(credential), algorithm, signed_headers, signature, date, int(expires))


def _query_of(request: HttpRequest) -> dict[str, str]:
    pairs = (part.partition("=")[::2] for part in request.query.decode("latin-1").split("&"))
    return {unquote(name): unquote(value) for name, value in pairs}
