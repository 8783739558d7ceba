"""The storage tests' nouns: a folder opened in line, a table ``orders``, and changes of its items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import orjson

from pelton.items.keys import storage_key
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.storage.catalog import SequenceNumber, Stream, Table
from pelton.storage.change import Change, LogRecord, StoredItem
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage, StorageOptions
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.testing.clock import ManualClock

T = TypeVar("T")

ACCOUNT, REGION = "000000000000", "us-east-1"
SCHEMA = KeySchema((KeyAttribute("id", "S"),))
START_MS = 1_761_000_000_000


def open_inline(folder: Path, clock: ManualClock | None = None, options: StorageOptions | None = None) -> Storage:
    return Storage.open(folder, clock=clock or ManualClock(), driver=InlineDriver(), options=options)


@contextmanager
def opened(folder: Path, clock: ManualClock | None = None, options: StorageOptions | None = None) -> Iterator[Storage]:
    storage = open_inline(folder, clock, options)
    try:
        yield storage
    finally:
        storage.close()


def now(storage: Storage, decide: Callable[[WriteTransaction], T]) -> T:
    """What the decision answers, or raises; in line."""
    answers: list[T | BaseException] = []
    storage.submit(decide, answers.append)
    if isinstance(answers[0], BaseException):
        raise answers[0]
    return answers[0]


def make_orders(
    transaction: WriteTransaction,
    name: str = "orders",
    view_type: str | None = "NEW_AND_OLD_IMAGES",
    shards: int = 1,
) -> Table:
    """A decision: a new table, with a stream unless ``view_type`` is None."""
    table = transaction.create_table(
        account=ACCOUNT,
        region=REGION,
        name=name,
        uuid="7d9",
        schema=SCHEMA,
        definition={"BillingMode": "PAY_PER_REQUEST"},
        now_ms=START_MS,
    )
    return table if view_type is None else transaction.enable_stream(table, view_type, START_MS, shards)


def orders(
    storage: Storage, name: str = "orders", view_type: str | None = "NEW_AND_OLD_IMAGES", shards: int = 1
) -> Table:
    """A new table, made in line."""
    return now(storage, lambda transaction: make_orders(transaction, name, view_type, shards))


def table_of(snapshot: Snapshot, name: str = "orders") -> Table:
    table = snapshot.table(ACCOUNT, REGION, name)
    assert table is not None
    return table


def key_of(identifier: str) -> bytes:
    return storage_key(SCHEMA, {"id": {"S": identifier}})


def put(
    identifier: str, value: str, name: str = "orders", cause: str | None = None
) -> Callable[[WriteTransaction], SequenceNumber | None]:
    """A decision: store the item whole."""
    keys = {"id": {"S": identifier}}
    body = orjson.dumps({**keys, "value": {"S": value}})
    key = storage_key(SCHEMA, keys)

    def decide(transaction: WriteTransaction) -> SequenceNumber | None:
        table = table_of(transaction, name)
        return transaction.apply(
            Change(
                table=table,
                key=key,
                keys=orjson.dumps(keys),
                keys_size=2 + len(identifier),
                before=transaction.item(table, key),
                after=StoredItem(key=key, body=body, size=len(body)),
                cause=cause,
            )
        )

    return decide


def delete(identifier: str, name: str = "orders") -> Callable[[WriteTransaction], SequenceNumber | None]:
    """A decision: remove the item if it is there."""
    keys = {"id": {"S": identifier}}
    key = storage_key(SCHEMA, keys)

    def decide(transaction: WriteTransaction) -> SequenceNumber | None:
        table = table_of(transaction, name)
        before = transaction.item(table, key)
        if before is None:
            return None
        change = Change(table=table, key=key, keys=orjson.dumps(keys), keys_size=2, before=before, after=None)
        return transaction.apply(change)

    return decide


def value_of(item: StoredItem | None) -> str | None:
    return None if item is None else orjson.loads(item.body)["value"]["S"]


def stored(storage: Storage, name: str = "orders") -> dict[str, str]:
    """Identifier to value of everything in the table."""
    with storage.snapshot() as snapshot:
        bodies = [
            orjson.loads(row.body) for row in snapshot.items(table_of(snapshot, name), None, lower=b"", upper=None)
        ]
    return {body["id"]["S"]: body["value"]["S"] for body in bodies}


def records(storage: Storage, stream: Stream) -> list[LogRecord]:
    """All records of all shards, in the order of their numbers."""
    with storage.snapshot() as snapshot:
        current = snapshot.stream(stream.arn)
        assert current is not None
        found = [
            record
            for shard in current.shards
            for record in snapshot.records(
                current, shard.id, after=SequenceNumber(0), limit=1_000_000, bytes_max=1 << 40
            )
        ]
    return sorted(found, key=lambda record: record.sequence_number)


def replayed(storage: Storage, stream: Stream) -> dict[str, str]:
    """Identifier to value of the table that the stream's records build."""
    table: dict[str, str] = {}
    for record in records(storage, stream):
        identifier = orjson.loads(record.keys)["id"]["S"]
        if record.new_image is None:
            del table[identifier]
        else:
            table[identifier] = orjson.loads(record.new_image)["value"]["S"]
    return table
