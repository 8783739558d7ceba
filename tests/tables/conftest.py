"""Tables over a storage that does everything inside the call, driven by operation names as the edge does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from pelton.operations import Access, RequestContext, Unfinished
from pelton.storage.catalog import SequenceNumber
from pelton.storage.connection import Durability
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage, StorageOptions
from pelton.tables import TableOptions, operations
from pelton.testing.clock import ManualClock

Json = dict[str, Any]


class Tables:
    """A server without a wire: ``call("PutItem", {...})`` answers, or raises, what a client would get."""

    def __init__(self, path: Path, shards: int = 1, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.storage = Storage.open(
            path, clock=self.clock, driver=InlineDriver(), options=StorageOptions(durability=Durability.NONE)
        )
        self.operations = operations(TableOptions(random=Random(7), shards=shards))

    def call(self, name: str, body: Json, *, region: str = "us-east-1", trace: str | None = None) -> Json:
        context = RequestContext(
            account="000000000000", region=region, now_ms=self.clock.now_ms(), request_id="R", trace=trace
        )
        operation = self.operations[name]
        access, decide = operation.access, operation.prepare(orjson.loads(orjson.dumps(body)), context)
        if access is Access.AS_PREPARED:
            access, decide = decide
        if access is Access.READ:
            with self.storage.snapshot() as snapshot:
                answer = decide(snapshot)
                while isinstance(answer, Unfinished):
                    answer = answer.go_on(snapshot)
        else:
            answer = self._write(decide)
        parsed: Json = orjson.loads(orjson.dumps(answer))
        return parsed

    def put(self, table: str, item: Json) -> Json:
        return self.call("PutItem", {"TableName": table, "Item": item})

    def get(self, table: str, key: Json) -> Json | None:
        return self.call("GetItem", {"TableName": table, "Key": key}).get("Item")

    def table(self, name: str) -> Any:
        with self.storage.snapshot() as snapshot:
            return snapshot.table("000000000000", "us-east-1", name)

    def records(self, table: str) -> list[Any]:
        """All records of the table's enabled stream, oldest first within each shard."""
        stream = self.table(table).stream
        with self.storage.snapshot() as snapshot:
            return [
                record
                for shard in stream.shards
                for record in snapshot.records(
                    stream, shard.id, after=SequenceNumber(0), limit=10_000, bytes_max=1 << 30
                )
            ]

    def _write(self, decide: Any) -> Any:
        answers: list[Any] = []
        self.storage.submit(decide, answers.append)
        if isinstance(answers[0], BaseException):
            raise answers[0]
        return answers[0]


def table_request(name: str = "orders", *, sort: str | None = None, **members: Any) -> Json:
    """A CreateTable request with partition key ``id`` (S), and a sort key ``at`` of that type if given."""
    definitions = [{"AttributeName": "id", "AttributeType": "S"}]
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    if sort is not None:
        definitions.append({"AttributeName": "at", "AttributeType": sort})
        schema.append({"AttributeName": "at", "KeyType": "RANGE"})
    return {
        "TableName": name,
        "AttributeDefinitions": definitions,
        "KeySchema": schema,
        "BillingMode": "PAY_PER_REQUEST",
        **members,
    }


STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    tables = Tables(tmp_path / "data")
    yield tables
    tables.storage.close()


@pytest.fixture
def orders(tables: Tables) -> Tables:
    """With a table ``orders`` (partition key id) that has a stream."""
    tables.call("CreateTable", table_request(StreamSpecification=STREAM))
    return tables


@pytest.fixture
def visits(tables: Tables) -> Tables:
    """With a table ``visits`` (partition key id, sort key at: N) that has a stream."""
    tables.call("CreateTable", table_request("visits", sort="N", StreamSpecification=STREAM))
    return tables
