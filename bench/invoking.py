"""Invoke over the AWS port, warm and trivial; how soon saved code answers; and what functions cost that do nothing."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from statistics import median

from bench import wire
from bench.load import measure
from bench.plan import Plan
from bench.processes import resident_mb
from bench.programs import FREE_PORTS, launched, pelton, wait_until_ready
from bench.rows import Row, at_least, at_most, budgeted, percentile

_CONNECTIONS = 16
_FUNCTION = "bench-dev-echo"
_ONE_BY_ONE = 1_000
_SAVES = 5
_IDLE = 50
_PATIENCE_S = 30.0
_HANDLER = "import boto3\n\nVALUE = {value}\n\n\ndef handler(event, context):\n    return VALUE\n"


def rows(plan: Plan) -> list[Row]:
    """Latency, rate, reloading, and memory of idle functions."""
    place = plan.place("invoking")
    project = _project(place / "project", 1)
    with pelton(place, project=project) as server:
        _invoke(server.port, 50)
        plan.say("one by one")
        took = _invoke(server.port, _ONE_BY_ONE)
        rates = []
        for number in range(plan.rounds):
            plan.say(f"{_CONNECTIONS} connections, round {number + 1}")
            requests = [wire.invoke(_FUNCTION, {"a": 1})]
            rates.append(measure(server.port, requests, connections=_CONNECTIONS, seconds=plan.seconds).per_s)
    saved = _reloading(plan)
    return [
        budgeted("Invoke, warm and trivial, 1 connection: p50", percentile(took, 50), at_most(1.5, "ms")),
        budgeted(f"Invoke, warm and trivial, {_CONNECTIONS} connections", median(rates), at_least(2_000, "/s")),
        budgeted(
            "code saved → the new code answers, boto3 imported: p50",
            median(saved),
            at_most(500, "ms"),
            f"longest {max(saved):.0f} ms, over {_SAVES} saves",
        ),
        _idle(plan),
    ]


def _reloading(plan: Plan) -> list[float]:
    """Milliseconds from saving code to its first answer, with the project watched."""
    plan.say("saving code")
    place = plan.place("saving")
    project, data_dir = _project(place / "project", 1), place / "data"
    with launched(project, data_dir, *FREE_PORTS) as child:
        server = wait_until_ready(child, data_dir)
        _invoke(server.port, 50)
        return [_saved(server.port, project, value) for value in range(1, _SAVES + 1)]


def _idle(plan: Plan) -> Row:
    """Memory of the server with many functions, none of them ever invoked, above that of one without any."""
    plan.say("idle functions")
    with pelton(plan.place("no-functions")) as server:
        time.sleep(2)
        without = resident_mb(server.pid)
    place = plan.place("idle-functions")
    with pelton(place, project=_project(place / "project", _IDLE)) as server:
        time.sleep(5)
        with_them = resident_mb(server.pid)
    return budgeted(f"{_IDLE} idle functions: memory in the server", with_them - without, at_most(10, "MB"))


def _project(folder: Path, count: int) -> Path:
    names = ["echo", *(f"idle{number}" for number in range(1, count))]
    functions = {name: {"handler": "app.handler", "timeout": 20} for name in names}
    folder.mkdir(parents=True)
    service = {"service": "bench", "provider": {"name": "aws", "runtime": "python3.12"}, "functions": functions}
    (folder / "serverless.json").write_text(json.dumps(service))
    (folder / "app.py").write_text(_HANDLER.format(value=0))
    return folder


def _invoke(port: int, count: int) -> list[float]:
    """Invoke one by one; milliseconds of each."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    took = []
    for _ in range(count):
        began = time.perf_counter()
        _answer(connection)
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took


def _answer(connection: http.client.HTTPConnection) -> bytes:
    connection.request("POST", f"/2015-03-31/functions/{_FUNCTION}/invocations", b'{"a": 1}', wire.signed_headers())
    response = connection.getresponse()
    body = response.read()
    assert response.status == http.client.OK, "a plain invocation"
    return body


def _saved(port: int, project: Path, value: int) -> float:
    """Save code that returns another value; milliseconds until an invocation returns it."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    (project / "app.py").write_text(_HANDLER.format(value=value))
    began = time.perf_counter()
    while _answer(connection) != str(value).encode():
        if time.perf_counter() - began > _PATIENCE_S:
            raise TimeoutError("the saved code does not answer")
    connection.close()
    return (time.perf_counter() - began) * 1000
