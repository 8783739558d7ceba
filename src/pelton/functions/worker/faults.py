"""Errors in Lambda's shape: what a handler raised, or why there is no handler to call.

Source: Lambda developer guide, "Python function errors"; the runtime interface client's ``bootstrap``.
"""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

#: Where the callers of handlers lie: the worker, and the in-process executor beside it.
_OWN_FOLDER = str(Path(__file__).resolve().parents[1])


class Fault(Exception):
    """A failure the runtime itself names, e.g. ``Runtime.HandlerNotFound``; it has no stack trace."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def error_object(error: BaseException, request_id: str) -> dict[str, Any]:
    """The error object of an exception: message, type, request id, stack trace without the runtime's frames."""
    if isinstance(error, Fault):
        return _object(str(error), error.error_type, request_id, [])
    return _object(_message(error), type(error).__name__, request_id, stack_trace(error.__traceback__))


def error_payload(error: dict[str, Any]) -> bytes:
    """The object as JSON text; characters that no encoding holds are escaped."""
    return json.dumps(error).encode()


def stack_trace(trace: TracebackType | None) -> list[str]:
    """Formatted entries from the outermost frame on that is not the runtime's own."""
    entries = traceback.extract_tb(trace)
    while entries and entries[0].filename.startswith(_OWN_FOLDER):
        del entries[0]
    return traceback.format_list(entries)


def _object(message: str, error_type: str, request_id: str, trace: list[str]) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": trace}


def _message(error: BaseException) -> str:
    """The exception's text; an exception whose own ``__str__`` raises is named instead."""
    try:
        return str(error)
    except Exception as broken:  # The handler's own code: whatever it raises, there must be an answer.
        return f"<{type(error).__name__} whose text cannot be made: {type(broken).__name__}>"
