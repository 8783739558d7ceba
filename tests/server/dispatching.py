"""Fakes of what dispatch needs: a storage that commits at once, a log that is a list, operations of few lines."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from pelton.clock import SystemClock
from pelton.operations import Access, Operation
from pelton.server import Dispatcher, HttpRequest, HttpResponse, ServerOptions

AUTHORIZATION = (
    b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/dynamodb/aws4_request, "
    b"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + b"0" * 64
)


class InstantStorage:
    """Runs every decision inside the call."""

    def __init__(self, waiting: int = 0) -> None:
        self.waiting = lambda: waiting

    def snapshot(self) -> Any:
        return "snapshot"

    def submit(self, decide: Callable[[Any], Any], done: Callable[[Any], None]) -> None:
        try:
            result = decide("transaction")
        except Exception as fault:
            result = fault
        done(result)


def operation(name: str, access: Access, decision: Callable[..., Any]) -> Operation:
    """An operation whose reply is ``decision(body, context, *what its access gives)``."""
    return Operation(
        name=name, access=access, prepare=lambda body, context: lambda *given: decision(body, context, *given)
    )


def dispatcher(
    services: dict[str, dict[str, Operation]], options: ServerOptions | None = None, storage: Any = None
) -> Dispatcher:
    return Dispatcher(
        services,
        storage or InstantStorage(),
        options or ServerOptions(),
        clock=SystemClock(),
        random=Random(7),
    )


def request(
    body: bytes = b"{}", target: bytes | None = b"DynamoDB_20120810.ListTables", **headers: bytes
) -> HttpRequest:
    """A signed request to the root; ``x_amz_date=b"…"`` sets a header, and ``b""`` takes one away."""
    given = {
        b"host": b"localhost:8000",
        b"content-type": b"application/x-amz-json-1.0",
        b"x-amz-date": b"20260101T000000Z",
        b"authorization": AUTHORIZATION,
        b"x-amz-target": target or b"",
        **{name.replace("_", "-").encode(): value for name, value in headers.items()},
    }
    return HttpRequest(b"POST", b"/", b"", {name: value for name, value in given.items() if value}, body)


def answer(dispatcher: Dispatcher, asked: HttpRequest) -> HttpResponse:
    """What the dispatcher replies at once."""
    replies: list[HttpResponse] = []
    dispatcher.dispatch(asked, replies.append)
    assert len(replies) == 1
    return replies[0]
