"""Data folders that are full before Pelton starts, filled through its storage without the wire."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from bench import wire
from pelton.arns import DEFAULT_ACCOUNT
from pelton.clock import SystemClock
from pelton.items.keys import storage_key
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.storage.catalog import SequenceNumber
from pelton.storage.change import Change, StoredItem
from pelton.storage.connection import Durability
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage, StorageOptions
from pelton.storage.folder import DATABASE
from pelton.storage.transaction import WriteTransaction
from pelton.testing.clock import ManualClock

SCHEMA = KeySchema((KeyAttribute("id", "S"),))
REGION = "us-east-1"
_CHUNK = 1_000_000
_BATCH = 20_000
_STEP = 1_000
_KEY_BYTES = 15
_CACHE_BYTES = 2 << 30


def fill_with_items(folder: Path, items: int, say: Callable[[str], None]) -> None:
    """Put so many items into the table ``wire.TABLE``, which is there.

    Keys go in by large sorted chunks: in random order an index of ten million would be filled page by page.
    """
    storage = _opened(folder, SystemClock())
    chance = random.Random(1)
    for first in range(0, items, _CHUNK):
        numbers = range(first, min(first + _CHUNK, items))
        entries = sorted((storage_key(SCHEMA, _keys(number)), number) for number in numbers)
        for start in range(0, len(entries), _BATCH):
            _put_all(storage, entries[start : start + _BATCH], chance)
            say(f"filled {first + start:,} of {items:,} items")
    _close(storage)


def fill_with_records(folder: Path, records: int, *, first_ms: int, last_ms: int) -> None:
    """Make so many changes to the table ``wire.TABLE``, which is there, at even steps between two moments."""
    clock = ManualClock(first_ms)
    storage = _opened(folder, clock)
    chance = random.Random(1)
    steps = max(records // _STEP, 1)
    for _ in range(steps):
        numbers = [chance.randrange(wire.ITEMS) for _ in range(_STEP)]
        _put_all(storage, [(storage_key(SCHEMA, _keys(number)), number) for number in numbers], chance)
        clock.advance((last_ms - first_ms) / 1000 / steps)
    _close(storage)


def trimmed(folder: Path) -> SequenceNumber:
    """How far the log of a stopped folder is trimmed."""
    storage = _opened(folder, SystemClock())
    with storage.snapshot() as snapshot:
        horizon = snapshot.horizon()
    storage.close()
    return horizon


def _opened(folder: Path, clock: SystemClock | ManualClock) -> Storage:
    options = StorageOptions(
        durability=Durability.NONE,
        batch_bytes_max=1 << 30,
        batch_s_max=60.0,
        writer_cache_bytes=_CACHE_BYTES,
    )
    return Storage.open(folder, clock=clock, driver=InlineDriver(), options=options)


def _close(storage: Storage) -> None:
    """Close, and have the disk hold it all: else the first sync of what is measured would write the filling."""
    storage.close()
    with (storage.path / DATABASE).open("r+b") as file:
        os.fsync(file.fileno())


def _put_all(storage: Storage, entries: Sequence[tuple[bytes, int]], chance: random.Random) -> None:
    """Store an item under each of the keys, in one batch."""

    def decide(transaction: WriteTransaction) -> None:
        table = transaction.table(DEFAULT_ACCOUNT, REGION, wire.TABLE)
        assert table is not None, "made before it is filled"
        for key, number in entries:
            body = orjson.dumps(wire.item(number, chance))
            change = Change(
                table=table,
                key=key,
                keys=orjson.dumps(_keys(number)),
                keys_size=_KEY_BYTES,
                before=transaction.item(table, key),
                after=StoredItem(key=key, body=body, size=len(body)),
            )
            transaction.apply(change)

    asyncio.run(storage.write(decide))


def _keys(number: int) -> wire.Item:
    return {"id": {"S": wire.identifier(number)}}
