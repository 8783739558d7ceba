"""Which layout of item rows: clustered by storage key, or rowid with a unique index? Measured, for ADR 0001.

    python -m bench.layout --items 5000000 --body 400 --folder /tmp/layout

Fills each layout in random order (partitions of 100 items), then measures durable batches of 64 with
their log rows, gets, ranges of 100, and scans, with the caches and pragmas that storage uses.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import apsw

LAYOUTS = {
    "clustered": "CREATE TABLE items (key BLOB PRIMARY KEY, size INTEGER, body BLOB) WITHOUT ROWID",
    "rowid": "CREATE TABLE items (key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, body BLOB NOT NULL)",
}
LOG = """CREATE TABLE log (sequence_number INTEGER PRIMARY KEY, shard INTEGER NOT NULL, event INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, is_service INTEGER NOT NULL, keys_size INTEGER NOT NULL, new_size INTEGER NOT NULL,
    old_size INTEGER NOT NULL, cause TEXT, keys BLOB NOT NULL, new_image BLOB, old_image BLOB)"""
GET = "SELECT size, body FROM items WHERE key = ?"
PUT = (
    "INSERT INTO items (key, size, body) VALUES (?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET size = excluded.size, body = excluded.body"
)
APPEND = "INSERT INTO log VALUES (?, 1, 1, 1761000000000, 0, 10, ?, 0, NULL, ?, ?, NULL)"
RANGE = "SELECT key, size, body FROM items WHERE key >= ? AND key < ? ORDER BY key"
PARTITION = 100
BATCH = 64


def key_of(number: int) -> bytes:
    """The storage key of the number-th item: hash, partition, sort key."""
    partition = b"user#%012d\0\0" % (number // PARTITION)
    return blake2b(partition, digest_size=8).digest() + partition + b"order#%06d\0\0" % (number % PARTITION)


def opened(file: Path, page_size: int, cache_bytes: int) -> apsw.Connection:
    connection = apsw.Connection(str(file))
    connection.pragma("page_size", page_size)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "FULL")
    connection.pragma("cache_size", -(cache_bytes // 1024))
    connection.wal_autocheckpoint(0)
    return connection


def fill(file: Path, layout: str, items: int, body: bytes, page_size: int) -> float:
    """Insert all items in random order; seconds."""
    order = list(range(items))
    random.Random(1).shuffle(order)
    connection = opened(file, page_size, 3 << 30)
    connection.pragma("synchronous", "OFF")
    connection.execute(LAYOUTS[layout])
    connection.execute(LOG)
    connection.execute("CREATE INDEX log_by_shard ON log (shard)")
    started = time.perf_counter()
    for first in range(0, items, 100_000):
        with connection:
            connection.executemany(
                PUT, ((key_of(number), len(body), body) for number in order[first : first + 100_000])
            )
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()
    return time.perf_counter() - started


def put_batches(connection: apsw.Connection, keys: Iterator[bytes], body: bytes, seconds: float) -> float:
    """Durable puts per second, 64 to a commit, checkpoints included."""
    cursor = connection.cursor()
    number = connection.execute("SELECT coalesce(max(sequence_number), 0) FROM log").fetchall()[0][0]
    count = 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        cursor.execute("BEGIN IMMEDIATE")
        for _ in range(BATCH):
            key = next(keys)
            number += 1
            cursor.execute(GET, (key,)).fetchall()
            cursor.execute(PUT, (key, len(body), body))
            cursor.execute(APPEND, (number, len(body), key, body))
        cursor.execute("COMMIT")
        count += BATCH
        if count % (BATCH * 64) == 0:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    return count / (time.perf_counter() - started)


def rate(action: Callable[[], int], seconds: float) -> float:
    count = 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        count += action()
    return count / (time.perf_counter() - started)


def measure(file: Path, items: int, body: bytes, page_size: int, seconds: float) -> dict[str, float]:
    chance = random.Random(2)
    writer = opened(file, page_size, 64 << 20)
    figures = {}
    existing = (key_of(chance.randrange(items)) for _ in iter(int, 1))
    fresh = (key_of(items + chance.randrange(items)) for _ in iter(int, 1))
    figures["replace/s"] = put_batches(writer, existing, body, seconds)
    figures["insert/s"] = put_batches(writer, fresh, body, seconds)
    writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    reader = opened(file, page_size, 16 << 20)
    cursor = reader.cursor()
    cursor.execute("BEGIN")
    figures["get/s"] = rate(lambda: len(cursor.execute(GET, (key_of(chance.randrange(items)),)).fetchall()), seconds)

    def one_range() -> int:
        first = chance.randrange(items // PARTITION) * PARTITION
        prefix = key_of(first)[:-14]
        rows = cursor.execute(RANGE, (prefix, prefix + b"\xff")).fetchall()
        assert len(rows) == PARTITION, len(rows)
        return 1

    def one_page() -> int:
        lower = chance.randbytes(8)
        rows = cursor.execute(RANGE + " LIMIT ?", (lower, b"\xff" * 9, (1 << 20) // len(body))).fetchall()
        return len(rows)

    figures["ranges of 100/s"] = rate(one_range, seconds)
    figures["scanned items/s"] = rate(one_page, seconds)
    reader.close()
    writer.close()
    figures["file MB"] = file.stat().st_size / 1e6
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--body", type=int, default=400)
    parser.add_argument("--page-size", type=int, default=4096)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path, required=True, help="scratch folder; removed at the end")
    options = parser.parse_args()
    options.folder.mkdir(parents=True)
    body = random.Random(3).randbytes(options.body)
    try:
        for layout in LAYOUTS:
            file = options.folder / f"{layout}.db"
            filled_s = fill(file, layout, options.items, body, options.page_size)
            figures = measure(file, options.items, body, options.page_size, options.seconds)
            shown = {name: round(value) for name, value in figures.items()}
            head = {"layout": layout, "items": options.items, "body": options.body, "page": options.page_size}
            print(json.dumps({**head, "fill s": round(filled_s), **shown}), flush=True)
            file.unlink()
    finally:
        shutil.rmtree(options.folder)


if __name__ == "__main__":
    main()
