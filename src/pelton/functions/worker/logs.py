"""The root logger's handler: a line of text or of JSON on standard output for each record.

It is there before the handler's module is imported, so ``logging.basicConfig`` does nothing, as on Lambda. What is
printed stays as it is in both formats. Source: the runtime interface client's ``lambda_runtime_log_utils``.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Any

_TEXT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
#: What every record has; all else came with ``extra``.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "aws_request_id", "taskName", "tenant_id"}


class RequestLogHandler(logging.Handler):
    """Writes records with the id of the invocation under way; empty outside invocations."""

    def __init__(self, *, is_json: bool = False) -> None:
        super().__init__()
        self.request_id = ""
        formatter = _JsonFormatter() if is_json else logging.Formatter(_TEXT, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; ``sys.stdout`` is looked up each time because handlers may replace it."""
        record.aws_request_id = self.request_id
        try:
            sys.stdout.write(self.format(record) + "\n")
        except Exception:  # As every logging handler: a log line never fails the program.
            self.handleError(record)


def root_level(log_format: str, level: str | int) -> str | int | None:
    """What the root logger's level becomes; None: it stays, as with text. Python knows no TRACE."""
    if log_format != "JSON":
        return None
    return "DEBUG" if level == "TRACE" else level


class _JsonFormatter(logging.Formatter):
    """One object a record: members without a value are left out, those of ``extra`` follow Lambda's own."""

    def __init__(self) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        members: dict[str, Any] = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **_error(record),
            "requestId": getattr(record, "aws_request_id", None) or None,
        }
        for name, value in vars(record).items():
            if name not in _OWN and name not in members:
                members[name] = value
        given = {name: value for name, value in members.items() if value is not None}
        return json.dumps(given, ensure_ascii=False, default=str)  # A Decimal or a time of ``extra`` loses no record.


def _error(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, error, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": kind.__name__,
        "errorMessage": str(error),
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
    }
