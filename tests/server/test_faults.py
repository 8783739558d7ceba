"""No request to the real operations is answered with a fault of ours, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pelton import streams, tables
from pelton.clock import SystemClock
from pelton.server import Dispatcher, ServerOptions
from pelton.server.model.service import ServiceModel
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage
from pelton.tables import TableOptions
from tests.server.dispatching import answer, dispatcher, request

MODELS = {
    "DynamoDB_20120810": ServiceModel.load("dynamodb.json"),
    "DynamoDBStreams_20120810": ServiceModel.load("streams.json"),
}
SERVICES = {
    "DynamoDB_20120810": tables.operations(TableOptions(random=Random(1))),
    "DynamoDBStreams_20120810": streams.operations(),
}
TARGETS = [(service, name) for service, operations in SERVICES.items() for name in operations]
CREATE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}

NAMES = st.sampled_from(["pk", "sk", "a", "orders", "#n", ":v"])
EXPRESSIONS = st.sampled_from(["a = :v", "pk = :v", "SET a = :v", "ADD #n :v", "REMOVE a[0], b.c", "#n, a.b[1]", "(("])
TEXTS = NAMES | EXPRESSIONS | st.text(max_size=4)
NUMBERS = st.sampled_from(["1", "1.0", "-5e3", "1e126", "x", ""])
VALUES = st.deferred(
    lambda: (
        st.dictionaries(st.sampled_from(["S", "N", "B", "BOOL", "M"]), st.just("1"), max_size=2)
        | st.builds(lambda text: {"S": text}, TEXTS)
        | st.builds(lambda number: {"N": number}, NUMBERS)
        | st.builds(lambda numbers: {"NS": numbers}, st.lists(NUMBERS, max_size=2))
        | st.builds(lambda inner: {"L": inner}, st.lists(VALUES, max_size=2))
        | st.builds(lambda inner: {"M": inner}, st.dictionaries(NAMES, VALUES, max_size=2))
    )
)
SCALARS: Mapping[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "boolean": st.booleans(),
    "integer": st.sampled_from([0, 1, 5, 2**31 - 1]),
    "long": st.sampled_from([0, 1, 5, 2**63 - 1]),
    "double": st.sampled_from([0, 0.5, 1e300]),
    "timestamp": st.sampled_from([0, 1.5, 2e9, 1e300]),
    "blob": st.just("YQ=="),
}


def bodies(model: ServiceModel, shape_name: str) -> st.SearchStrategy[Any]:
    """Values of a shape: mostly what the model asks for."""
    shape = model.shapes[shape_name]
    if shape_name == "AttributeValue":
        return VALUES
    if shape["type"] == "structure":
        members = {name: bodies(model, member["shape"]) for name, member in shape["members"].items()}
        required = {name: strategy for name, strategy in members.items() if name in shape.get("required", ())}
        optional = {name: strategy for name, strategy in members.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional)
    if shape["type"] == "list":
        return st.lists(st.deferred(lambda: bodies(model, shape["member"])), max_size=2)
    if shape["type"] == "map":
        return st.dictionaries(NAMES, st.deferred(lambda: bodies(model, shape["value"])), max_size=2)
    if "enum" in shape:
        return st.sampled_from([*shape["enum"], "OTHER"])
    return SCALARS[shape["type"]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dispatcher, list[str]]]:
    log: list[str] = []
    path: Path = tmp_path_factory.mktemp("faults") / "data"
    storage = Storage.open(path, clock=SystemClock(), driver=InlineDriver())
    yield dispatcher(SERVICES, ServerOptions(log=log.append), storage), log
    storage.close()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_no_request_is_answered_with_a_fault(served: tuple[Dispatcher, list[str]], data: st.DataObject) -> None:
    dispatch, log = served
    service, name = data.draw(st.sampled_from(TARGETS))
    shape = MODELS[service].operations[name]["input"]
    body = data.draw(bodies(MODELS[service], shape)) if shape else {}
    answer(dispatch, request(orjson.dumps(CREATE), b"DynamoDB_20120810.CreateTable"))
    if "TableName" in body:
        body["TableName"] = "orders"

    response = answer(dispatch, request(orjson.dumps(body), f"{service}.{name}".encode()))

    assert response.status < 500, log[-1]
