"""What the writers of a crash campaign did: for each key its states, and the one write that may be under way.

Pure. A state is the version number of the item, or None when there is none. Each key belongs to one writer,
and a writer has one request under way; so after a kill each writer has at most one write of which nobody
knows whether it took place.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

#: What one request changes: key to version, None: the item goes.
Write = Mapping[str, int | None]
#: Sizes of items (bytes): mostly small, some as large as several pages.
_SIZES = (20, 100, 60, 40, 400, 80, 7000, 200, 30, 1500)
_GROUPS = 7


class Seen(NamedTuple):
    """A stream record, as it was read."""

    sequence_number: int
    event: str
    key: str
    before: int | None
    after: int | None


class History:
    """States of all keys since the beginning, oldest first; the first is None."""

    def __init__(self) -> None:
        self.states: dict[str, list[int | None]] = {}
        self._under_way: dict[int, Write] = {}
        self._newest: dict[int, int] = {}  #: version that each writer has tried last: none is tried twice
        self.acknowledged = 0
        self.found_done = 0  #: writes that were not acknowledged and took place
        self.found_undone = 0

    def state(self, key: str) -> int | None:
        """The last known state."""
        return self.states.get(key, [None])[-1]

    def begin(self, writer: int, write: Write) -> None:
        """The request is about to be sent."""
        self._under_way[writer] = write
        self._newest[writer] = max([self._newest.get(writer, 0), *(version or 0 for version in write.values())])

    def newest(self, writer: int) -> int:
        """The highest version that the writer has tried, 0 at the beginning."""
        return self._newest.get(writer, 0)

    def acknowledge(self, writer: int) -> None:
        """It was answered: it holds from now on, whatever happens."""
        self._append(self._under_way.pop(writer))
        self.acknowledged += 1

    def settle(self, table: Mapping[str, int]) -> list[str]:
        """Hold the table after a restart against the history, and adopt what had been under way; what is wrong."""
        problems = [problem for write in self._under_way.values() for problem in self._settle_one(write, table)]
        self._under_way.clear()
        return problems + [
            f"{key}: the table holds {table.get(key)}, acknowledged was {self.state(key)}"
            for key in self.states.keys() | table.keys()
            if self.state(key) != table.get(key)
        ]

    def _settle_one(self, write: Write, table: Mapping[str, int]) -> list[str]:
        done = [key for key, version in write.items() if table.get(key) == version and self.state(key) != version]
        undone = [key for key in write if table.get(key) == self.state(key)]
        if len(done) == len(write):
            self.found_done += 1
            self._append(write)
            return []
        if len(undone) == len(write):
            self.found_undone += 1
            return []
        return [f"a write of {sorted(write)} is there by half: {sorted(done)} changed"]

    def _append(self, write: Write) -> None:
        for key, version in write.items():
            self.states.setdefault(key, [None]).append(version)

    def expected(self, key: str) -> list[tuple[str, int | None, int | None]]:
        """Events of the key's records: name, version before and after."""
        return [(_event(before, after), before, after) for before, after in pairwise(self.states.get(key, [None]))]


def _event(before: int | None, after: int | None) -> str:
    return "REMOVE" if after is None else "INSERT" if before is None else "MODIFY"


def stream_problems(history: History, records: Sequence[Seen]) -> list[str]:
    """Whether the stream, in the order of its numbers, is the history of each key: numbers rise, nothing is missing."""
    problems = [
        f"sequence number {after.sequence_number} follows {before.sequence_number}"
        for before, after in pairwise(records)
        if after.sequence_number <= before.sequence_number
    ]
    by_key: dict[str, list[tuple[str, int | None, int | None]]] = {}
    for record in records:
        by_key.setdefault(record.key, []).append((record.event, record.before, record.after))
    return problems + [
        f"{key}: {_difference(history.expected(key), by_key.get(key, []))}"
        for key in history.states.keys() | by_key.keys()
        if by_key.get(key, []) != history.expected(key)
    ]


def delivery_problems(function: str, records: Sequence[Seen], rounds: Sequence[Sequence[tuple[int, str]]]) -> list[str]:
    """Whether a function saw every record, and those of each key in order.

    Args:
        function: its name.
        records: the whole stream, in order.
        rounds: sequence number and key of what it saw, in its order, for each life of the server.
    """
    problems = []
    first_seen: dict[str, list[int]] = {}
    known: set[int] = set()
    for life in rounds:
        newest: dict[str, int] = {}
        for number, key in life:
            if number <= newest.get(key, 0):
                problems.append(f"{function}: {key}: saw {number} after {newest[key]} in one life of the server")
            newest[key] = number
            if number not in known:
                known.add(number)
                first_seen.setdefault(key, []).append(number)
    by_key: dict[str, list[int]] = {}
    for record in records:
        by_key.setdefault(record.key, []).append(record.sequence_number)
    return problems + [
        f"{function}: {key}: {_difference(by_key.get(key, []), first_seen.get(key, []))}"
        for key in by_key.keys() | first_seen.keys()
        if first_seen.get(key, []) != by_key.get(key, [])
    ]


def _difference(expected: Sequence[object], found: Sequence[object]) -> str:
    at = next((at for at, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
    at = min(len(expected), len(found)) if at is None else at
    return (
        f"{len(expected)} expected, {len(found)} found, at {at} they part: "
        f"{list(expected[at : at + 2])} and {list(found[at : at + 2])}"
    )


def item_of(key: str, version: int) -> dict[str, Any]:
    """The item of a version: all of it follows from key and version, so a mixture of two is seen."""
    seed = zlib.crc32(f"{key}/{version}".encode())
    item: dict[str, Any] = {
        "id": {"S": key},
        "n": {"N": str(version)},
        "filling": {"S": f"{seed:08x}" * (_SIZES[seed % len(_SIZES)] // 8)},
    }
    if seed % 5:  # The others are not in the index.
        item["g"] = {"N": str(seed % _GROUPS)}
    return item
