"""Cross-origin answers: a REST path answers OPTIONS by itself; an HTTP API also sets the headers of every answer.

Source: API Gateway developer guide, "Configure CORS for HTTP APIs"; Serverless Framework, ``http`` events, CORS.
"""

from __future__ import annotations

from dataclasses import replace

from pelton.gateway.answer import Answer
from pelton.gateway.request import GatewayRequest
from pelton.projects.project import Cors, Route


def rest_preflight(request: GatewayRequest, routes: list[Route]) -> Answer | None:
    """The answer of a REST path with CORS to OPTIONS; None where a route of its own answers, or no CORS is set."""
    rest = [route for route in routes if route.kind == "http"]
    same = [route for route in rest if route.path == rest[0].path]
    cors = next((route.cors for route in same if route.cors), None)
    if request.method != "OPTIONS" or cors is None or any(route.method == "OPTIONS" for route in same):
        return None
    origin = _allowed(cors, request.header("origin")) or cors.origins[0]
    headers = [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Headers", ",".join(cors.headers)),
        ("Access-Control-Allow-Methods", ",".join(cors.methods)),
        ("Content-Type", "application/json"),
    ]
    if cors.has_credentials:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    if cors.max_age_s is not None:
        headers.append(("Access-Control-Max-Age", str(cors.max_age_s)))
    if cors.cache_control is not None:
        headers.append(("Cache-Control", cors.cache_control))
    return Answer(200, tuple(headers), b"")


def http_api_preflight(request: GatewayRequest, cors: Cors) -> Answer | None:
    """The answer of an HTTP API with CORS to a preflight; None for a request that is none."""
    if request.method != "OPTIONS" or not request.header("access-control-request-method"):
        return None
    if request.header("origin") is None:
        return None
    return with_http_api_headers(Answer(204, (), b""), request, cors)


def with_http_api_headers(answer: Answer, request: GatewayRequest, cors: Cors) -> Answer:
    """The answer with the API's CORS headers in place of the function's own."""
    kept = [(name, value) for name, value in answer.headers if not name.lower().startswith("access-control-")]
    origin = _allowed(cors, request.header("origin"))
    if origin is None:
        return replace(answer, headers=tuple(kept))
    kept.append(("access-control-allow-origin", origin))
    if origin != "*":
        kept.append(("vary", "Origin"))
    if cors.has_credentials:
        kept.append(("access-control-allow-credentials", "true"))
    if cors.exposed_headers:
        kept.append(("access-control-expose-headers", ",".join(cors.exposed_headers)))
    if request.method == "OPTIONS":
        kept.append(("access-control-allow-methods", ",".join(cors.methods)))
        kept.append(("access-control-allow-headers", ",".join(cors.headers).lower()))
        if cors.max_age_s is not None:
            kept.append(("access-control-max-age", str(cors.max_age_s)))
    return replace(answer, headers=tuple(kept))


def _allowed(cors: Cors, origin: str | None) -> str | None:
    """The value of Access-Control-Allow-Origin for a request from ``origin``; None when it may not."""
    if origin is None:
        return None
    if "*" in cors.origins:
        return "*"
    for allowed in cors.origins:
        if allowed == origin or (allowed.endswith("://*") and origin.startswith(allowed[:-1])):
            return origin
    return None
