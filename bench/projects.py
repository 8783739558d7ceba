"""Projects that are measured, as folders: stream functions over tables, and the example without its reactions."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SIGNUP = ROOT / "examples" / "signup"
_LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "__pycache__")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFunction:
    """A function on a table's stream."""

    name: str
    table: str
    batch_size: int = 100
    is_enabled: bool = True
    handler: str = "app.handler"


def write_project(folder: Path, tables: Iterable[str], functions: Iterable[StreamFunction], handler: str) -> Path:
    """A project whose tables have the partition key ``id`` and a stream of new images."""
    folder.mkdir(parents=True, exist_ok=True)
    service = {
        "service": "bench",
        "frameworkVersion": "3",
        "provider": {"name": "aws", "runtime": "python3.11"},
        "functions": {function.name: _function(function) for function in functions},
        "resources": {"Resources": {_logical(name): _table(name) for name in tables}},
    }
    # JSON is YAML: nothing has to be quoted by hand.
    (folder / "serverless.yml").write_text(json.dumps(service, indent=1), encoding="utf-8")
    (folder / "app.py").write_text(handler, encoding="utf-8")
    return folder


def copied_signup(folder: Path) -> Path:
    """The example as it stands."""
    shutil.copytree(SIGNUP, folder, ignore=_LEFT_OUT)
    return folder


def signup_without_reactions(folder: Path) -> Path:
    """The example without the functions that its streams invoke; all else is the same."""
    copied_signup(folder)
    file = folder / "serverless.yml"
    file.write_text(without_stream_functions(file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def without_stream_functions(text: str) -> str:
    """A serverless.yml without those of its ``functions`` that have a ``stream`` event.

    By its lines: functions are the entries indented by two spaces under ``functions:``.
    """
    before, heading, rest = re.split(r"^(functions:\n)", text, maxsplit=1, flags=re.MULTILINE)
    inside, end, after = re.split(r"^(?=\S)()", rest, maxsplit=1, flags=re.MULTILINE)
    entries = re.split(r"^(?=  \w)", inside, flags=re.MULTILINE)
    return before + heading + "".join(entry for entry in entries if "- stream:" not in entry) + end + after


def _function(function: StreamFunction) -> dict[str, Any]:
    arn = {"Fn::GetAtt": [_logical(function.table), "StreamArn"]}
    event = {
        "type": "dynamodb",
        "arn": arn,
        "batchSize": function.batch_size,
        "startingPosition": "TRIM_HORIZON",
        "enabled": function.is_enabled,
    }
    return {"handler": function.handler, "events": [{"stream": event}]}


def _table(name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        },
    }


def _logical(table: str) -> str:
    return "".join(part.capitalize() for part in table.split("-"))
