"""The worker's loop: import the handler, then run one invocation at a time until the socket closes.

Standard output and error are a pipe that Pelton reads, so nothing a handler prints, from C code or child
processes either, can mix with results. All that was written is flushed into the pipe before the result
is sent: whoever has the result finds the lines that belong to it in the pipe.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from .bridge import bridge
from .caches import leave_no_caches
from .context import LambdaContext
from .faults import error_object, error_payload
from .frames import FrameReader, encode_frame
from .handler import Handler, resolve_handler
from .lifeline import hold_on_to
from .logs import RequestLogHandler, root_level
from .marshal import RESPONSE_BYTES_MAX, RESPONSE_TOO_LARGE, escapes, parse_event, render_result
from .memory import ResidentSize

_RECEIVE_BYTES = 1 << 18


def serve(fd: int) -> None:
    """Serve the socket until the other end closes it; does not return."""
    os.set_inheritable(fd, False)
    channel = Channel(socket.socket(fileno=fd))
    function, _ = channel.receive()
    hold_on_to(fd, function["parent_pid"])
    os.register_at_fork(after_in_child=channel.forget)
    if function.get("command"):
        bridge(function, channel)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    worker = Worker(function, channel)
    worker.start()
    while True:
        worker.run_next()


class Channel:
    """The worker's end of the socket pair."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._frames = FrameReader()

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Wait for the next frame; the process ends here when Pelton has closed its end."""
        while (frame := self._frames.next_frame()) is None:
            data = self._connection.recv(_RECEIVE_BYTES)
            if not data:
                os._exit(0)
            self._frames.feed(data)
        return frame

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        """Send one frame."""
        self._connection.sendall(encode_frame(header, payload))

    def forget(self) -> None:
        """In a forked child: it must neither answer for its parent nor hold the connection open."""
        os.close(self._connection.detach())


class Worker:
    """One function's handler and what surrounds its calls."""

    def __init__(self, function: dict[str, Any], channel: Channel) -> None:
        self._function = function
        self._channel = channel
        self._log = RequestLogHandler(is_json=function["log_format"] == "JSON")
        self._memory = ResidentSize()
        self._handler: Handler
        self._is_ascii = escapes(function["runtime"])
        self._flush_c_streams = _c_flush()

    def start(self) -> None:
        """Import the handler and say so; a handler that cannot be imported ends the worker."""
        started = time.monotonic()
        logging.getLogger().addHandler(self._log)
        if (level := root_level(self._function["log_format"], self._function["log_level"])) is not None:
            logging.getLogger().setLevel(level)
        _enter(self._function["code_root"], self._function["paths"])
        try:
            self._handler = resolve_handler(os.environ.get("_HANDLER") or self._function["handler"])  # Wrappers set it.
        except Exception as error:  # A module's body may raise anything; it is the answer.
            self._answer_error(error, "", "failed", started)
            os._exit(1)
        except BaseException as error:
            self._exit(error)
        self._flush()
        self._channel.send({"kind": "ready", "python": platform.python_version(), **self._figures(started)})

    def run_next(self) -> None:
        """Wait for an invocation, run it and answer."""
        invocation, payload = self._channel.receive()
        request_id = self._log.request_id = invocation["id"]
        os.environ["_X_AMZN_TRACE_ID"] = invocation["trace"]
        started = time.monotonic()
        deadline = started + invocation["timeout_s"]
        try:
            context = LambdaContext(self._function, invocation, lambda: (deadline - time.monotonic()) * 1000)
            result = self._handler(parse_event(payload), context)
            answer = render_result(result, is_ascii=self._is_ascii)
        except Exception as error:  # Whatever a handler raises is its outcome.
            self._answer_error(error, request_id, "error", started)
        except BaseException as error:
            self._exit(error)
        else:
            self._answer(answer, started)
        self._log.request_id = ""

    def _answer(self, answer: bytes, started: float) -> None:
        figures = self._figures(started)
        self._flush()
        if len(answer) > RESPONSE_BYTES_MAX:
            members = {"errorMessage": RESPONSE_TOO_LARGE, "errorType": "Function.ResponseSizeTooLarge"}
            header = {"kind": "error", "type": members["errorType"], "message": RESPONSE_TOO_LARGE, **figures}
            self._channel.send(header, error_payload(members))
            return
        self._channel.send({"kind": "result", **figures}, answer)

    def _answer_error(self, error: Exception, request_id: str, kind: str, started: float) -> None:
        members = error_object(error, request_id)
        figures = self._figures(started)
        self._flush()
        header = {"kind": kind, "type": members["errorType"], "message": members["errorMessage"], **figures}
        self._channel.send({**header, "trace": members["stackTrace"]}, error_payload(members))

    def _figures(self, started: float) -> dict[str, Any]:
        return {"ms": (time.monotonic() - started) * 1000, "mb": self._memory.largest_mb()}

    def _flush(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # A handler may have replaced or closed the stream.
                stream.flush()
        self._flush_c_streams()

    def _exit(self, error: BaseException) -> None:
        """End as the interpreter would, but at once: a thread of the handler's must not hold it up."""
        status = 1
        if not isinstance(error, SystemExit):
            traceback.print_exception(type(error), error, error.__traceback__)
        elif error.code is None or isinstance(error.code, int):
            status = error.code or 0
        else:
            print(error.code, file=sys.stderr)
        self._flush()
        os._exit(status & 0xFF)


def _enter(code_root: str, paths: list[str]) -> None:
    """Make the code folder the working directory and the first place modules come from."""
    os.chdir(code_root)
    leave_no_caches(code_root)
    sys.path[:0] = [code_root, *paths]


def _c_flush() -> Callable[[], object]:
    """What empties the C library's own buffers, where ctypes exists."""
    try:
        import ctypes  # Optional: some interpreters are built without it.
    except ImportError:
        return lambda: None
    library = ctypes.CDLL(None)
    return lambda: library.fflush(None)
