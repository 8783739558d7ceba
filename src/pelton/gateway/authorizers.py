"""Lambda authorizers: what identifies a caller, what the authorizer is asked, and what its answer means. Pure.

Source: API Gateway developer guide, "Use API Gateway Lambda authorizers" and "Control access to HTTP APIs with AWS
Lambda authorizers".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from pelton.gateway.environment import ApiIdentity
from pelton.gateway.event_v1 import event_v1
from pelton.gateway.event_v2 import event_v2, route_key_of
from pelton.gateway.policies import Decision, NotAPolicy, decision
from pelton.gateway.request import GatewayRequest
from pelton.gateway.routes import Match
from pelton.operations import JsonObject
from pelton.projects.project import Authorizer

_BODY = ("body", "isBase64Encoded")


class Unauthorized(Exception):
    """The request says nothing of who it is from, or the authorizer said so: 401."""


class NotAnAnswer(ValueError):
    """The authorizer's answer is none; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an authorizer's answer means for one route."""

    decision: Decision
    principal: str | None = None  #: simple answers name none
    context: JsonObject = field(default_factory=dict)

    def told(self, match: Match, latency_ms: int) -> JsonObject:
        """``requestContext.authorizer`` of the event."""
        if match.route.payload == "2.0":
            return {"lambda": self.context or None}
        latency = {"integrationLatency": latency_ms} if match.route.kind == "http" else {}
        return {**self.context, "principalId": self.principal, **latency}


def identities(authorizer: Authorizer, request: GatewayRequest, match: Match) -> tuple[str, ...]:
    """The values of the authorizer's identity sources.

    Raises:
        Unauthorized: one of them is absent or empty, or is not what the authorizer's expression matches.
    """
    values = tuple(_value(source, request, match) for source in authorizer.sources)
    if not all(values):
        raise Unauthorized("an identity source is absent")
    if authorizer.pattern is not None and re.match(authorizer.pattern, values[0] or "") is None:
        raise Unauthorized("the token is not of the form of identityValidationExpression")
    return tuple(value for value in values if value)


def arn_of(request: GatewayRequest, match: Match, api: ApiIdentity) -> str:
    """ARN of the call: what policies speak of."""
    stage = api.stage if match.route.kind == "http" else "$default"
    path = match.path.lstrip("/")
    return f"arn:aws:execute-api:{api.region}:{api.account}:{api.api_id}/{stage}/{request.method}/{path}"


def authorizer_event(
    authorizer: Authorizer, request: GatewayRequest, match: Match, api: ApiIdentity, values: tuple[str, ...]
) -> JsonObject:
    """What the authorizer's function gets."""
    arn = arn_of(request, match, api)
    if authorizer.kind == "TOKEN":
        return {"type": "TOKEN", "authorizationToken": values[0], "methodArn": arn}
    if authorizer.payload == "2.0":
        event = event_v2(request, match, api)
        kept = {name: value for name, value in event.items() if name not in _BODY}
        return {**kept, "type": "REQUEST", "routeArn": arn, "identitySource": list(values) or None}
    event = event_v1(request, match, api)
    kept = {name: {} if value is None else value for name, value in event.items() if name not in _BODY}
    asked = {**kept, "type": "REQUEST", "methodArn": arn}
    if match.route.kind == "http":
        return asked
    joined = ",".join(values)
    return {**asked, "identitySource": joined, "authorizationToken": joined}


def verdict(answer: bytes, authorizer: Authorizer, match: Match, arn: str) -> Verdict:
    """What an authorizer's result means for the route with that ARN.

    Raises:
        NotAnAnswer: it has another form than the authorizer's.
    """
    try:
        parsed = orjson.loads(answer)
    except orjson.JSONDecodeError:
        raise NotAnAnswer("the authorizer's result is no JSON") from None
    if not isinstance(parsed, dict):
        raise NotAnAnswer("the authorizer's result is no object")
    context = _context(parsed.get("context"), match)
    if authorizer.is_simple and "isAuthorized" in parsed:
        is_authorized = parsed["isAuthorized"]
        if not isinstance(is_authorized, bool):
            raise NotAnAnswer("isAuthorized is neither true nor false")
        return Verdict(decision=Decision.ALLOWED if is_authorized else Decision.DENIED, context=context)
    principal = parsed.get("principalId")
    if not isinstance(principal, str) and match.route.kind == "http":
        raise NotAnAnswer("the authorizer's result has no principalId")
    try:
        decided = decision(parsed.get("policyDocument"), arn)
    except NotAPolicy as error:
        raise NotAnAnswer(f"the authorizer's result: {error}") from None
    return Verdict(decision=decided, principal=principal, context=context)


def _value(source: tuple[str, str], request: GatewayRequest, match: Match) -> str | None:
    kind, name = source
    if kind == "header":
        return request.header(name.lower())
    if kind == "querystring":
        return dict(request.query()).get(name)
    known = {"routeKey": route_key_of(match), "httpMethod": request.method, "path": match.path}
    return {**known, "identity.sourceIp": request.source_ip}[name]


def _context(context: Any, match: Match) -> JsonObject:
    """The context as the event tells it: payload 1.0 holds texts alone.

    Raises:
        NotAnAnswer: it is no object, or holds what a REST API does not take.
    """
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise NotAnAnswer("the context of the authorizer's result is no object")
    if match.route.payload == "2.0":
        return context
    nested = [name for name, value in context.items() if isinstance(value, dict | list)]
    if nested:
        raise NotAnAnswer(f"context.{nested[0]} of the authorizer's result is no text, number or truth value")
    return {name: _text(value) for name, value in context.items() if value is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
