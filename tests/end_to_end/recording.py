"""A small project whose stream functions write down what they see, each in a file of its own."""

from __future__ import annotations

import json
from pathlib import Path

#: Each invocation appends its records' new images to the file named like the function, in one write.
HANDLERS = """
import json, os, time

FOLDER = os.path.dirname(__file__)

def write(name, event):
    lines = []
    for record in event["Records"]:
        image = record["dynamodb"].get("NewImage", {})
        key = record["dynamodb"]["Keys"]["id"]["S"]
        lines.append(json.dumps([key, image.get("n", {}).get("N"), record["eventName"]]) + "\\n")
    with open(os.path.join(FOLDER, name + ".seen"), "a") as file:
        file.write("".join(lines))

def first(event, context):
    write("first", event)

def second(event, context):
    write("second", event)

def hang(event, context):
    time.sleep(3600)
"""

TABLE = """
resources:
  Resources:
    Things:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: things
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
"""


def recording_project(folder: Path, *functions: str, timeout_s: int = 30) -> Path:
    """A project with these functions on the stream of the table ``things``."""
    folder.mkdir()
    (folder / "handlers.py").write_text(HANDLERS)
    stream = "{type: dynamodb, arn: !GetAtt Things.StreamArn, startingPosition: TRIM_HORIZON, batchSize: 100}"
    lines = [f"  {name}: {{handler: handlers.{name}, events: [{{stream: {stream}}}]}}\n" for name in functions]
    (folder / "serverless.yml").write_text(
        "service: recording\nframeworkVersion: '3'\n"
        f"provider: {{name: aws, runtime: python3.11, timeout: {timeout_s}}}\n"
        f"functions:\n{''.join(lines)}{TABLE}"
    )
    return folder


def seen(folder: Path, function: str) -> list[tuple[str, int]]:
    """Key and version of each record the function saw, in its order; removals are left out."""
    file = folder / f"{function}.seen"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [(key, int(version)) for key, version, event in rows if event != "REMOVE"]
