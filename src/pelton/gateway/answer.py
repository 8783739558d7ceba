"""An HTTP answer as a value, and the answers that are the gateway's own.

Source: API Gateway developer guide, "Gateway response types".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["http", "httpApi"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers in the order sent, and body; ``problem`` says in one line what went wrong, for the log."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    problem: str | None = None


_JSON = ("content-type", "application/json")


def _own(status: int, message: str, error_type: str | None = None, problem: str | None = None) -> Answer:
    headers = (_JSON, ("x-amzn-ErrorType", error_type)) if error_type else (_JSON,)
    return Answer(status, headers, b'{"message":"%s"}' % message.encode(), problem)


def no_route(kind: Kind) -> Answer:
    """No route has this path and method."""
    if kind == "http":
        return _own(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
    return _own(404, "Not Found")


def too_large(kind: Kind) -> Answer:
    """The body passes 10 MB."""
    text = "Request Too Long" if kind == "http" else "Request Entity Too Large"
    return _own(413, text, problem="the body is larger than 10 MB")


def forbidden(problem: str) -> Answer:
    """The request may not come in at all."""
    return _own(403, "Forbidden", problem=problem)


def forbidden_key() -> Answer:
    """The route asks for an API key, and there is none or an unknown one."""
    return _own(403, "Forbidden", "ForbiddenException", "x-api-key is no key of the project")


def unauthorized(kind: Kind, problem: str) -> Answer:
    """Nothing says who the request is from, or its authorizer said 401."""
    return _own(401, "Unauthorized", "UnauthorizedException" if kind == "http" else None, problem)


def denied(kind: Kind, *, is_explicit: bool) -> Answer:
    """The authorizer let nobody through."""
    problem = "the authorizer denies it" if is_explicit else "the authorizer's policy does not allow it"
    if kind == "httpApi":
        return _own(403, "Forbidden", problem=problem)
    text = "User is not authorized to access this resource" + (" with an explicit deny" if is_explicit else "")
    headers = (_JSON, ("x-amzn-ErrorType", "AccessDeniedException"))
    return Answer(403, headers, b'{"Message":"%s"}' % text.encode(), problem)


def authorizer_failed(kind: Kind, problem: str) -> Answer:
    """The authorizer failed, or answered what cannot be read."""
    if kind == "httpApi":
        return _own(500, "Internal Server Error", problem=problem)
    headers = (_JSON, ("x-amzn-ErrorType", "AuthorizerConfigurationException"))
    return Answer(500, headers, b'{"message":null}', problem)


def timed_out_authorizer(kind: Kind, seconds: float) -> Answer:
    """The authorizer did not answer in time."""
    return authorizer_failed(kind, f"the authorizer did not answer within {seconds:g} s")


def failed(kind: Kind, problem: str) -> Answer:
    """The function failed, or its result is no valid response."""
    if kind == "http":
        return _own(502, "Internal server error", "InternalServerErrorException", problem)
    return _own(500, "Internal Server Error", problem=problem)


def unavailable(kind: Kind, problem: str) -> Answer:
    """The function could not be invoked at all."""
    if kind == "http":
        return _own(500, "Internal server error", "InternalServerErrorException", problem)
    return _own(503, "Service Unavailable", problem=problem)


def timed_out(kind: Kind, seconds: float) -> Answer:
    """The gateway's patience is over; the function may still be running."""
    problem = f"the function did not answer within {seconds:g} s"
    if kind == "http":
        return _own(504, "Endpoint request timed out", problem=problem)
    return _own(503, "Service Unavailable", problem=problem)


def missing_parameters(names: list[str]) -> Answer:
    """Parameters that the route requires are not in the request."""
    return _own(400, f"Missing required request parameters: [{', '.join(names)}]", "BadRequestException")
