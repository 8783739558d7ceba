from __future__ import annotations

import inspect
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pelton.server import Credential, HttpRequest
from pelton.server.claims import (
    IncompleteSignature,
    InvalidSignature,
    MissingAuthenticationToken,
    NotAuthenticated,
    UnrecognizedClient,
    claim_of,
)
from pelton.server.signatures import Verifier

CREDENTIAL = Credential(key="AKIDEXAMPLE", secret="wJalrXUtnFEMI", account="111111111111")
VERIFIER = Verifier({CREDENTIAL.key: CREDENTIAL})
MINUTE_MS = 60_000


def signed(
    signer: type[SigV4Auth] = SigV4Auth,
    url: str = "http://localhost:8000/",
    service: str = "dynamodb",
    secret: str = CREDENTIAL.secret,
    key: str = CREDENTIAL.key,
) -> HttpRequest:
    """A request signed by botocore, as it would arrive."""
    asked = AWSRequest("POST", url, {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Spaced": " a   b "}, b"{}")
    signer(Credentials(key, secret), service, "eu-west-1").add_auth(asked)
    sent = asked.prepare()
    parts = urlsplit(sent.url)
    headers = {name.lower().encode(): str(value).encode() for name, value in asked.headers.items()}
    host = {b"host": b"localhost:8000"}
    return HttpRequest(b"POST", parts.path.encode(), parts.query.encode(), {**host, **headers}, sent.body or b"")


def sent_ms(request: HttpRequest) -> int:
    moment = datetime.strptime(claim_of(request).date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def verify(request: HttpRequest, service: str = "dynamodb", later_ms: int = 0) -> Credential:
    claim = claim_of(request)
    return VERIFIER.verify(request, claim, service, sent_ms(request) + later_ms)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/",
        "http://localhost:8000/2015-03-31/functions/arn%3Aaws%3Alambda/invocations?Qualifier=%24LATEST&A=b%20c&B",
        "http://localhost:8000/a//b/./c/../d/",
    ],
)
@pytest.mark.parametrize("signer", [SigV4Auth, SigV4QueryAuth])
def test_what_botocore_signs_is_accepted(signer: type[SigV4Auth], url: str) -> None:
    assert verify(signed(signer, url)) == CREDENTIAL


def test_what_botocore_signs_for_objects_is_accepted() -> None:
    request = signed(S3SigV4Auth, "http://localhost:8000/bucket/a%20b//c", "s3")

    assert verify(request, "s3") == CREDENTIAL


@pytest.mark.parametrize(
    "changed",
    [
        lambda request: request._replace(body=b'{"Limit":1}'),
        lambda request: request._replace(path=b"/other"),
        lambda request: request._replace(query=b"a=b"),
        lambda request: request._replace(headers={**request.headers, b"host": b"other"}),
        lambda request: request._replace(headers={**request.headers, b"x-amz-target": b"other"}),
    ],
)
def test_a_changed_request_is_refused(changed: object) -> None:
    assert callable(changed)

    with pytest.raises(InvalidSignature, match="does not match the signature you provided"):
        verify(changed(signed()))


def test_another_secret_is_refused() -> None:
    with pytest.raises(InvalidSignature, match="does not match the signature you provided"):
        verify(signed(secret="other"))


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(UnrecognizedClient, match="The security token included in the request is invalid"):
        verify(signed(key="AKIDOTHER"))


def test_a_signature_for_another_service_is_refused() -> None:
    with pytest.raises(InvalidSignature, match="correct service: 'dynamodb'"):
        verify(signed(service="sqs"))


@pytest.mark.parametrize("later_ms", [-14 * MINUTE_MS, 14 * MINUTE_MS])
def test_clocks_may_differ_a_little(later_ms: int) -> None:
    assert verify(signed(), later_ms=later_ms) == CREDENTIAL


@pytest.mark.parametrize(
    ("later_ms", "text"), [(16 * MINUTE_MS, "Signature expired: "), (-16 * MINUTE_MS, "Signature not yet current: ")]
)
def test_an_old_or_early_signature_is_refused(later_ms: int, text: str) -> None:
    with pytest.raises(InvalidSignature, match=text):
        verify(signed(), later_ms=later_ms)


def test_a_presigned_request_is_good_for_as_long_as_it_says() -> None:
    assert verify(signed(SigV4QueryAuth), later_ms=59 * MINUTE_MS) == CREDENTIAL
    with pytest.raises(InvalidSignature, match="Signature expired"):
        verify(signed(SigV4QueryAuth), later_ms=61 * MINUTE_MS)


def test_a_presigned_request_is_good_for_a_week_at_most() -> None:
    request = signed(SigV4QueryAuth)
    longer = request.query.replace(b"X-Amz-Expires=3600", b"X-Amz-Expires=604801")
    assert longer != request.query

    with pytest.raises(IncompleteSignature, match="at most 604800"):
        claim_of(request._replace(query=longer))


def test_a_presigned_request_cannot_be_given_a_longer_life() -> None:
    request = signed(SigV4QueryAuth)
    longer = request._replace(query=request.query.replace(b"X-Amz-Expires=3600", b"X-Amz-Expires=86400"))

    with pytest.raises(InvalidSignature, match="does not match the signature you provided"):
        verify(longer)


def test_signatures_are_compared_in_constant_time() -> None:
    """Held by the source: a comparison with ``==`` would pass every other test here."""
    source = inspect.getsource(Verifier.verify)

    assert "compare_digest" in source
    assert "== claim.signature" not in source


HEADER = "AWS4-HMAC-SHA256 Credential=k/20260101/r/dynamodb/aws4_request, SignedHeaders=host, Signature=s"


@pytest.mark.parametrize(
    ("headers", "query", "error", "text"),
    [
        ({}, "", MissingAuthenticationToken, "Request is missing Authentication Token"),
        ({"authorization": "Basic abc"}, "", MissingAuthenticationToken, "Request is missing Authentication Token"),
        (
            {"authorization": HEADER, "x-amz-date": "20260101T000000Z"},
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            InvalidSignature,
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        ),
        (
            {"authorization": "AWS4-HMAC-SHA256 Credential=a"},
            "",
            IncompleteSignature,
            (
                "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' "
                "parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
                "Authorization=AWS4-HMAC-SHA256 Credential=a"
            ),
        ),
        (
            {},
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=c&X-Amz-Date=d",
            IncompleteSignature,
            (
                "AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include "
                "'X-Amz-SignedHeaders'. Re-examine the query-string parameters."
            ),
        ),
        (
            {"authorization": HEADER.replace("/r/", "/"), "x-amz-date": "20260101T000000Z"},
            "",
            IncompleteSignature,
            (
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
                "'k/20260101/dynamodb/aws4_request'"
            ),
        ),
    ],
)
def test_an_incomplete_signature_is_refused_with_the_services_text(
    headers: dict[str, str], query: str, error: type[NotAuthenticated], text: str
) -> None:
    given = {name.encode(): value.encode() for name, value in headers.items()}
    with pytest.raises(error) as caught:
        claim_of(HttpRequest(b"POST", b"/", query.encode(), given, b""))

    assert caught.value.message == text


@pytest.mark.parametrize(
    ("replaced", "by", "text"),
    [
        (b"AWS4-HMAC-SHA256 ", b"AWS4-HMAC-SHA1 ", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'"),
        (b"aws4_request", b"aws3_request", "valid terminator: 'aws4_request', not 'aws3_request'"),
        (b"host;", b"", "'Host' or ':authority' must be a 'SignedHeader'"),
        (b";x-amz-target", b"", "'X-Amz-Target' must be a 'SignedHeader'"),
    ],
)
def test_a_signature_of_another_kind_is_refused(replaced: bytes, by: bytes, text: str) -> None:
    request = signed()
    authorization = request.headers[b"authorization"].replace(replaced, by)

    with pytest.raises(NotAuthenticated, match=text):
        verify(request._replace(headers={**request.headers, b"authorization": authorization}))


def test_a_date_in_another_form_is_refused() -> None:
    request = signed()
    claim = claim_of(request._replace(headers={**request.headers, b"x-amz-date": b"today"}))

    with pytest.raises(IncompleteSignature, match=r"Date must be in ISO-8601 'basic format'\. Got 'today'"):
        VERIFIER.verify(request, claim, "dynamodb", 0)
