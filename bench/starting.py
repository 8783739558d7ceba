"""``pelton up examples/signup`` from the start of the process to open ports and to the first sign-up answered.

A port counts as open when a request on it is answered, whatever the answer: the kernel accepts connections
as soon as a program listens, before it serves them. The disk is warm: the first start is not counted.
"""

from __future__ import annotations

import contextlib
import http.client
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.plan import Plan
from bench.programs import free_port, launched
from bench.projects import copied_signup
from bench.rows import Row, at_most, budgeted
from bench.signup_rows import sign_ups

_STARTS = 5
_LOOK_S = 0.005
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Seconds from the start of the process."""

    ports_s: float  #: to the later of the two ports' first answers
    ready_s: float  #: to the first 200 of the health check
    sign_up_s: float  #: to the first sign-up answered with 200


def rows(plan: Plan) -> list[Row]:
    """The median of several starts, each on an empty data folder."""
    place = plan.place("starting")
    project = copied_signup(place / "project")
    starts = []
    for number in range(_STARTS + 1):
        plan.say(f"start {number + 1}")
        starts.append(_start(project, place / f"data{number}"))
        shutil.rmtree(place / f"data{number}")
    counted = starts[1:]
    ready = f"health 200 after {median(start.ready_s for start in counted):.2f} s; {_STARTS} starts"
    what = "pelton up examples/signup, warm disk"
    return [
        budgeted(f"{what}: ports open", median(start.ports_s for start in counted), at_most(1.0, "s"), ready),
        budgeted(f"{what}: first sign-up answered", median(start.sign_up_s for start in counted), at_most(2.0, "s")),
    ]


def _start(project: Path, data_dir: Path) -> Start:
    port, application = free_port(), free_port()
    ports = ("--port", str(port), "--http-port", str(application), "--companions-port", "0", "--mail-port", "0")
    began = time.perf_counter()
    with launched(project, data_dir, *ports, "--no-watch"), ThreadPoolExecutor() as looks:
        moments = [
            looks.submit(_first, began, lambda: _status(port, "GET", "/_pelton/health") > 0),
            looks.submit(_first, began, lambda: _status(application, "GET", "/nothing/here") > 0),
            looks.submit(_first, began, lambda: _status(port, "GET", "/_pelton/health") == http.client.OK),
            looks.submit(_first, began, lambda: _signed_up(application)),
        ]
        aws_s, application_s, ready_s, sign_up_s = (moment.result() for moment in moments)
    return Start(ports_s=max(aws_s, application_s), ready_s=ready_s, sign_up_s=sign_up_s)


def _first(began: float, is_so: Callable[[], bool]) -> float:
    """Seconds until it is so."""
    deadline = time.perf_counter() + _PATIENCE_S
    while time.perf_counter() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if is_so():
                return time.perf_counter() - began
        time.sleep(_LOOK_S)
    raise TimeoutError(f"pelton has not started within {_PATIENCE_S:g} s")


def _signed_up(port: int) -> bool:
    (request,) = sign_ups("first", 1)
    body = request.partition(b"\r\n\r\n")[2]
    return _status(port, "POST", "/users", body) == http.client.OK


def _status(port: int, method: str, path: str, body: bytes | None = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()
