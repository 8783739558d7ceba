"""A crash campaign: ``pelton up`` under load is killed again and again, and after each restart nothing may be missing.

After each restart: every acknowledged write is there, every other one whole or not at all; the stream is the table's
history and its numbers rise; each index is the table; each function has seen every record, those of a key in
order; and ``pelton check`` finds the folder whole. All that is random comes from one seed.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from bench.data_folders import trimmed
from pelton.storage.check import check
from pelton.storage.copying import CannotCopy
from pelton.storage.restoring import restore
from pelton.tables.backfilling import expected_rows
from tests.crash.armed import ARMED, POINTS
from tests.crash.backups import backup_problems
from tests.crash.history import History, Seen, delivery_problems, item_of, stream_problems
from tests.crash.load import SNAPSHOT, Chores, Load, fill
from tests.crash.project import FUNCTIONS, INDEX, LATER_INDEX, TABLE, begin_life, make_project, seen
from tests.crash.wire import Client
from tests.end_to_end.running import Up, http, wait_for

#: Kills of one data folder; the next ones begin with a fresh one, so that what is read again stays small.
KILLS_PER_FOLDER = 20
_PATIENCE_S = 60.0
_START_PATIENCE_S = 180.0  #: a machine under other loads, too, syncs in the end
#: At most so many operations of a point's kind before the one that ends the server.
_COUNTS = {"write-wal": 200, "sync-wal": 12, "synced-wal": 12, "write-database": 40, "sync-database": 2}


@dataclass(slots=True)
class Totals:
    """What a campaign has done."""

    kills: Counter[str] = field(default_factory=Counter)  #: by point
    acknowledged: int = 0
    found_done: int = 0
    found_undone: int = 0
    records: int = 0
    shards: int = 0  #: that splits and rollovers have made
    backups: int = 0
    trimmed: int = 0
    checkpoints: int = 0  #: times the write-ahead log could start anew, as far as a server lived to tell
    snapshots: int = 0
    checks: int = 0
    problems: list[str] = field(default_factory=list)


def run(folder: Path, kills: int, seed: int, progress: Callable[[Totals], None]) -> Totals:
    """Kill so many times; ``progress`` is told after each. Stops at the first round with a problem."""
    random = Random(seed)
    totals = Totals()
    while sum(totals.kills.values()) < kills and not totals.problems:
        here = folder / f"folder-{sum(totals.kills.values())}"
        _Folder(here, Random(random.getrandbits(64)), totals).run(
            min(KILLS_PER_FOLDER, kills - sum(totals.kills.values())), progress
        )
        if not totals.problems:
            shutil.rmtree(here)
    return totals


class _Folder:
    """The kills of one data folder."""

    def __init__(self, folder: Path, random: Random, totals: Totals) -> None:
        self._project = folder / "project"
        self._data_dir = folder / "data"
        self._random = random
        self._totals = totals
        self._history = History()
        self._records: list[Seen] = []
        self._newest: dict[str, int] = {}  #: sequence number read last, by shard
        self._backups: list[str] = []  #: acknowledged, not yet looked at
        self._verified_ms = time.time_ns() // 1_000_000
        make_project(self._project)

    def run(self, kills: int, progress: Callable[[Totals], None]) -> None:
        up = self._start()
        with closing(Client(_port(up))) as client:
            fill(client, self._history)
        for _ in range(kills):
            self._kill_under_load(up)
            if self._random.random() < 0.5:  # The other times the server's own recovery is the first to look.
                self._check()
            up = self._start()
            self._totals.problems += self._verify(up)
            progress(self._totals)
            if self._totals.problems:
                break
        up.stop()
        self._check()
        self._count()

    def _count(self) -> None:
        totals, history = self._totals, self._history
        totals.acknowledged += history.acknowledged
        totals.found_done += history.found_done
        totals.found_undone += history.found_undone
        totals.records += len(self._records)
        totals.shards += len(self._newest) - 1
        totals.trimmed += trimmed(self._data_dir)

    def _start(self) -> Up:
        """Start a server that will end itself at a point of the commit path, or wait to be ended."""
        self._point = self._random.choice((*POINTS, "none", "none", "none"))
        count = self._random.randint(1, _COUNTS.get(self._point, 1))
        arguments = [str(self._project), str(self._data_dir), self._point, str(count), str(self._verified_ms)]
        return Up(
            self._project,
            self._data_dir,
            command=[sys.executable, "-m", "tests.crash.armed", *arguments],
            patience_s=_START_PATIENCE_S,
        )

    def _kill_under_load(self, up: Up) -> None:
        """Write until the server ends at its point, or is killed at a random moment."""
        chores = Chores(_port(up), self._data_dir, self._random, _stream(up), self._backups)
        load = Load(_port(up), self._history, self._random, chores)
        (self._data_dir / ARMED).touch()
        moment_s = self._random.uniform(0.05, 0.8) if self._random.random() < 0.85 else 3.0
        is_hit = up.ended_within(moment_s)
        if not is_hit:
            self._totals.checkpoints += _checkpoints(up)
        up.kill()
        load.wait(_PATIENCE_S)
        self._totals.problems += load.problems
        self._totals.kills[self._point if is_hit else "a random moment"] += 1
        (self._data_dir / ARMED).unlink()
        begin_life(self._project)
        self._look_at_snapshot()

    def _verify(self, up: Up) -> list[str]:
        with closing(Client(_port(up))) as client:
            return self._problems(client, _stream(up))

    def _problems(self, client: Client, stream: str) -> list[str]:
        table = {item["id"]["S"]: item for item in client.items(TABLE)}
        problems = self._history.settle({key: int(item["n"]["N"]) for key, item in table.items()})
        problems += [f"{key}: torn: {item}"[:300] for key, item in table.items() if item != _whole(item)]
        problems += _index_problems(client, table)
        self._totals.backups += len(self._backups)
        problems += backup_problems(client, self._backups)
        self._records += sorted(_seen(record) for record in client.records(stream, self._newest))
        problems += stream_problems(self._history, self._records)
        for function in FUNCTIONS:
            problems += self._deliveries(function)
        self._verified_ms = time.time_ns() // 1_000_000
        return problems

    def _deliveries(self, function: str) -> list[str]:
        wanted = {record.sequence_number for record in self._records}

        def missing() -> set[int]:
            return wanted - {number for life in seen(self._project, function) for number, _ in life}

        try:
            wait_for(lambda: not missing(), "every record", _PATIENCE_S)
        except AssertionError:
            return [f"{function}: did not see {len(missing())} records, the first is {min(missing())}"]
        return delivery_problems(function, self._records, seen(self._project, function))

    def _look_at_snapshot(self) -> None:
        """One that is whole restores to a whole folder; of one that is not, nothing has the name."""
        file, restored = self._data_dir / SNAPSHOT, self._data_dir / "restored"
        if file.exists():
            self._totals.snapshots += 1
            try:
                restore(file, restored, lambda _copied, _total: None, expected_rows)
            except CannotCopy as error:
                self._totals.problems.append(f"a snapshot: {error}")
            shutil.rmtree(restored, ignore_errors=True)
            file.unlink()

    def _check(self) -> None:
        report = check(self._data_dir, expected_rows)
        self._totals.checks += 1
        self._totals.problems += [f"pelton check: {problem}" for problem in report.problems]


def _whole(item: Mapping[str, Any]) -> dict[str, Any]:
    return item_of(item["id"]["S"], int(item["n"]["N"]))


def _index_problems(client: Client, table: Mapping[str, Any]) -> list[str]:
    wait_for(lambda: "CREATING" not in _index_states(client).values(), "the index to be built", _PATIENCE_S)
    problems = []
    for index in _index_states(client):
        expected = {key: _projected(index, item) for key, item in table.items() if "g" in item}
        rows = client.items(TABLE, index)
        found = {row["id"]["S"]: row for row in rows}
        if len(rows) != len(found) or found != expected:
            wrong = sorted(key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key))
            problems.append(f"index {index}: {len(rows)} rows for {len(expected)} items; wrong: {wrong[:3]}")
    return problems


def _projected(index: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if index != LATER_INDEX or name in ("id", "g", "n")}


def _index_states(client: Client) -> dict[str, str]:
    described = client.call("DescribeTable", TableName=TABLE)["Table"]["GlobalSecondaryIndexes"]
    assert any(index["IndexName"] == INDEX for index in described)
    return {index["IndexName"]: index["IndexStatus"] for index in described}


def _seen(record: Mapping[str, Any]) -> Seen:
    change = record["dynamodb"]
    before, after = change.get("OldImage"), change.get("NewImage")
    for image in (before, after):
        assert image is None or image == _whole(image), f"a torn image: {image}"
    return Seen(
        sequence_number=int(change["SequenceNumber"]),
        event=record["eventName"],
        key=change["Keys"]["id"]["S"],
        before=None if before is None else int(before["n"]["N"]),
        after=None if after is None else int(after["n"]["N"]),
    )


def _stream(up: Up) -> str:
    with closing(Client(_port(up))) as client:
        return str(client.call("DescribeTable", TableName=TABLE)["Table"]["LatestStreamArn"])


def _checkpoints(up: Up) -> int:
    try:
        text = str(http("GET", f"{up.aws}/_pelton/metrics")[1])
    except OSError:
        return 0  # It has just ended by itself.
    return int(text.partition("\npelton_checkpoints_total ")[2].split("\n")[0])


def _port(up: Up) -> int:
    port = urlsplit(up.aws).port
    assert port is not None
    return port
