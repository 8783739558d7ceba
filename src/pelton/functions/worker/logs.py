"""The root logger's handler: ``[INFO]<tab>time<tab>request id<tab>message`` on standard output.

It is there before the handler's module is imported, so ``logging.basicConfig`` does nothing, as on Lambda.
"""

from __future__ import annotations

import logging
import sys
import time

_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"


class RequestLogHandler(logging.Handler):
    """Writes records with the id of the invocation under way; empty outside invocations."""

    def __init__(self) -> None:
        super().__init__()
        self.request_id = ""
        formatter = logging.Formatter(_FORMAT, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; ``sys.stdout`` is looked up each time because handlers may replace it."""
        record.aws_request_id = self.request_id
        try:
            sys.stdout.write(self.format(record) + "\n")
        except Exception:  # As every logging handler: a log line never fails the program.
            self.handleError(record)
