"""From a write's answer to the entry of the function that reacts to it, on an idle system with a warm worker.

Both moments are the machine's wall clock: the handler notes its own at once when it is entered.
"""

from __future__ import annotations

import http.client
import time
from pathlib import Path

from bench import wire
from bench.plan import Plan
from bench.programs import Pelton, pelton
from bench.projects import StreamFunction, write_project
from bench.rows import Row, at_most, budgeted, percentile

_TABLE = "things"
_WARM_UP = 20
_WRITES = 400
_GAP_S = 0.03
_PATIENCE_S = 60.0
#: The handler is entered first; what it notes costs nobody's figure.
_HANDLER = """
import time
from pathlib import Path

NOTES = (Path(__file__).parent / "entered").open("a", buffering=1)


def handler(event, context):
    entered = time.time()
    for record in event["Records"]:
        NOTES.write(record["dynamodb"]["Keys"]["id"]["S"] + f" {entered!r}\\n")
"""


def rows(plan: Plan) -> list[Row]:
    """Median and tail over some hundred single writes."""
    place = plan.place("reaction")
    project = write_project(place / "project", [_TABLE], [StreamFunction(name="react", table=_TABLE)], _HANDLER)
    with pelton(place, project=project) as server:
        plan.say(f"{_WRITES} single writes")
        delays = delays_ms(server, _TABLE, _WRITES, project / "entered")
    what = "write acknowledged → handler entered, warm, idle"
    details = f"{len(delays)} writes, longest {max(delays):.1f} ms"
    return [
        budgeted(f"{what}: p50", percentile(delays, 50), at_most(3, "ms"), details),
        budgeted(f"{what}: p99", percentile(delays, 99), at_most(15, "ms")),
    ]


def delays_ms(server: Pelton, table: str, count: int, notes: Path) -> list[float]:
    """From each of so many single writes' answer to the entry that its handler has noted, once it is warm."""
    _write_one_by_one(server.port, table, _WARM_UP, "warm")
    answered = _write_one_by_one(server.port, table, count, "write")
    deadline = time.monotonic() + _PATIENCE_S
    while not (entered := _entered(notes)).keys() >= answered.keys():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not every write was reacted to within {_PATIENCE_S:g} s")
        time.sleep(_GAP_S)
    return [(entered[identifier] - moment) * 1000 for identifier, moment in answered.items()]


def _write_one_by_one(port: int, table: str, count: int, name: str) -> dict[str, float]:
    """Put items with a pause between them; when each was acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    answered = {}
    for number in range(count):
        identifier = f"{name}{number}"
        head, _, body = wire.request("PutItem", {"TableName": table, "Item": {"id": {"S": identifier}}}).partition(
            b"\r\n\r\n"
        )
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
        headers = {header: value for header, value in lines if header not in ("Host", "Content-Length")}
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        response.read()
        answered[identifier] = time.time()
        assert response.status == http.client.OK, "a plain put"
        time.sleep(_GAP_S)
    connection.close()
    return answered


def _entered(notes: Path) -> dict[str, float]:
    """When the handler was entered with each item."""
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    return {identifier: float(moment) for identifier, _, moment in (line.partition(" ") for line in lines)}
