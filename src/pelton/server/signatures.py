"""AWS Signature Version 4: what a signed request says about its sender, and whether the signature is theirs.

The signature may stand in the ``Authorization`` header or, for a presigned request, in the query. All checks are
constant in time where a secret is involved. Source: IAM user guide, "AWS API request signatures"; the error texts are
those the service sends.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, unquote

from pelton.errors import WireError
from pelton.server.credentials import Credential
from pelton.server.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"

#: How far a signer's clock may be off.
_SKEW = timedelta(minutes=15)
_EXPIRES_S_MAX = 7 * 24 * 3600
_SCOPE_PARTS = 5
_UNSIGNED = "UNSIGNED-PAYLOAD"
_BASIC_DATE = "%Y%m%dT%H%M%SZ"
_SPACES = re.compile(r"\s+")


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
    expires = query.get("X-Amz-Expires", str(int(_SKEW.total_seconds())))
    if not expires.isdecimal() or int(expires) > _EXPIRES_S_MAX:
        raise IncompleteSignature("X-Amz-Expires must be a number of seconds, at most 604800")
    return Claim(parsed_scope(credential), algorithm, signed_headers, signature, date, int(expires))


class Verifier:
    """Checks claims against configured credentials."""

    def __init__(self, credentials: Mapping[str, Credential]) -> None:
        self._credentials = credentials
        #: The signing key of each key's last scope: four digests saved per request.
        self._signing_keys: dict[str, tuple[Scope, bytes]] = {}

    def verify(self, request: HttpRequest, claim: Claim, service: str, now_ms: int) -> Credential:
        """Whose the request is. ``service`` is the signing name, e.g. ``dynamodb``; ``now_ms`` is real time.

        Raises:
            NotAuthenticated: with the service's text for what is wrong.
        """
        _check_claim(claim, service)
        _check_date(claim, datetime.fromtimestamp(now_ms / 1000, tz=UTC))
        credential = self._credentials.get(claim.scope.key)
        if credential is None:
            raise UnrecognizedClient
        canonical = canonical_request(request, claim)
        to_sign = string_to_sign(claim, canonical)
        expected = hmac.new(self._signing_key(credential, claim.scope), to_sign.encode(), sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
            raise InvalidSignature(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                "Access Key and signing method. Consult the service documentation for details.\n\n"
                f"The Canonical String for this request should have been\n'{canonical}'\n\n"
                f"The String-to-Sign should have been\n'{to_sign}'\n"
            )
        return credential

    def _signing_key(self, credential: Credential, scope: Scope) -> bytes:
        kept = self._signing_keys.get(scope.key)
        if kept is not None and kept[0] == scope:
            return kept[1]
        key = f"AWS4{credential.secret}".encode()
        for part in (scope.date, scope.region, scope.service, "aws4_request"):
            key = hmac.new(key, part.encode(), sha256).digest()
        self._signing_keys[scope.key] = (scope, key)
        return key


def _check_claim(claim: Claim, service: str) -> None:
    if claim.algorithm != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{claim.algorithm}' (only {ALGORITHM} for now). ")
    scope = claim.scope
    if scope.service != service:
        raise InvalidSignature(f"Credential should be scoped to correct service: '{service}'. ")
    if scope.terminator != "aws4_request":
        raise InvalidSignature(
            f"Credential should be scoped with a valid terminator: 'aws4_request', not '{scope.terminator}'. "
        )
    if "host" not in claim.signed_headers.split(";"):
        raise InvalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")


def _check_date(claim: Claim, now: datetime) -> None:
    try:
        then = datetime.strptime(claim.date, _BASIC_DATE).replace(tzinfo=UTC)
    except ValueError:
        raise IncompleteSignature(
            f"Date must be in ISO-8601 'basic format'. Got '{claim.date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ) from None
    if not claim.date.startswith(claim.scope.date + "T"):
        raise InvalidSignature(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{claim.scope.date}' != '{claim.date[:8]}', from '{claim.date}'."
        )
    life = _SKEW if claim.expires_s is None else timedelta(seconds=claim.expires_s)
    if then < now - life:
        raise InvalidSignature(
            f"Signature expired: {claim.date} is now earlier than {now - life:{_BASIC_DATE}} "
            f"({now:{_BASIC_DATE}} - {int(life.total_seconds()) // 60} min.)"
        )
    if then > now + _SKEW:
        raise InvalidSignature(
            f"Signature not yet current: {claim.date} is still later than {now + _SKEW:{_BASIC_DATE}} "
            f"({now:{_BASIC_DATE}} + 15 min.)"
        )


def canonical_request(request: HttpRequest, claim: Claim) -> str:
    """The request in the one form that both sides sign."""
    headers = "".join(
        f"{name}:{_SPACES.sub(' ', request.headers.get(name.encode('latin-1'), b'').decode('latin-1').strip())}\n"
        for name in claim.signed_headers.split(";")
    )
    return "\n".join(
        (
            request.method.decode("latin-1"),
            _canonical_path(request, claim.scope.service),
            _canonical_query(request),
            headers,
            claim.signed_headers,
            _payload_hash(request, claim),
        )
    )


def string_to_sign(claim: Claim, canonical: str) -> str:
    """What the signing key is applied to."""
    scope = "/".join(claim.scope[1:])
    return f"{ALGORITHM}\n{claim.date}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"


def _canonical_path(request: HttpRequest, service: str) -> str:
    path = request.path.decode("latin-1") or "/"
    if service == "s3":  # S3 signs the path as sent; all others encode it once more.
        return path
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    last = "/" if path.endswith("/") and segments else ""
    return quote(f"/{'/'.join(segments)}{last}", safe="/-_.~")


def _canonical_query(request: HttpRequest) -> str:
    if not request.query:
        return ""
    pairs = (part.partition("=")[::2] for part in request.query.decode("latin-1").split("&") if part)
    encoded = [(_encoded(name), _encoded(value)) for name, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded) if name != "X-Amz-Signature")


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _payload_hash(request: HttpRequest, claim: Claim) -> str:
    if claim.scope.service == "s3":  # It alone allows bodies that are not signed, or signed in pieces.
        default = _UNSIGNED if claim.expires_s is not None else sha256(request.body).hexdigest()
        return request.headers.get(b"x-amz-content-sha256", default.encode()).decode("latin-1")
    return sha256(request.body).hexdigest()


def _query_of(request: HttpRequest) -> dict[str, str]:
    pairs = (part.partition("=")[::2] for part in request.query.decode("latin-1").split("&"))
    return {unquote(name): unquote(value) for name, value in pairs}
