"""Storage alone, without HTTP: what a put and a get cost below the operations.

python -m bench.storage FOLDER     prints JSON; the folder is left behind
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import uvloop

from bench import wire
from pelton.clock import SystemClock
from pelton.items.keys import storage_key
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.storage.catalog import Table
from pelton.storage.change import Change, StoredItem
from pelton.storage.drivers import ThreadDriver
from pelton.storage.engine import Storage
from pelton.storage.transaction import WriteTransaction

SCHEMA = KeySchema((KeyAttribute("id", "S"),))
WRITERS = 64
SECONDS = 5.0


def make_table(transaction: WriteTransaction) -> Table:
    table = transaction.create_table(
        account="0", region="r", name=wire.TABLE, uuid="u", schema=SCHEMA, definition={}, now_ms=1
    )
    return transaction.enable_stream(table, "NEW_IMAGE", 1)


def put(number: int, body: bytes) -> Callable[[WriteTransaction], object]:
    keys = {"id": {"S": f"user#{number:08d}"}}

    def decide(transaction: WriteTransaction) -> object:
        table = transaction.table("0", "r", wire.TABLE)
        assert table is not None
        key = storage_key(SCHEMA, keys)
        return transaction.apply(
            Change(
                table=table,
                key=key,
                keys=orjson.dumps(keys),
                keys_size=15,
                before=transaction.item(table, key),
                after=StoredItem(key=key, body=body, size=len(body)),
            )
        )

    return decide


async def measure(folder: Path) -> dict[str, float]:
    storage = Storage.open(folder, clock=SystemClock(), driver=ThreadDriver())
    table = await storage.write(make_table)
    body = random.Random(1).randbytes(wire.BODY_BYTES)
    until = time.perf_counter() + SECONDS
    times: list[float] = []

    async def writer(index: int) -> None:
        chance = random.Random(index)
        while (started := time.perf_counter()) < until:
            await storage.write(put(chance.randrange(wire.ITEMS), body))
            times.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*[writer(index) for index in range(WRITERS)])
    puts_per_s = len(times) / (time.perf_counter() - started)
    times.sort()
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS / 2:
        with storage.snapshot() as snapshot:
            snapshot.item(table, storage_key(SCHEMA, {"id": {"S": f"user#{count % wire.ITEMS:08d}"}}))
        count += 1
    gets_per_s = count / (time.perf_counter() - started)
    figures = storage.checkpoint_figures()
    storage.close()
    return {
        "puts_per_s": puts_per_s,
        "put_p99_ms": times[len(times) * 99 // 100] * 1000,
        "put_max_ms": times[-1] * 1000,
        "gets_per_s": gets_per_s,
        "checkpoints": figures.completed,
        "stall_max_ms": figures.stall_s_max * 1000,
        "wal_pages_max": figures.wal_pages_max,
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measure(Path(sys.argv[1])))))
