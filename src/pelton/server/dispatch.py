"""Dispatch: from a request to the operation that answers it, in the service's order of checks.

Knows no sockets. The caller is made out, the body parsed and validated by the service's model; then the operation's
``prepare`` runs, and its decision where its access says: on a snapshot, on the writer, or as a task. Nothing on the
way of a write waits on a future: the reply goes out from the commit's callback.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from random import Random
from typing import Any, Protocol

from pelton.clock import Clock
from pelton.errors import SerializationFailed
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.server import replies
from pelton.server.answers import Answer, JsonAnswer, RestAnswer
from pelton.server.bodies import parsed
from pelton.server.callers import Caller, Callers, signed_service
from pelton.server.claims import MissingAuthenticationToken
from pelton.server.elsewhere import not_offered_response, refused_subscription
from pelton.server.http import HttpRequest, Reply
from pelton.server.misplaced import MisplacedTables
from pelton.server.model.service import ServiceModel, Validator
from pelton.server.options import ServerOptions
from pelton.server.query_replies import QueryAnswer
from pelton.server.query_requests import InvalidAction, body_of, form_of, is_query_request
from pelton.server.rest import RestProtocol
from pelton.server.turns import Turns
from pelton.storage.transaction import Snapshot, WriteTransaction

#: Models of the services that are reached by ``X-Amz-Target``; one without a model is not validated here.
_MODELS = {
    "DynamoDB_20120810": "dynamodb.json",
    "DynamoDBStreams_20120810": "streams.json",
    "AmazonSQS": "sqs.json",
}

#: Names that requests are signed for, where it is not ``dynamodb``.
_SIGNING_NAMES = {"AmazonSQS": "sqs"}

#: All of Lambda's paths begin with the date of their version.
_LAMBDA_PATH = re.compile(rb"/20\d\d-\d\d-\d\d/")


class Storage(Protocol):
    """What dispatch needs of storage."""

    def snapshot(self) -> Snapshot:
        """The last committed state, until the loop goes on."""

    def submit(self, decide: Callable[[WriteTransaction], Any], done: Callable[[Any], None]) -> None:
        """Run ``decide`` on the writer; call ``done`` with its result, or what it raised, after the commit."""

    @property
    def waiting(self) -> Callable[[], int]:
        """How many decisions wait for the writer."""


class _Target:
    """What an ``X-Amz-Target`` stands for."""

    __slots__ = ("operation", "signing_name", "validate")

    def __init__(self, operation: Operation, make_validator: Callable[[], Validator], signing_name: str) -> None:
        self.operation = operation
        self.signing_name = signing_name
        self.validate: Validator = partial(self._first, make_validator)

    def _first(self, make_validator: Callable[[], Validator], body: JsonObject) -> None:
        """Validate, and keep the validator: making all at the start would cost more than most runs ever use."""
        self.validate = make_validator()
        self.validate(body)


class Dispatcher:
    """Answers requests with the operations it was given."""

    def __init__(
        self,
        services: Mapping[str, Mapping[str, Operation]],
        storage: Storage,
        options: ServerOptions,
        *,
        clock: Clock,
        random: Random,
        spawn: Callable[[Coroutine[Any, Any, None]], None] | None = None,
    ) -> None:
        """Make a dispatcher.

        Args:
            services: operations by name, by the first part of ``X-Amz-Target``, and those of ``lambda``.
            storage: where decisions run.
            options: who may call, and where what is not offered goes.
            clock: gives each request its time.
            random: seeds what makes request ids; nothing of value.
            spawn: runs what waits for functions; None: a task of the running loop.
        """
        self._storage = storage
        self._options = options
        self._clock = clock
        self._random = Random(random.getrandbits(64))  # A request need not ask the system for randomness.
        self._callers = Callers(options)
        self._misplaced = MisplacedTables(storage.snapshot, self._callers.regions, options.log)
        self._turns = Turns(storage.snapshot)
        self._tasks: set[asyncio.Task[None]] = set()
        self._spawn = spawn or self._as_task
        self._models = {name: ServiceModel.load(_MODELS[name]) for name in services if name in _MODELS}
        self._targets: dict[bytes, _Target] = {}
        for service, operations in services.items():
            if service != "lambda":
                self._targets.update(_targets(service, operations, self._models.get(service)))
        self._functions = services.get("lambda", {})
        self._rest = RestProtocol(ServiceModel.load("lambda.json"), options.nesting_max)

    def dispatch(self, request: HttpRequest, reply: Reply) -> None:
        """Answer one request: ``reply`` is called once, now or after the commit or the call it waits for."""
        headers = request.headers
        content_type = headers.get(b"content-type")
        if content_type != replies.JSON_1_0:
            content_type = replies.content_type_of(content_type)
        answer = JsonAnswer(reply, replies.new_request_id(self._random), self._options.log, content_type)
        try:
            target = self._targets.get(headers.get(b"x-amz-target", b""))
            is_of_protocol = request.method == b"POST" and (content_type is not None or not request.body)
            if target is not None and is_of_protocol:
                self._answer_target(request, target, answer)
            else:
                self._answer_other(request, answer, is_of_protocol=is_of_protocol)
        except Exception as fault:  # A server outlives its operations; what is no client's error is logged.
            answer.done(fault)

    def _answer_target(self, request: HttpRequest, target: _Target, answer: JsonAnswer) -> None:
        if self._storage.waiting() >= self._options.waiting_max and target.operation.access is not Access.READ:
            raise replies.Throttled  # Before anything is done for it: those who wait are served.
        body = parsed(request, self._options.nesting_max)
        caller = self._callers.caller(
            request, target.signing_name, may_be_anonymous=not self._options.needs_auth_header
        )
        if type(body) is not dict:
            raise SerializationFailed
        target.validate(body)
        context = self._context(request, caller, answer)
        if target.signing_name == "sqs":  # Queues alone are named by URLs.
            context = self._at_host(context, request)
        answer.on_missing = partial(self._misplaced.explain, body, context)
        self._run(target.operation, body, context, answer)

    def _at_host(self, context: RequestContext, request: HttpRequest) -> RequestContext:
        return context._replace(host=request.headers.get(b"host", b"localhost").decode("latin-1"))

    def _context(self, request: HttpRequest, caller: Caller, answer: Answer) -> RequestContext:
        trace = request.headers.get(b"x-amzn-trace-id")
        return RequestContext(
            account=caller.account,
            region=caller.region,
            now_ms=self._clock.now_ms(),
            request_id=answer.request_id.decode(),
            trace=None if trace is None else trace.decode("latin-1"),
        )

    def _run(self, operation: Operation, body: JsonObject, context: RequestContext, answer: Answer) -> None:
        """Prepare the operation and run its decision where its access says."""
        decision = operation.prepare(body, context)
        if operation.access is Access.WRITE:
            self._storage.submit(decision, answer.done)
        elif operation.access is Access.READ:
            self._turns.read(decision, answer.done)
        elif operation.access is Access.AS_PREPARED:
            access, decide = decision
            if access is Access.WRITE:
                self._storage.submit(decide, answer.done)
            else:
                self._turns.read(decide, answer.done)
        else:
            self._spawn(_call(decision, answer.done))

    def _as_task(self, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(call)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _answer_other(self, request: HttpRequest, answer: JsonAnswer, *, is_of_protocol: bool) -> None:
        """Answer what is not a known target: Lambda, another service, a health check, or a mistake."""
        service = signed_service(request)
        if request.path.startswith(b"/_url/") and self._options.function_url is not None:
            self._options.function_url(request, answer.reply)
        elif service in (None, "lambda") and _LAMBDA_PATH.match(request.path):
            self._answer_rest(request, answer.reply)
        elif service in (None, "sqs") and "AmazonSQS" in self._models and is_query_request(request):
            self._answer_query(request, answer.reply)
        elif service == "sqs" and "AmazonSQS" in self._models:
            if not is_of_protocol:
                answer.reply(replies.not_found_response(answer.request_id))
                return
            raise self._unknown(request.headers.get(b"x-amz-target", b"").decode("latin-1"))
        elif service not in (None, "dynamodb", "lambda"):
            self._answer_elsewhere(request, service, answer)
        elif request.method == b"GET" and request.path == b"/":
            answer.reply(replies.health_response(self._options.region, answer.request_id))
        elif not is_of_protocol:
            answer.reply(replies.not_found_response(answer.request_id))
        else:
            parsed(request, self._options.nesting_max)
            raise self._unknown(request.headers.get(b"x-amz-target", b"").decode("latin-1"))

    def _unknown(self, target: str) -> replies.UnknownOperation:
        """The error for a target: with a text when it is an operation of the service that is not offered here."""
        service, _, name = target.partition(".")
        if service in self._models and name in self._models[service].operations:
            return replies.UnknownOperation(f"Pelton does not offer the operation {name}")
        return replies.UnknownOperation()

    def _answer_elsewhere(self, request: HttpRequest, service: str | None, answer: JsonAnswer) -> None:
        if self._options.fallback is None:
            answer.reply(not_offered_response(request, service))
            return
        if self._options.credentials is not None and service is not None:
            self._callers.caller(request, service, may_be_anonymous=False)
        refused = refused_subscription(request) if service == "sns" else None
        if refused is not None:
            answer.reply(refused)
            return
        self._options.fallback(request, answer.reply)

    def _answer_query(self, request: HttpRequest, reply: Reply) -> None:
        """Answer a request to SQS in its older protocol: as the JSON protocol would, in XML."""
        answer = QueryAnswer(reply, replies.new_request_uuid(self._random), self._options.log)
        try:
            # What a web page can have a browser get must not send messages: that needs the header.
            may_be_anonymous = request.method == b"POST" and not self._options.needs_auth_header
            if not may_be_anonymous and b"authorization" not in request.headers:
                raise MissingAuthenticationToken
            caller = self._callers.caller(request, "sqs", may_be_anonymous=may_be_anonymous)
            form = form_of(request)
            answer.operation = form.get("Action", "")
            target = self._targets.get(f"AmazonSQS.{answer.operation}".encode())
            if target is None:
                raise InvalidAction(answer.operation)
            body = body_of(self._models["AmazonSQS"], answer.operation, form, request.path)
            target.validate(body)
            self._run(target.operation, body, self._at_host(self._context(request, caller, answer), request), answer)
        except Exception as fault:  # As above; the error has this protocol's form.
            answer.done(fault)

    def _answer_rest(self, request: HttpRequest, reply: Reply) -> None:
        """Answer a request to Lambda."""
        answer = RestAnswer(reply, replies.new_request_uuid(self._random), self._options.log, self._rest)
        try:
            # Never without the header: no web page can send one unasked, and here code is uploaded.
            if b"authorization" not in request.headers:
                raise MissingAuthenticationToken
            caller = self._callers.caller(request, "lambda", may_be_anonymous=False)
            found = self._rest.operation(request)
            if found is None:
                raise replies.UnknownPath
            answer.operation, members = found
            operation = self._functions.get(answer.operation)
            if operation is None:
                raise replies.UnknownPath(f"Pelton does not offer the operation {answer.operation} of Lambda")
            body = self._rest.body(answer.operation, members, request)
            self._run(operation, body, self._context(request, caller, answer), answer)
        except Exception as fault:  # As above; the error has this protocol's form.
            answer.done(fault)


async def _call(decision: Callable[[], Coroutine[Any, Any, Any]], done: Callable[[Any], None]) -> None:
    try:
        result = await decision()
    except Exception as fault:  # The client gets an answer whatever the operation does.
        result = fault
    except BaseException as ended:  # Cancelled: the server is closing.
        done(ended)
        raise
    done(result)


def _targets(service: str, operations: Mapping[str, Operation], model: ServiceModel | None) -> dict[bytes, _Target]:
    """The targets of one service's operations, each with its validator."""
    signing_name = _SIGNING_NAMES.get(service, "dynamodb")
    targets = {}
    for name, operation in operations.items():
        is_known = model is not None and name in model.operations
        make_validator = partial(model.validator, name) if model is not None and is_known else _accepting
        targets[f"{service}.{name}".encode()] = _Target(operation, make_validator, signing_name)
    return targets


def _accepting() -> Validator:
    """No model, no checks."""
    return lambda _body: None
