"""Event format 1.0: what a function behind a REST API gets, and behind an HTTP API that asks for it.

Source: API Gateway developer guide, "Input format of a Lambda function for proxy integration".
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import unquote

from pelton.gateway.content import is_binary_type, is_text_type
from pelton.gateway.environment import CALLER_ID, CALLER_KEY, ApiIdentity
from pelton.gateway.request import GatewayRequest, request_time
from pelton.gateway.routes import Match
from pelton.operations import JsonObject

#: Headers of the connection, not of the message: a REST API drops them.
_DROPPED = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade", "te", "expect"})
#: Spellings that capitalising the first letters would miss.
_SPELLED = {
    "etag": "ETag",
    "dnt": "DNT",
    "www-authenticate": "WWW-Authenticate",
    "x-xss-protection": "X-XSS-Protection",
}


def event_v1(
    request: GatewayRequest, match: Match, identity: ApiIdentity, authorizer: JsonObject | None = None
) -> JsonObject:
    """The event of a request that matched a route with payload format 1.0; ``authorizer`` is what its own said."""
    is_rest = match.route.kind == "http"
    headers = _headers(request, drop_connection=is_rest)
    query = request.query()
    parameters = {name: value if is_rest else unquote(value) for name, value in match.parameters}
    body, is_base64 = _body(request, match)
    event: JsonObject = {} if is_rest else {"version": "1.0"}
    event |= {
        "resource": match.route.path,
        "path": _collapsed(match.path),
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _lists(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _lists(query) or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": _context(request, match, identity)
        | ({} if authorizer is None else {"authorizer": authorizer}),
        "body": body,
        "isBase64Encoded": is_base64,
    }
    return event


def spelled(name: str) -> str:
    """A header's usual spelling: ``content-type`` as ``Content-Type``."""
    return _SPELLED.get(name) or "-".join(part[:1].upper() + part[1:] for part in name.split("-"))


def _headers(request: GatewayRequest, *, drop_connection: bool) -> list[tuple[str, str]]:
    added = request.forwarded()
    kept = [
        (spelled(name), value)
        for name, value in request.headers
        if name not in added and not (drop_connection and name in _DROPPED)
    ]
    return [*kept, *((spelled(name), value) for name, value in added.items())]


def _lists(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists


def _body(request: GatewayRequest, match: Match) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    content_type = request.header("content-type") or ""
    is_binary = (
        is_binary_type(content_type, match.route.binary_types)
        if match.route.kind == "http"
        else not is_text_type(content_type)
    )
    if is_binary:
        return base64.b64encode(request.body).decode(), True
    return request.body.decode("utf-8", "replace"), False


def _collapsed(path: str) -> str:
    """Two slashes at the start become one."""
    return "/" + path.lstrip("/") if path.startswith("//") else path


def _context(request: GatewayRequest, match: Match, identity: ApiIdentity) -> JsonObject:
    is_rest = match.route.kind == "http"
    stage = identity.stage if is_rest else "$default"
    route_key = f"{match.route.method} {match.route.path}" if match.route.path != "$default" else "$default"
    return {
        "accountId": identity.account,
        "apiId": identity.api_id,
        "domainName": request.domain,
        "domainPrefix": request.domain.split(".", 1)[0],
        "extendedRequestId": request.extended_id,
        "httpMethod": request.method,
        "identity": _identity(request, match, identity),
        "path": f"/{stage}{_collapsed(match.path)}" if is_rest else match.path,
        "protocol": request.protocol,
        "requestId": request.request_id if is_rest else request.extended_id,
        "requestTime": request_time(request.received_ms),
        "requestTimeEpoch": request.received_ms,
        "resourceId": identity.resource_id(match.route.path) if is_rest else route_key,
        "resourcePath": match.route.path,
        "stage": stage,
        **({"deploymentId": identity.resource_id(stage)} if is_rest else {}),
    }


def _identity(request: GatewayRequest, match: Match, identity: ApiIdentity) -> JsonObject:
    caller = match.route.is_iam
    key = request.header("x-api-key") if match.route.needs_key else None
    return {
        **({} if key is None else {"apiKey": key, "apiKeyId": identity.key_id(key)}),
        "accessKey": CALLER_KEY if caller else None,
        "accountId": identity.account if caller else None,
        "caller": CALLER_ID if caller else None,
        "cognitoAuthenticationProvider": None,
        "cognitoAuthenticationType": None,
        "cognitoIdentityId": None,
        "cognitoIdentityPoolId": None,
        "principalOrgId": None,
        "sourceIp": request.source_ip,
        "user": CALLER_ID if caller else None,
        "userAgent": request.header("user-agent"),
        "userArn": identity.caller_arn if caller else None,
    }
