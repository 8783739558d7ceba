"""DynamoDB as a client has it: bytes to the dispatcher, bytes back, no SDK between."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import orjson

from pelton import streams
from pelton.server import Dispatcher, HttpRequest, HttpResponse, ServerOptions
from pelton.storage.catalog import SequenceNumber
from pelton.storage.connection import Durability
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage, StorageOptions
from pelton.tables import TableOptions, operations
from pelton.testing.clock import ManualClock

AUTHORIZATION = (
    b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request, "
    b"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + b"0" * 64
)


STREAMS = streams.operations()


def _target(operation: str) -> bytes:
    service = "DynamoDBStreams" if operation in STREAMS else "DynamoDB"
    return f"{service}_20120810.{operation}".encode()


class Wire:
    """A dispatcher over a storage that does everything inside the call."""

    def __init__(self, path: Path) -> None:
        self.clock = ManualClock()
        self.storage = Storage.open(
            path, clock=self.clock, driver=InlineDriver(), options=StorageOptions(durability=Durability.NONE)
        )
        self._dispatcher = Dispatcher(
            {"DynamoDB_20120810": operations(TableOptions(random=Random(7))), "DynamoDBStreams_20120810": STREAMS},
            self.storage,
            ServerOptions(),
            clock=self.clock,
            random=Random(7),
        )

    def post(self, operation: str, body: bytes) -> HttpResponse:
        """The answer to a body, whatever it is."""
        answers: list[HttpResponse] = []
        headers = {
            b"host": b"localhost:8000",
            b"content-type": b"application/x-amz-json-1.0",
            b"x-amz-date": b"20260101T000000Z",
            b"authorization": AUTHORIZATION,
            b"x-amz-target": _target(operation),
        }
        request = HttpRequest(method=b"POST", path=b"/", query=b"", headers=headers, body=body)
        self._dispatcher.dispatch(request, answers.append)
        return answers[0]

    def call(self, operation: str, body: object) -> tuple[int, dict[str, Any]]:
        """Status and answer to a JSON body."""
        response = self.post(operation, orjson.dumps(body))
        answer: dict[str, Any] = orjson.loads(response.body or b"{}")
        return response.status, answer

    def fault(self, operation: str, body: object) -> tuple[str, str | None]:
        """Type without its namespace, and text, of the answer to a bad request."""
        status, answer = self.call(operation, body)
        assert status == 400, answer
        return answer["__type"].partition("#")[2], answer.get("message", answer.get("Message"))

    def records(self, table_name: str) -> list[Any]:
        """All records of the table's stream."""
        with self.storage.snapshot() as snapshot:
            table = snapshot.table("000000000000", "us-east-1", table_name)
            assert table is not None and table.stream is not None, f"{table_name} has no stream"
            return [
                record
                for shard in table.stream.shards
                for record in snapshot.records(
                    table.stream, shard.id, after=SequenceNumber(0), limit=10_000, bytes_max=1 << 30
                )
            ]
