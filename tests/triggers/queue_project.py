"""A project whose function writes down the events it gets, and fails as their bodies say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pelton.testing import LocalPelton

ARN = "arn:aws:sqs:us-east-1:000000000000"
PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12, timeout: 3}
functions:
  work: {handler: handlers.work}
  other: {handler: handlers.work}
"""
HANDLERS = '''
import json
import pathlib

def work(event, context):
    """Fail for bodies that say so: all of the batch, or the message alone."""
    with (pathlib.Path(__file__).parent / "seen.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\\n")
    bodies = {record["messageId"]: record["body"] for record in event["Records"]}
    if any("crash" in body for body in bodies.values()):
        raise ValueError("poison")
    return {"batchItemFailures": [{"itemIdentifier": id} for id, body in bodies.items() if "bad" in body]}
'''


def write_project(folder: Path, project: str = PROJECT) -> Path:
    (folder / "serverless.yml").write_text(project)
    (folder / "handlers.py").write_text(HANDLERS)
    return folder


def seen(folder: Path) -> list[Any]:
    """The events that the function got, in their order."""
    file = folder / "seen.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def bodies_seen(folder: Path) -> list[list[str]]:
    return [[record["body"] for record in event["Records"]] for event in seen(folder)]


def make_queue(pelton: LocalPelton, name: str = "work", **attributes: str) -> str:
    made: str = pelton.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return made


def bind(pelton: LocalPelton, queue: str = "work", function: str = "shop-dev-work", **members: Any) -> Any:
    """A mapping of the queue; the answer of the API."""
    return pelton.client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=f"{ARN}:{queue}", **members
    )


def send(pelton: LocalPelton, url: str, *bodies: str, **members: Any) -> None:
    """Send messages; to a FIFO queue each to the group that its first letter names."""
    for body in bodies:
        group = {"MessageGroupId": body[0]} if url.endswith(".fifo") else {}
        pelton.client("sqs").send_message(QueueUrl=url, MessageBody=body, **group, **members)


def left(pelton: LocalPelton, url: str) -> int:
    """How many messages a queue holds, hidden ones too."""
    told = pelton.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return sum(int(value) for name, value in told.items() if name.startswith("ApproximateNumberOfMessages"))
