"""The answer that is due to one request: what an operation returned or raised, in the protocol of the request."""

from __future__ import annotations

import asyncio
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import orjson

from pelton.errors import InternalServerError, ResourceNotFound, WireError
from pelton.server import replies, rest
from pelton.server.http import HttpResponse, Reply

Log = Callable[[str], None]


class Answer(ABC):
    """Sends one result, or one error, as a response."""

    __slots__ = ("_log", "reply", "request_id")

    def __init__(self, reply: Reply, request_id: bytes, log: Log) -> None:
        self.reply = reply
        self.request_id = request_id
        self._log = log

    def done(self, result: Any) -> None:
        """Send what an operation returned or, when it is an exception, raised.

        Faults of ours are logged with their traceback; a client never sees one.
        """
        if isinstance(result, BaseException):
            self.reply(self._error(self._error_of(result)))
            return
        try:
            response = self._result(result)
        except Exception as fault:  # A reply that cannot be rendered is our fault, not the client's.
            response = self._error(self._error_of(fault))
        self.reply(response)

    @abstractmethod
    def _result(self, result: Any) -> HttpResponse:
        """The response for what an operation returned."""

    @abstractmethod
    def _error(self, error: WireError) -> HttpResponse:
        """The response for what an operation refused."""

    def _error_of(self, fault: BaseException) -> WireError:
        if isinstance(fault, WireError):
            return fault
        if not isinstance(fault, asyncio.CancelledError):  # Cancelled calls belong to a server that closes.
            self._log("".join(traceback.format_exception(fault)))
        return InternalServerError("Internal server error")


class JsonAnswer(Answer):
    """In the AWS JSON protocol."""

    __slots__ = ("content_type", "on_missing")

    def __init__(self, reply: Reply, request_id: bytes, log: Log, content_type: bytes | None) -> None:
        self.reply = reply
        self.request_id = request_id
        self._log = log
        self.content_type = content_type
        self.on_missing: Callable[[], None] | None = None  #: called when what was asked for does not exist

    def _result(self, result: Any) -> HttpResponse:
        # An operation whose model has no output answers nothing at all.
        body = b"" if result is None else orjson.dumps(result)
        return replies.json_response(200, body, self.content_type, self.request_id)

    def _error(self, error: WireError) -> HttpResponse:
        if isinstance(error, ResourceNotFound) and self.on_missing is not None:
            self.on_missing()
        return replies.error_response(error, self.content_type, self.request_id)


class RestAnswer(Answer):
    """In the REST-JSON protocol, to one operation."""

    __slots__ = ("operation", "protocol")

    def __init__(self, reply: Reply, request_id: bytes, log: Log, protocol: rest.RestProtocol) -> None:
        super().__init__(reply, request_id, log)
        self.protocol = protocol
        self.operation: str | None = None  #: known when the path has been read

    def _result(self, result: Any) -> HttpResponse:
        assert self.operation is not None, "a result of no operation"
        return self.protocol.response(self.operation, result, self.request_id)

    def _error(self, error: WireError) -> HttpResponse:
        return rest.error_response(error, self.request_id)
