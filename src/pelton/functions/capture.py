"""What code in this interpreter prints and logs, as log lines; it still appears where it would have."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import TextIO

from pelton.functions.executor import Log
from pelton.functions.lines import LineSplitter
from pelton.functions.worker.logs import RequestLogHandler, root_level
from pelton.operations import JsonObject


@contextlib.contextmanager
def captured(log: Log, request_id: str, start: JsonObject) -> Iterator[None]:
    """Hand every line that is printed or logged meanwhile to ``log`` too; a debugger's prompt works.

    Args:
        log: takes the lines.
        request_id: of the invocation; empty while importing.
        start: what a worker process would be told; with JSON its ``log_level`` is the root logger's meanwhile, and
            what the code made of it afterwards is put there.
    """
    lines = LineSplitter()
    handler = RequestLogHandler(is_json=start["log_format"] == "JSON")
    handler.request_id = request_id
    root = logging.getLogger()
    root.addHandler(handler)
    before = root.level
    if (level := root_level(start["log_format"], start["log_level"])) is not None:
        root.setLevel(level)
    try:
        with (
            contextlib.redirect_stdout(_Tee(sys.stdout, log, lines)),  # type: ignore[type-var]
            contextlib.redirect_stderr(_Tee(sys.stderr, log, lines)),  # type: ignore[type-var]
        ):
            yield
    finally:
        root.removeHandler(handler)
        if level is not None:
            start["log_level"] = root.level
            root.setLevel(before)
        for line in lines.end():
            log(line)


class _Tee:
    """A text stream that writes to another and to the log; in all else it is the other."""

    def __init__(self, stream: TextIO, log: Log, lines: LineSplitter) -> None:
        self._stream = stream
        self._log = log
        self._lines = lines

    def write(self, text: str) -> int:
        """Write to both."""
        for line in self._lines.feed(text.encode("utf-8", "replace")):
            self._log(line)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)
