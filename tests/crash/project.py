"""The project of a crash campaign: a table with a stream and an index, and two functions that note what they see."""

from __future__ import annotations

import json
from pathlib import Path

TABLE = "things"
INDEX = "by_group"
LATER_INDEX = "later"  #: made and deleted while the campaign runs
FUNCTIONS = ("first", "second")
_LIFE = "life"

_HANDLERS = """
import json, os

FOLDER = os.path.dirname(__file__)

def write(name, event):
    rows = [[int(r["dynamodb"]["SequenceNumber"]), r["dynamodb"]["Keys"]["id"]["S"]] for r in event["Records"]]
    with open(os.path.join(FOLDER, name + ".seen"), "a") as file:
        file.write("".join(json.dumps(row) + "\\n" for row in rows))

def first(event, context):
    write("first", event)

def second(event, context):
    write("second", event)
"""

_DECLARED = f"""
service: crashing
frameworkVersion: '3'
provider: {{name: aws, runtime: python3.11, timeout: 30}}
functions:
  first: {{handler: handlers.first, events: [{{stream: {{type: dynamodb, arn: !GetAtt Things.StreamArn,
    startingPosition: TRIM_HORIZON, batchSize: 100}}}}]}}
  second: {{handler: handlers.second, events: [{{stream: {{type: dynamodb, arn: !GetAtt Things.StreamArn,
    startingPosition: TRIM_HORIZON, batchSize: 10, parallelizationFactor: 2}}}}]}}
resources:
  Resources:
    Things:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: {TABLE}
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}, {{AttributeName: g, AttributeType: N}}]
        KeySchema: [{{AttributeName: id, KeyType: HASH}}]
        StreamSpecification: {{StreamViewType: NEW_AND_OLD_IMAGES}}
        GlobalSecondaryIndexes:
          - IndexName: {INDEX}
            KeySchema: [{{AttributeName: g, KeyType: HASH}}, {{AttributeName: id, KeyType: RANGE}}]
            Projection: {{ProjectionType: ALL}}
"""


def make_project(folder: Path) -> None:
    """Write the project's two files."""
    folder.mkdir(parents=True)
    (folder / "handlers.py").write_text(_HANDLERS)
    (folder / "serverless.yml").write_text(_DECLARED)
    begin_life(folder)


def begin_life(folder: Path) -> None:
    """Mark in what the functions saw that a new life of the server begins; it does not run now."""
    for function in FUNCTIONS:
        with (folder / f"{function}.seen").open("a") as file:
            file.write("\n" + json.dumps([0, _LIFE]) + "\n")


def seen(folder: Path, function: str) -> list[list[tuple[int, str]]]:
    """Sequence number and key of each record a function saw, by life of the server."""
    lives: list[list[tuple[int, str]]] = []
    for line in (folder / f"{function}.seen").read_text().splitlines():
        try:
            number, key = json.loads(line or "[]")
        except ValueError:
            continue  # A worker was killed while it wrote this: nobody was told that the function has succeeded.
        if number == 0:
            lives.append([])
        else:
            lives[-1].append((number, key))
    return lives
