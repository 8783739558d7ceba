"""Dispatch: from a request to the operation that answers it, in the service's order of checks.

Knows no sockets. The caller is made out, the body parsed and validated by the service's model; then the operation's
``prepare`` runs, and its decision where its access says: on a snapshot, on the writer, or as a task. Nothing on the
way of a write waits on a future: the reply goes out from the commit's callback.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from random import Random
from typing import Any, NamedTuple, Protocol

import orjson

from pelton.clock import Clock
from pelton.errors import InternalServerError, SerializationFailed, WireError
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.server import replies
from pelton.server.callers import Callers, signed_service
from pelton.server.elsewhere import not_offered_response
from pelton.server.http import HttpRequest, HttpResponse, Reply
from pelton.server.model.service import ServiceModel, Validator
from pelton.server.nesting import is_deeper_than
from pelton.server.options import ServerOptions
from pelton.storage.transaction import Snapshot, WriteTransaction


class Storage(Protocol):
    """What dispatch needs of storage."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The last committed state."""

    def submit(self, decide: Callable[[WriteTransaction], Any], done: Callable[[Any], None]) -> None:
        """Run ``decide`` on the writer; call ``done`` with its result, or what it raised, after the commit."""


#: Models of the services that are reached by ``X-Amz-Target``; one without a model is not validated here.
_MODELS = {"DynamoDB_20120810": "dynamodb.json", "DynamoDBStreams_20120810": "streams.json"}


class _Target(NamedTuple):
    """What an ``X-Amz-Target`` stands for."""

    operation: Operation
    validate: Validator


class Dispatcher:
    """Answers requests with the operations it was given."""

    def __init__(  # The outside world, each part under its name.
        self,
        services: Mapping[str, Mapping[str, Operation]],
        storage: Storage,
        options: ServerOptions,
        *,
        clock: Clock,
        random: Random,
    ) -> None:
        self._storage = storage
        self._options = options
        self._clock = clock
        self._random = random
        self._callers = Callers(options)
        self._tasks: set[asyncio.Task[None]] = set()
        self._targets: dict[bytes, _Target] = {}
        for service, operations in services.items():
            if service != "lambda":
                self._targets.update(_targets(service, operations))

    def dispatch(self, request: HttpRequest, reply: Reply) -> None:
        """Answer one request: ``reply`` is called once, now or after the commit or the call it waits for."""
        request_id = replies.new_request_id(self._random)
        content_type = replies.content_type_of(request.headers.get(b"content-type"))
        answer = _Answer(reply, content_type, request_id, self._options.log)
        try:
            target = self._targets.get(request.headers.get(b"x-amz-target", b""))
            if target is None or request.method != b"POST" or content_type is None:
                self._answer_other(request, answer)
            else:
                self._answer_target(request, target, answer)
        except Exception as fault:  # A server outlives its operations; the fault is logged.
            answer.done(fault)

    def _answer_target(self, request: HttpRequest, target: _Target, answer: _Answer) -> None:
        body = self._parsed(request)
        caller = self._callers.caller(request, "dynamodb", may_be_anonymous=not self._options.needs_auth_header)
        if type(body) is not dict:
            raise SerializationFailed
        target.validate(body)
        trace = request.headers.get(b"x-amzn-trace-id")
        context = RequestContext(
            account=caller.account,
            region=caller.region,
            now_ms=self._clock.now_ms(),
            request_id=answer.request_id.decode(),
            trace=None if trace is None else trace.decode("latin-1"),
        )
        self._run(target.operation, body, context, answer.done)

    def _run(
        self, operation: Operation, body: JsonObject, context: RequestContext, done: Callable[[Any], None]
    ) -> None:
        """Prepare the operation and run its decision where its access says."""
        decision = operation.prepare(body, context)
        if operation.access is Access.WRITE:
            self._storage.submit(decision, done)
        elif operation.access is Access.READ:
            with self._storage.snapshot() as snapshot:
                result = decision(snapshot)
            done(result)
        else:
            task = asyncio.get_running_loop().create_task(_call(decision, done))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _parsed(self, request: HttpRequest) -> Any:
        """The body as JSON; None when it is empty. Raises SerializationFailed, without a text as the service's."""
        if not request.body:
            return None
        if b"content-encoding" in request.headers:
            raise SerializationFailed("Content-Encoding is not supported: send the body as it is")
        if is_deeper_than(request.body, self._options.nesting_max):
            raise SerializationFailed
        try:
            return orjson.loads(request.body)
        except orjson.JSONDecodeError:
            raise SerializationFailed from None

    def _answer_other(self, request: HttpRequest, answer: _Answer) -> None:
        """Answer what is not a known target: a health check, another service, or a mistake."""
        service = signed_service(request)
        if service not in (None, "dynamodb"):
            if self._options.fallback is not None:
                self._options.fallback(request, answer.reply)
            else:
                answer.reply(not_offered_response(request, service))
        elif request.method == b"GET" and request.path == b"/":
            answer.reply(replies.health_response(self._options.region, answer.request_id))
        elif request.method != b"POST" or answer.content_type is None:
            answer.reply(replies.not_found_response(answer.request_id))
        else:
            self._parsed(request)
            raise replies.UnknownOperation


class _Answer:
    """The answer that is due to one request."""

    __slots__ = ("content_type", "log", "reply", "request_id")

    def __init__(self, reply: Reply, content_type: bytes | None, request_id: bytes, log: Callable[[str], None]) -> None:
        self.reply = reply
        self.content_type = content_type
        self.request_id = request_id
        self.log = log

    def done(self, result: Any) -> None:
        """Send what an operation returned or raised."""
        self.reply(self._response(result))

    def _response(self, result: Any) -> HttpResponse:
        if not isinstance(result, BaseException):
            try:
                return replies.json_response(200, orjson.dumps(result), self.content_type, self.request_id)
            except TypeError as fault:  # A reply that is not JSON is our fault, not the client's.
                result = fault
        if not isinstance(result, WireError):
            self.log("".join(traceback.format_exception(result)))
            result = InternalServerError("Internal server error")
        return replies.error_response(result, self.content_type, self.request_id)


async def _call(decision: Callable[[], Coroutine[Any, Any, Any]], done: Callable[[Any], None]) -> None:
    try:
        result = await decision()
    except Exception as fault:  # The client gets an answer whatever the operation does.
        result = fault
    except BaseException as ended:  # Cancelled: the server is closing.
        done(ended)
        raise
    done(result)


def _targets(service: str, operations: Mapping[str, Operation]) -> dict[bytes, _Target]:
    """The targets of one service's operations, each with its validator."""
    model = ServiceModel.load(_MODELS[service]) if service in _MODELS else None
    return {
        f"{service}.{name}".encode(): _Target(
            operation, model.validator(name) if model is not None and name in model.operations else _accept
        )
        for name, operation in operations.items()
    }


def _accept(_body: JsonObject) -> None:
    """No model, no checks."""
