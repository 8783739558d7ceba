"""Event format 2.0: what a function behind an HTTP API gets.

Empty members are absent, not null. Source: API Gateway developer guide, "Payload format version" of Lambda
proxy integrations for HTTP APIs.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import unquote

from pelton.gateway.content import is_text_type
from pelton.gateway.environment import CALLER_ID, CALLER_KEY, ApiIdentity
from pelton.gateway.request import GatewayRequest, request_time
from pelton.gateway.routes import Match
from pelton.operations import JsonObject

_DROPPED = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "cookie"})


def event_v2(
    request: GatewayRequest, match: Match, identity: ApiIdentity, authorizer: JsonObject | None = None
) -> JsonObject:
    """The event of a request that matched a route with payload format 2.0; ``authorizer`` is what its own said."""
    route_key = route_key_of(match)
    event: JsonObject = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request.path,
        "rawQueryString": request.raw_query,
        "headers": _headers(request),
        "requestContext": _context(request, match, identity, route_key)
        | ({} if authorizer is None else {"authorizer": authorizer}),
        "isBase64Encoded": False,
    }
    cookies = [cookie for value in _values(request, "cookie") for cookie in _cookies(value)]
    optional = {
        "cookies": cookies,
        "queryStringParameters": _joined(request.query()),
        "pathParameters": {name: unquote(value) for name, value in match.parameters},
    }
    event |= {name: value for name, value in optional.items() if value}
    if request.body:
        is_text = is_text_type(request.header("content-type") or "")
        event["body"] = request.body.decode("utf-8", "replace") if is_text else base64.b64encode(request.body).decode()
        event["isBase64Encoded"] = not is_text
    return event


def route_key_of(match: Match) -> str:
    """``GET /items/{id}``, ``ANY /x`` or ``$default``."""
    return "$default" if match.route.path == "$default" else f"{match.route.method} {match.route.path}"


def _headers(request: GatewayRequest) -> dict[str, str]:
    added = request.forwarded()
    sent = [(name, value) for name, value in request.headers if name not in _DROPPED and name not in added]
    return {**_joined(sent), **added}


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _values(request: GatewayRequest, name: str) -> list[str]:
    return [value for key, value in request.headers if key == name]


def _cookies(value: str) -> list[str]:
    return [cookie.strip() for cookie in value.split(";") if cookie.strip()]


def _context(request: GatewayRequest, match: Match, identity: ApiIdentity, route_key: str) -> JsonObject:
    context: JsonObject = {
        "accountId": identity.account,
        "apiId": identity.api_id,
        "domainName": request.domain,
        "domainPrefix": request.domain.split(".", 1)[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent") or "",
        },
        "requestId": request.extended_id,
        "routeKey": route_key,
        "stage": "$default",
        "time": request_time(request.received_ms),
        "timeEpoch": request.received_ms,
    }
    if match.route.is_iam:
        context["authorizer"] = {"iam": _caller(identity)}
    return context


def _caller(identity: ApiIdentity) -> JsonObject:
    return {
        "accessKey": CALLER_KEY,
        "accountId": identity.account,
        "callerId": CALLER_ID,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": identity.caller_arn,
        "userId": CALLER_ID,
    }
