"""Answers against Amazon's own model: no member unknown to it, none of another type, none left out that it requires."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.session import get_session

from .valid_requests import REFUSED, valid_requests
from .wire import STREAMS, Wire

TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("string", "blob"), (str,)),
    **dict.fromkeys(("integer", "long"), (int,)),
    **dict.fromkeys(("double", "float", "timestamp"), (int, float)),
    "boolean": (bool,),
}


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(tmp_path / "data")
    yield wire
    wire.storage.close()


def faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Where a value is not of the shape."""
    if isinstance(shape, StructureShape):
        yield from (f"{path}.{name} is not known" for name in value if name not in shape.members)
        yield from (f"{path}.{name} is missing" for name in shape.required_members if name not in value)
        for name in value.keys() & shape.members.keys():
            yield from faults(shape.members[name], value[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for place, element in enumerate(value):
            yield from faults(shape.member, element, f"{path}[{place}]")
    elif isinstance(shape, MapShape):
        for name, element in value.items():
            yield from faults(shape.value, element, f"{path}[{name}]")
    elif type(value) not in TYPES[shape.type_name]:
        yield f"{path} is no {shape.type_name}: {value!r}"
    elif (enum := getattr(shape, "enum", None)) and value not in enum:
        yield f"{path} is none of {enum}: {value!r}"


def model_of(operation: str) -> OperationModel:
    service = "dynamodbstreams" if operation in STREAMS else "dynamodb"
    return get_session().get_service_model(service).operation_model(operation)


def test_every_answer_is_of_its_shape(wire: Wire) -> None:
    found: list[str] = []
    for operation, request in valid_requests(wire):
        answer = wire.post(operation, orjson.dumps(request))
        if operation in REFUSED:
            continue
        assert answer.status == 200, (operation, answer.body)
        shape = model_of(operation).output_shape
        if shape is None:
            assert answer.body == b""
        else:
            found.extend(faults(shape, orjson.loads(answer.body), operation))

    assert found == []


def test_the_limits_of_an_account_are_those_of_a_new_one(wire: Wire) -> None:
    assert orjson.loads(wire.post("DescribeLimits", b"{}").body) == {
        "AccountMaxReadCapacityUnits": 80000,
        "AccountMaxWriteCapacityUnits": 80000,
        "TableMaxReadCapacityUnits": 40000,
        "TableMaxWriteCapacityUnits": 40000,
    }
