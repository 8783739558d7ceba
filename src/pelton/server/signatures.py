"""Whether a signature is its sender's: AWS Signature Version 4.

Constant in time where a secret is involved. Source: IAM user guide, "AWS API request signatures"; the error texts are
those the service sends.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote, unquote

from pelton.server.claims import Claim, IncompleteSignature, InvalidSignature, Scope, UnrecognizedClient
from pelton.server.credentials import Credential
from pelton.server.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"

#: How far a signer's clock may be off.
_SKEW = timedelta(minutes=15)
_UNSIGNED = "UNSIGNED-PAYLOAD"
_BASIC_DATE = "%Y%m%dT%H%M%SZ"
_BASIC_FORM = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_SPACES = re.compile(r" +")


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
        _check_claim(claim, service, request)
        _check_date(claim, datetime.fromtimestamp(now_ms / 1000, tz=UTC))
        credential = self._credentials.get(claim.scope.key)
        if credential is None:
            raise UnrecognizedClient
        canonical = canonical_request(request, claim)
        to_sign = string_to_sign(claim, canonical)
        expected = hmac.digest(self._signing_key(credential, claim.scope), to_sign.encode(), "sha256").hex()
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
            key = hmac.digest(key, part.encode(), "sha256")
        self._signing_keys[scope.key] = (scope, key)
        return key


def _check_claim(claim: Claim, service: str, request: HttpRequest) -> None:
    if claim.algorithm != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{claim.algorithm}' (only {ALGORITHM} for now). ")
    scope = claim.scope
    if scope.service != service:
        raise InvalidSignature(f"Credential should be scoped to correct service: '{service}'. ")
    if scope.terminator != "aws4_request":
        raise InvalidSignature(
            f"Credential should be scoped with a valid terminator: 'aws4_request', not '{scope.terminator}'. "
        )
    signed = claim.signed_headers.split(";")
    if "host" not in signed:
        raise InvalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    # Or whoever has overheard a request could send it again, within its minutes, as another operation.
    if b"x-amz-target" in request.headers and "x-amz-target" not in signed:
        raise InvalidSignature("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.")


def _check_date(claim: Claim, now: datetime) -> None:
    then = _moment(claim.date)
    if then is None:
        raise IncompleteSignature(
            f"Date must be in ISO-8601 'basic format'. Got '{claim.date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )
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


def _moment(date: str) -> datetime | None:
    """The time in basic format; ``strptime`` takes eight times as long, and every request pays."""
    found = _BASIC_FORM.fullmatch(date)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def canonical_request(request: HttpRequest, claim: Claim) -> str:
    """The request in the one form that both sides sign."""
    headers = "".join([_canonical_header(name, request) for name in claim.signed_headers.split(";")])
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


def _canonical_header(name: str, request: HttpRequest) -> str:
    value = request.headers.get(name.encode("latin-1", "replace"), b"").decode("latin-1").strip()
    return f"{name}:{_SPACES.sub(' ', value) if '  ' in value else value}\n"


def string_to_sign(claim: Claim, canonical: str) -> str:
    """What the signing key is applied to."""
    scope = "/".join(claim.scope[1:])
    return f"{ALGORITHM}\n{claim.date}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"


def _canonical_path(request: HttpRequest, service: str) -> str:
    path = request.path.decode("latin-1") or "/"
    if service == "s3" or path == "/":  # S3 signs the path as sent; all others encode it once more.
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
