"""The Lambda Runtime API over HTTP, for programs in any language. Standard library only.

The runtime (a ``bootstrap`` program) asks for the next invocation, runs it, and posts a response or an error. What it
posts goes to ``Exchange``, whose other side is the worker's loop. Source: Lambda developer guide, "Using the Lambda
runtime API for custom runtimes".
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any, NamedTuple

from .marshal import RESPONSE_BYTES_MAX

_PREFIX = "/2018-06-01/runtime"


class Posted(NamedTuple):
    """What the runtime said: that it is ready, or how something ended."""

    kind: str  #: ``ready``, ``init error``, ``response``, ``too large``, ``error``, or ``ended``: the program has
    body: bytes = b""
    error_type: str = ""
    status: int = 0  #: of a program that has ended, negative for a signal


class Exchange:
    """Between the HTTP threads and the worker's loop: one invocation at a time."""

    def __init__(self) -> None:
        self.posted: SimpleQueue[Posted] = SimpleQueue()
        self._offered: SimpleQueue[tuple[dict[str, str], bytes]] = SimpleQueue()
        self.is_busy = threading.Event()  #: set while somebody waits for what is posted
        self.is_busy.set()
        self._lock = threading.Lock()
        self._under_way = ""

    def offer(self, request_id: str, headers: dict[str, str], event: bytes) -> None:
        """Give the runtime its next invocation."""
        with self._lock:
            self._under_way = request_id
        self._offered.put((headers, event))

    def next(self) -> tuple[dict[str, str], bytes]:
        """For the runtime: wait for its next invocation."""
        self.posted.put(Posted("ready"))
        return self._offered.get()

    def end(self, request_id: str, posted: Posted) -> bool:
        """For the runtime: an invocation has ended; False: that one is not under way."""
        with self._lock:
            if request_id != self._under_way:
                return False
            self._under_way = ""
        self.posted.put(posted)
        return True


def serve_runtime_api(exchange: Exchange) -> str:
    """Serve on a free loopback port, in threads of its own; ``host:port``."""

    class Handler(_Handler):
        """Bound to this exchange."""

    Handler.exchange = exchange
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="pelton-runtime-api", daemon=True).start()
    return f"127.0.0.1:{server.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    exchange: Exchange
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:  # The base class's name.
        """``/runtime/invocation/next``: blocks until there is one."""
        if self.path != f"{_PREFIX}/invocation/next":
            self._refuse(404, "ResourceNotFound", f"no such path: {self.path}")
            return
        headers, event = self.exchange.next()
        self._answer(200, event, headers)

    def do_POST(self) -> None:  # The base class's name.
        """An invocation's response or error, or that the runtime could not start."""
        body = self._body()
        error_type = self.headers.get("Lambda-Runtime-Function-Error-Type", "")
        if self.path == f"{_PREFIX}/init/error":
            self.exchange.posted.put(Posted("init error", body, error_type))
            self._answer(202, b'{"status":"OK"}\n', {})
            return
        parts = self.path.removeprefix(f"{_PREFIX}/invocation/").split("/")
        if len(parts) != 2 or parts[1] not in ("response", "error"):
            self._refuse(404, "ResourceNotFound", f"no such path: {self.path}")
            return
        is_large = len(body) > RESPONSE_BYTES_MAX
        kind = "error" if parts[1] == "error" else "too large" if is_large else "response"
        if not self.exchange.end(parts[0], Posted(kind, b"" if is_large else body, error_type)):
            self._refuse(400, "InvalidRequestID", "Invalid request ID")
        elif is_large:
            self._refuse(413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291556 bytes).")
        else:
            self._answer(202, b'{"status":"OK"}\n', {})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # The base class's signature.
        """Write nothing: the log is the function's."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, error_type: str, message: str) -> None:
        self._answer(status, json.dumps({"errorMessage": message, "errorType": error_type}).encode(), {})


def error_members(posted: Posted) -> dict[str, Any]:
    """Type and message of an error that a runtime posted, whatever its body holds."""
    try:
        body = json.loads(posted.body)
    except ValueError:
        body = {}
    members = body if isinstance(body, dict) else {}
    error_type = members.get("errorType") or posted.error_type or "Runtime.Unknown"
    return {"type": str(error_type), "message": str(members.get("errorMessage") or "")}
