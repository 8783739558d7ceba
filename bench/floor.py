"""The floor: the least a durable PutItem and GetItem over HTTP can cost here.

    python -m bench.floor FOLDER      prints its port, serves until it is stopped

Same parser (httptools on uvloop), same rows, keys, log and group commit as Pelton, and no checks: no
validation, no schema, no old item, no expressions, no signatures, no sizes, no counters. Pelton's figures are
given as a ratio to this program's, measured in the same run.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from queue import SimpleQueue
from typing import cast

import apsw
import httptools
import orjson
import uvloop

PUT = (
    "INSERT INTO items_1 (key, size, body) VALUES (?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET size = excluded.size, body = excluded.body"
)
GET = "SELECT size, body FROM items_1 WHERE key = ?"
APPEND = "INSERT INTO log VALUES (?, 1, 1, 1761000000000, 0, 10, ?, 0, NULL, ?, ?, NULL)"
SCHEMA = """
    CREATE TABLE items_1 (key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE TABLE log (sequence_number INTEGER PRIMARY KEY, shard INTEGER NOT NULL, event INTEGER NOT NULL,
        created_ms INTEGER NOT NULL, is_service INTEGER NOT NULL, keys_size INTEGER NOT NULL,
        new_size INTEGER NOT NULL, old_size INTEGER NOT NULL, cause TEXT, keys BLOB NOT NULL,
        new_image BLOB, old_image BLOB);
    CREATE INDEX log_by_shard ON log (shard);
"""
CHECKPOINT_BATCHES = 128


def storage_key(identifier: str) -> bytes:
    """The storage key of a string partition key, as ``pelton.items.keys`` makes it."""
    partition = identifier.encode().replace(b"\0", b"\0\xff") + b"\0\0"
    return blake2b(partition, digest_size=8).digest() + partition


class Store:
    """Rows, log and group commit; the COMMIT runs in a thread."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._writer = self._opened(folder / "floor.db")
        self._writer.execute(SCHEMA)
        self._reader = self._opened(folder / "floor.db").cursor()
        self._cursor = self._writer.cursor()
        self._number = 0
        self._queue: list[tuple[bytes, Callable[[bytes], None]]] = []
        self._is_busy = False
        self._batches = 0
        self._commits: SimpleQueue[list[Callable[[bytes], None]]] = SimpleQueue()
        threading.Thread(target=self._commit_lane, daemon=True).start()

    def put(self, body: bytes, done: Callable[[bytes], None]) -> None:
        self._queue.append((body, done))
        if not self._is_busy:
            self._is_busy = True
            self._loop.call_soon(self._run)

    def get(self, body: bytes) -> bytes:
        key = storage_key(orjson.loads(body)["Key"]["id"]["S"])
        rows = self._reader.execute(GET, (key,)).fetchall()
        return b'{"Item":' + rows[0][1] + b"}" if rows else b"{}"

    def _run(self) -> None:
        queue, self._queue = self._queue, []
        execute = self._cursor.execute
        execute("BEGIN IMMEDIATE")
        for body, _ in queue:
            item = orjson.loads(body)["Item"]
            image = orjson.dumps(item)
            self._number += 1
            execute(PUT, (storage_key(item["id"]["S"]), len(image), image))
            execute(APPEND, (self._number, len(image), orjson.dumps({"id": item["id"]}), image))
        self._commits.put([done for _, done in queue])

    def _commit_lane(self) -> None:
        while True:
            answers = self._commits.get()
            self._writer.execute("COMMIT")
            self._batches += 1
            if self._batches % CHECKPOINT_BATCHES == 0:
                self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            self._loop.call_soon_threadsafe(self._committed, answers)

    def _committed(self, answers: list[Callable[[bytes], None]]) -> None:
        if self._queue:
            self._run()
        else:
            self._is_busy = False
        for answer in answers:
            answer(b"{}")

    @staticmethod
    def _opened(file: Path) -> apsw.Connection:
        connection = apsw.Connection(str(file))
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "FULL")
        connection.pragma("cache_size", -65536)
        connection.wal_autocheckpoint(0)
        return connection


class Edge(asyncio.Protocol):
    """HTTP, one request after the other on a connection."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._target = b""
        self._body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-amz-target":
            self._target = value

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._target.endswith(b".PutItem"):
            self._store.put(self._body, self._answer)
        elif self._target.endswith(b".GetItem"):
            self._answer(self._store.get(self._body))
        else:
            self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )


async def serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    store = Store(folder, loop)
    server = await loop.create_server(lambda: Edge(store), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
