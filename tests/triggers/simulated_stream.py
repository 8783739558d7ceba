"""A stream for the simulator: shards that split and roll over, keys that move to the children, trimming, odd pages."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from random import Random

import orjson

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.protocols import Page, SourceRecord

KEYS = 6


@dataclass
class SimulatedShard:
    """One shard: the keys it takes while it is open, and its records."""

    id: str
    parent: str | None
    keys: tuple[int, ...]
    before: SequenceNumber
    records: list[SourceRecord] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    is_closed: bool = False


class SimulatedStream:
    """All shards of one stream, and every record there ever was."""

    def __init__(self, random: Random, retention_ms: int) -> None:
        self.random = random
        self.retention_ms = retention_ms
        self.is_polled = random.random() < 0.3  #: says less about how far was read, and ends with an empty page
        self.is_trimming = random.random() < 0.15
        self.is_skewed = random.random() < 0.15  #: the clock that dates records goes back at times
        self.is_large = random.random() < 0.03
        self.tip = random.choice([0, 0, 10**21])
        self.shards: dict[str, SimulatedShard] = {}
        self.all: dict[int, SourceRecord] = {}
        self.key_of: dict[int, int] = {}
        self.by_key: dict[int, list[int]] = {key: [] for key in range(KEYS)}
        self.poison: set[int] = set()
        self.trimmed: set[int] = set()  #: gone before they were read
        roots = random.choice([1, 1, 1, 2, 3])
        for root in range(roots):
            self._open(None, tuple(key for key in range(KEYS) if key % roots == root))

    def write(self, now_ms: int) -> None:
        """Some changes."""
        for _ in range(self.random.randint(1, 8)):
            key = self.random.randrange(KEYS)
            shard = next(s for s in self.shards.values() if not s.is_closed and key in s.keys)
            self.tip += self.random.choice([1, 1, 3])
            created_ms = now_ms - (self.random.choice([0, 0, 3_000, 90_000]) if self.is_skewed else 0)
            record = SourceRecord(SequenceNumber(self.tip), created_ms, self._event(key), b'{"id":"%d"}' % key)
            shard.records.append(record)
            shard.numbers.append(self.tip)
            self.all[self.tip] = record
            self.key_of[self.tip] = key
            self.by_key[key].append(self.tip)
            if self.random.random() < 0.08:
                self.poison.add(self.tip)

    def split(self) -> None:
        """An open shard is closed and gets one child (rollover) or two (split)."""
        shard = self.random.choice([each for each in self.shards.values() if not each.is_closed])
        shard.is_closed = True
        if len(shard.keys) > 1 and self.random.random() < 0.6:
            middle = len(shard.keys) // 2
            self._open(shard.id, shard.keys[:middle])
            self._open(shard.id, shard.keys[middle:])
        else:
            self._open(shard.id, shard.keys)

    def close(self) -> None:
        """The stream is disabled: nothing more is written."""
        for shard in self.shards.values():
            shard.is_closed = True

    def read(self, shard_id: str, after: SequenceNumber, limit: int, now_ms: int) -> Page:
        """A page, as the embedded log or a polled Streams API would give it."""
        shard = self.shards[shard_id]
        start = bisect_right(shard.numbers, after)
        first = start
        if self.is_trimming:
            while first < len(shard.records) and now_ms - shard.records[first].created_ms > self.retention_ms:
                self.trimmed.add(shard.numbers[first])
                first += 1
        records = tuple(shard.records[first : first + limit])
        is_whole = first + len(records) == len(shard.records)
        if self.is_polled:
            through = records[-1].number if records else after
            return Page(records, through, bool(records), is_end=shard.is_closed and not records, is_gap=first > start)
        through = SequenceNumber(max(after, self.tip)) if is_whole else records[-1].number
        return Page(records, through, not is_whole, is_end=shard.is_closed and is_whole, is_gap=first > start)

    def _open(self, parent: str | None, keys: tuple[int, ...]) -> None:
        shard = SimulatedShard(f"shard-{len(self.shards)}", parent, keys, SequenceNumber(self.tip))
        self.shards[shard.id] = shard

    def _event(self, key: int) -> bytes:
        event = {
            "eventName": self.random.choice(["INSERT", "MODIFY", "REMOVE"]),
            "dynamodb": {
                "Keys": {"id": {"S": f"k{key}"}},
                "NewImage": {
                    "n": {"N": str(self.random.randint(0, 9))},
                    "s": {"S": self.random.choice(["ab", "b", ""])},
                },
                "SequenceNumber": str(self.tip),
            },
        }
        if self.is_large:
            event["padding"] = "x" * self.random.choice([10, 900_000, 2_000_000])
        return orjson.dumps(event)
