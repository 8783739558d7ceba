from __future__ import annotations

from contextlib import closing
from pathlib import Path
from random import Random

import orjson

from pelton import tables
from pelton.clock import SystemClock
from pelton.server import ServerOptions
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage
from pelton.tables import TableOptions
from tests.server.dispatching import AUTHORIZATION, answer, dispatcher, request

CREATE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def test_the_log_says_once_in_which_region_a_missing_table_is(tmp_path: Path) -> None:
    log: list[str] = []
    there = AUTHORIZATION.replace(b"eu-west-1", b"ap-south-1")
    ask = request(b'{"TableName":"orders"}', b"DynamoDB_20120810.DescribeTable", authorization=there)
    with closing(Storage.open(tmp_path / "data", clock=SystemClock(), driver=InlineDriver())) as storage:
        services = {"DynamoDB_20120810": tables.operations(TableOptions(random=Random(1)))}
        served = dispatcher(services, ServerOptions(log=log.append), storage)
        answer(served, request(orjson.dumps(CREATE), b"DynamoDB_20120810.CreateTable"))

        statuses = [answer(served, ask).status for _ in range(2)]

    assert statuses == [400, 400]
    assert log == [
        (
            "table orders was asked for in region ap-south-1, where there is none; it is in eu-west-1: "
            "set the client's region to that"
        )
    ]
