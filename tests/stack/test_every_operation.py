"""Every operation of Lambda's and SQS's models: it works, or an error of the service's form says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import Shape, StructureShape

from pelton.testing import LocalPelton
from pelton.testing.wire import ENDPOINT

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  echo: {handler: app.echo, name: echo}
"""
QUEUE = f"{ENDPOINT}/000000000000/jobs"
_NAMED = {"functionname": "echo", "queueurl": QUEUE, "queuename": "jobs", "role": "arn:aws:iam::000000000000:role/r"}
_ARN = "arn:aws:lambda:us-east-1:000000000000:function:echo"
_PLAIN: dict[str, Any] = {"boolean": False, "blob": b"{}", "timestamp": 0, "float": 1.0, "double": 1.0}

OPERATIONS = [
    (service, name)
    for service in ("lambda", "sqs")
    for name in botocore.session.Session().get_service_model(service).operation_names
]


def filled(shape: Shape, name: str = "", *, whole: bool, depth: int = 0) -> Any:
    """A value of the shape: what it requires, or every member down to the fourth level."""
    kind = shape.type_name
    if isinstance(shape, StructureShape):
        names = shape.members if whole and depth < 4 else shape.required_members
        return {each: filled(shape.members[each], each, whole=whole, depth=depth + 1) for each in names}
    if kind == "list":
        return [filled(shape.member, name, whole=whole, depth=depth + 1)]  # type: ignore[attr-defined]
    if kind == "map":
        return {"key": filled(shape.value, name, whole=whole, depth=depth + 1)}  # type: ignore[attr-defined]
    if kind in ("integer", "long"):
        return max(1, shape.metadata.get("min", 1))
    return _text(shape, name) if kind == "string" else _PLAIN[kind]


def _text(shape: Shape, name: str) -> str:
    if shape.metadata.get("enum"):
        return str(shape.metadata["enum"][0])
    return _NAMED.get(name.lower()) or (_ARN if "arn" in name.lower() or name == "Resource" else "a1")


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A client of each service that sends whatever it is given."""
    folder: Path = tmp_path_factory.mktemp("operations")
    (folder / "serverless.yml").write_text(PROJECT)
    (folder / "app.py").write_text("def echo(event, context): return event")
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    with LocalPelton(folder) as pelton:
        session = pelton._clients.session()
        yield {name: session.client(name, endpoint_url=ENDPOINT, config=config) for name in ("lambda", "sqs")}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_an_operation_works_or_says_why_not(clients: dict[str, Any], service: str, name: str, whole: bool) -> None:
    asking = clients[service]
    clients["sqs"].create_queue(QueueName="jobs")
    shape = asking.meta.service_model.operation_model(name).input_shape
    asked = {} if shape is None else filled(shape, whole=whole)
    asked.pop("WaitTimeSeconds", None)  # Nothing comes: the test would only pass time.

    try:
        reply = getattr(asking, xform_name(name))(**asked)
    except ClientError as refusal:
        status = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
        code, message = refusal.response["Error"]["Code"], refusal.response["Error"]["Message"]
        assert 400 <= status < 500, (status, code, message)
        assert message
        if code == "UnknownOperationException":
            assert f"operation {name} of Lambda" in message
    else:
        assert reply["ResponseMetadata"]["HTTPStatusCode"] < 300
