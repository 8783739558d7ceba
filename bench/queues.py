"""Queues: how fast messages are sent, each durable when it is answered, and how soon a function has them.

Both moments of a delivery are the machine's wall clock: the handler notes its own at once when it is entered.
"""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from statistics import median

from bench import wire
from bench.load import measure, send_all
from bench.plan import Plan
from bench.programs import Pelton, pelton
from bench.rows import Budget, Row, at_least, at_most, budgeted, percentile

_CONNECTIONS = 16
_GROUPS = 100
_WARM_UP = 20
_SENDS = 400
_GAP_S = 0.03
_BACKLOG = 10_000
#: The handler is entered first; what it notes costs nobody's figure.
_HANDLER = """
import time
from pathlib import Path

NOTES = (Path(__file__).parent / "entered").open("a", buffering=1)


def handler(event, context):
    entered = time.time()
    for record in event["Records"]:
        NOTES.write(record["body"][:12] + f" {entered!r}\\n")
"""
_FIFO = {"FifoQueue": "true"}


def rows(plan: Plan) -> list[Row]:
    """Rates of sending, the way to the handler, and a backlog."""
    place = plan.place("queues")
    with pelton(place, project=_project(place / "project")) as server:
        sqs = server.client("sqs")
        sqs.create_queue(QueueName="plain")
        sqs.create_queue(QueueName="line.fifo", Attributes=_FIFO)
        return [
            _sending(server, plan, "plain", 0, at_least(3_000, "/s")),
            _sending(server, plan, "line.fifo", _GROUPS, None),
            *_delivery(server, plan, place / "project" / "entered"),
            _backlog(server, plan),
        ]


def _sending(server: Pelton, plan: Plan, queue: str, groups: int, budget: Budget | None) -> Row:
    figures = []
    for seed in range(plan.rounds):
        plan.say(f"SendMessage to {queue}, round {seed + 1}")
        requests = wire.messages(seed, queue, groups=groups)
        figures.append(measure(server.port, requests, connections=_CONNECTIONS, seconds=plan.seconds))
    kind = f"FIFO, {_GROUPS} groups" if groups else "standard queue"
    what = f"SendMessage of {wire.BODY_BYTES} bytes, {kind}, {_CONNECTIONS} connections"
    times = (
        f"p50 {median(each.p50_ms for each in figures):.1f} ms, p99 {median(each.p99_ms for each in figures):.1f} ms"
    )
    rate = median(each.per_s for each in figures)
    if budget is None:
        return Row(what=what, measured=rate, unit="/s", details=times)
    return budgeted(what, rate, budget, times)


def _delivery(server: Pelton, plan: Plan, notes: Path) -> list[Row]:
    plan.say(f"{_SENDS} single messages")
    _send_one_by_one(server.port, _WARM_UP, "warm")
    answered = _send_one_by_one(server.port, _SENDS, "send")
    server.settle()
    lines = [line.partition(" ") for line in notes.read_text(encoding="utf-8").splitlines()]
    entered = {body: float(moment) for body, _, moment in lines}
    delays = [(entered[body] - moment) * 1000 for body, moment in answered.items()]
    what = "message sent and acknowledged → handler entered, warm, idle"
    details = f"{len(delays)} messages, longest {max(delays):.1f} ms"
    return [
        budgeted(f"{what}: p50", percentile(delays, 50), at_most(5, "ms"), details),
        Row(what=f"{what}: p99", measured=percentile(delays, 99), unit="ms"),
    ]


def _send_one_by_one(port: int, count: int, name: str) -> dict[str, float]:
    """Send messages with a pause between them; when each was acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    answered = {}
    for number in range(count):
        text = f"{name}{number:08d}"[:12]
        head, _, body = wire.queue_request("SendMessage", {"QueueUrl": "work", "MessageBody": text}).partition(
            b"\r\n\r\n"
        )
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
        headers = {header: value for header, value in lines if header not in ("Host", "Content-Length")}
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        response.read()
        answered[text] = time.time()
        assert response.status == http.client.OK, "a plain send"
        time.sleep(_GAP_S)
    connection.close()
    return answered


def _backlog(server: Pelton, plan: Plan) -> Row:
    plan.say(f"a backlog of {_BACKLOG} messages")
    functions, sqs = server.client("lambda"), server.client("sqs")
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    send_all(server.port, wire.messages(9, "work")[:_BACKLOG], connections=_CONNECTIONS)
    began = time.perf_counter()
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    server.settle()
    taken_s = time.perf_counter() - began
    counts = sqs.get_queue_attributes(QueueUrl="work", AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert counts == {"ApproximateNumberOfMessages": "0"}, "all were handled"
    return Row(
        what=f"backlog of {_BACKLOG:,} messages into one function, batches of 10",
        measured=_BACKLOG / taken_s,
        unit="/s",
        details="each received, handled and deleted durably",
    )


def _project(folder: Path) -> Path:
    folder.mkdir(parents=True)
    service = {
        "service": "bench",
        "frameworkVersion": "3",
        "provider": {"name": "aws", "runtime": "python3.11"},
        "functions": {
            "work": {
                "handler": "app.handler",
                "events": [{"sqs": {"arn": {"Fn::GetAtt": ["Work", "Arn"]}, "batchSize": 10}}],
            }
        },
        "resources": {"Resources": {"Work": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work"}}}},
    }
    # JSON is YAML: nothing has to be quoted by hand.
    (folder / "serverless.yml").write_text(json.dumps(service, indent=1), encoding="utf-8")
    (folder / "app.py").write_text(_HANDLER, encoding="utf-8")
    return folder
