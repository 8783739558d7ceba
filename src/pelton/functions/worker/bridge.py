"""A worker for a program in any language: it starts the program, and stands between Pelton and its Runtime API.

To Pelton it is a worker like any other: frames in, frames out, one invocation at a time. The program is in the
worker's process group and dies with it; when the program ends by itself, the worker ends as it did.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, NoReturn, Protocol

from .faults import error_payload
from .marshal import RESPONSE_TOO_LARGE
from .runtime_api import Exchange, Posted, error_members, serve_runtime_api

#: Signals that end a process which does nothing about them, as this one.
_DEADLY = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGKILL})


class Channel(Protocol):
    """The worker's end of the socket pair."""

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Wait for the next frame."""

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        """Send one frame."""


def bridge(function: dict[str, Any], channel: Channel) -> None:
    """Run the function's program and serve it invocations; does not return."""
    exchange = Exchange()
    began = time.monotonic()
    environment = {**os.environ, "AWS_LAMBDA_RUNTIME_API": serve_runtime_api(exchange)}
    try:
        program = subprocess.Popen(function["command"], cwd=function["code_root"], env=environment)
    except OSError as error:
        text = f"Error: {function['command'][0]} cannot be started: {error.strerror}"
        members = {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": text}
        _send(channel, "failed", members, (began, None))
        os._exit(1)
    threading.Thread(target=_end_with, args=(program, exchange), name="pelton-program", daemon=True).start()
    posted = exchange.posted.get()
    if posted.kind == "ended":
        _end(posted.status)
    if posted.kind != "ready":
        members = _with_members(posted)
        _send(channel, "failed", members, (began, program.pid), posted.body)
        os._exit(1)
    exchange.is_busy.clear()
    channel.send({"kind": "ready", "python": "", **_figures(began, program.pid)})
    while True:
        _run_next(channel, exchange, program.pid)


def _run_next(channel: Channel, exchange: Exchange, pid: int) -> None:
    invocation, event = channel.receive()
    exchange.is_busy.set()
    began = time.monotonic()
    exchange.offer(invocation["id"], _headers(invocation), event)
    posted = exchange.posted.get()
    if posted.kind == "ended":
        _end(posted.status)
    if posted.kind == "response":
        after = exchange.posted.get()
        channel.send({"kind": "result", "is_last": after.kind == "ended", **_figures(began, pid)}, posted.body)
        _rest(exchange, after)
        return
    if posted.kind == "too large":
        members: dict[str, Any] = {"errorMessage": RESPONSE_TOO_LARGE, "errorType": "Function.ResponseSizeTooLarge"}
        payload = error_payload(members)
    else:
        members, payload = _with_members(posted), posted.body
    after = exchange.posted.get()
    members["is_last"] = after.kind == "ended"
    _send(channel, "error", members, (began, pid), payload)
    _rest(exchange, after)


def _rest(exchange: Exchange, after: Posted) -> None:
    """After an answer the runtime asks for more: whatever it wrote is in the pipe by then. Or it has ended."""
    if after.kind == "ended":
        _end(after.status)
    exchange.is_busy.clear()


def _headers(invocation: dict[str, Any]) -> dict[str, str]:
    headers = {
        "Lambda-Runtime-Aws-Request-Id": invocation["id"],
        "Lambda-Runtime-Deadline-Ms": str(int((time.time() + invocation["timeout_s"]) * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": invocation["arn"],
        "Lambda-Runtime-Trace-Id": invocation["trace"],
    }
    if invocation.get("client_context"):
        headers["Lambda-Runtime-Client-Context"] = " ".join(invocation["client_context"].split("\n"))
    return headers


def _with_members(posted: Posted) -> dict[str, Any]:
    members = error_members(posted)
    return {"errorType": members["type"], "errorMessage": members["message"]}


def _send(
    channel: Channel, kind: str, members: dict[str, Any], source: tuple[float, int | None], payload: bytes = b""
) -> None:
    header = {"kind": kind, "type": members["errorType"], "message": members["errorMessage"], **_figures(*source)}
    header["is_last"] = members.get("is_last", False)
    channel.send(header, payload or error_payload({name: members[name] for name in ("errorType", "errorMessage")}))


def _figures(began: float, pid: int | None) -> dict[str, Any]:
    """Milliseconds since then, and the program's resident megabytes where the system says."""
    size = 0
    with contextlib.suppress(OSError, IndexError):
        size = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    return {"ms": (time.monotonic() - began) * 1000, "mb": size >> 20}


def _end_with(program: subprocess.Popen[bytes], exchange: Exchange) -> None:
    """When the program ends: tell who waits for it, or, where nobody does, end as well."""
    status = program.wait()
    if exchange.is_busy.is_set():
        exchange.posted.put(Posted("ended", status=status))
    else:
        _end(status)


def _end(status: int) -> NoReturn:
    """End as the program did. A signal that this process would handle is told as SIGKILL: it must end by one."""
    if status >= 0:
        os._exit(status)
    with contextlib.suppress(OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), -status if -status in _DEADLY else signal.SIGKILL)
    os._exit(1)
