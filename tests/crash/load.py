"""What goes on while the server is killed: writers with keys of their own, and chores (splits, an index, backups)."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from pelton.control.client import CallRefused, RunningPelton
from pelton.control.run_file import NotRunning
from tests.crash.history import History, Write, item_of
from tests.crash.project import LATER_INDEX, TABLE
from tests.crash.wire import Client, Lost, Refused

WRITERS = 8
KEYS_EACH = 6
STILL_ITEMS = 1500
SNAPSHOT = "snapshot"  #: file in the data folder
#: Open shards beyond which no more is split: each has runners of its own.
SHARDS_MAX = 12


class Load:
    """Threads that write until the server is gone, or until ``stop``."""

    def __init__(self, port: int, history: History, random: Random, chores: Chores) -> None:
        self._stop = threading.Event()
        self.problems: list[str] = []
        writers = [
            _Writer(number, port, history, Random(random.getrandbits(32)), self._stop) for number in range(WRITERS)
        ]
        jobs: list[Callable[[], None]] = [writer.run for writer in writers]
        self._threads = [threading.Thread(target=self._guarded, args=(job,)) for job in (*jobs, chores.run)]
        for thread in self._threads:
            thread.start()

    def wait(self, patience_s: float) -> None:
        """Wait until the server is gone for everybody."""
        self._stop.set()
        for thread in self._threads:
            thread.join(patience_s)
            assert not thread.is_alive(), "a writer waits for a server that was killed"

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Lost:
            pass  # The kill: this is how each of them ends.
        except Exception as error:
            self.problems.append(f"while it was written: {error!r}")


def fill(client: Client, history: History) -> None:
    """Items that nobody changes, so that building an index takes more than one step."""
    keys = [f"still-{number}" for number in range(STILL_ITEMS)]
    for chunk in (keys[at : at + 25] for at in range(0, STILL_ITEMS, 25)):
        history.begin(-1, dict.fromkeys(chunk, 1))
        puts = [{"PutRequest": {"Item": item_of(key, 1)}} for key in chunk]
        assert not client.call("BatchWriteItem", RequestItems={TABLE: puts})["UnprocessedItems"]
        history.acknowledge(-1)


class _Writer:
    """Changes its own keys, one request after the other."""

    def __init__(self, number: int, port: int, history: History, random: Random, stop: threading.Event) -> None:
        self._number = number
        self._client = Client(port)
        self._history = history
        self._random = random
        self._stop = stop
        self._keys = [f"writer{number}-{key}" for key in range(KEYS_EACH)]
        self._version = history.newest(number)

    def run(self) -> None:
        with contextlib.closing(self._client):
            while not self._stop.is_set():
                write, operation, body = self._next()
                self._history.begin(self._number, write)
                self._client.call(operation, **body)
                self._history.acknowledge(self._number)

    def _next(self) -> tuple[Write, str, dict[str, Any]]:
        self._version += 1
        key = self._random.choice(self._keys)
        version, chance = self._version, self._random.random()
        if chance < 0.15:
            keys = self._random.sample(self._keys, 3)
            actions = [{"Put": {"TableName": TABLE, "Item": item_of(each, version)}} for each in keys]
            return dict.fromkeys(keys, version), "TransactWriteItems", {"TransactItems": actions}
        if chance < 0.25 and self._history.state(key) is not None:
            return {key: None}, "DeleteItem", {"TableName": TABLE, "Key": {"id": {"S": key}}}
        if chance < 0.5:
            return {key: version}, "UpdateItem", _update(key, version)
        return {key: version}, "PutItem", {"TableName": TABLE, "Item": item_of(key, version)}


def _update(key: str, version: int) -> dict[str, Any]:
    item = item_of(key, version)
    values = {":n": item["n"], ":filling": item["filling"]} | ({":g": item["g"]} if "g" in item else {})
    return {
        "TableName": TABLE,
        "Key": {"id": item["id"]},
        "UpdateExpression": f"SET n = :n, filling = :filling{', g = :g' if 'g' in item else ' REMOVE g'}",
        "ExpressionAttributeValues": values,
    }


class Chores:
    """Splits shards, rolls them over, makes an index and removes it, takes snapshots and backups, one by one.

    ``backups`` gets the ARN of each that was acknowledged.
    """

    def __init__(self, port: int, data_dir: Path, random: Random, stream: str, backups: list[str]) -> None:
        self._client = Client(port)
        self._data_dir = data_dir
        self._random = random
        self._stream = stream
        self._backups = backups
        self._pause = threading.Event()

    def run(self) -> None:
        """One or two of them, each at a moment of its own."""
        with contextlib.closing(self._client):
            for _ in range(self._random.randint(1, 2)):
                self._pause.wait(self._random.random() * 0.2)
                with contextlib.suppress(NotRunning, CallRefused, OSError, http.client.HTTPException):
                    self._random.choice((self._split, self._roll, self._index, self._snapshot, self._backup))()

    def _snapshot(self) -> None:
        for _ in RunningPelton(self._data_dir).post_lines("snapshot", file=str(self._data_dir / SNAPSHOT)):
            pass

    def _backup(self) -> None:
        made = self._client.call("CreateBackup", TableName=TABLE, BackupName="crash")
        self._backups.append(made["BackupDetails"]["BackupArn"])

    def _split(self) -> None:
        is_open = self._open_shards()
        if len(is_open) < SHARDS_MAX:
            RunningPelton(self._data_dir).post("split", TABLE, shard=self._random.choice(is_open))

    def _roll(self) -> None:
        RunningPelton(self._data_dir).post("roll", TABLE, shard=self._random.choice(self._open_shards()))

    def _open_shards(self) -> list[str]:
        description = self._client.call("DescribeStream", StreamArn=self._stream)["StreamDescription"]
        return [s["ShardId"] for s in description["Shards"] if "EndingSequenceNumber" not in s["SequenceNumberRange"]]

    def _index(self) -> None:
        with contextlib.suppress(Refused):  # It is still being made, or removed.
            self._client.call("UpdateTable", TableName=TABLE, **self._index_change())

    def _index_change(self) -> dict[str, Any]:
        described = self._client.call("DescribeTable", TableName=TABLE)["Table"]["GlobalSecondaryIndexes"]
        if any(index["IndexName"] == LATER_INDEX for index in described):
            return {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": LATER_INDEX}}]}
        create = {
            "IndexName": LATER_INDEX,
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
        attributes = [
            {"AttributeName": name, "AttributeType": kind} for name, kind in (("id", "S"), ("g", "N"), ("n", "N"))
        ]
        return {"AttributeDefinitions": attributes, "GlobalSecondaryIndexUpdates": [{"Create": create}]}
