"""A replay: a virtual shard before each real one, which sends again what live delivery has done of it.

Until ``--to``, or a cancel, keys join: each with its first record that the replay's filter lets through. All records
of a joined key are sent from there on; beyond that point only its newest one, so that every key ends at its newest
version. A pure matter of the log, so after a restart the joined keys are found by reading it again. An earlier life may
have delivered more than its checkpoints tell: a replay cancelled in a later one counts every key that may have joined.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from pelton.storage.catalog import SequenceNumber
from pelton.storage.passes import Pass
from pelton.triggers.filters import Filter
from pelton.triggers.live_done import LiveDone
from pelton.triggers.log_source import LogSource
from pelton.triggers.protocols import Page, ShardGone, SourceRecord, SourceShard, Unread
from pelton.triggers.virtual_shards import real_shard, virtual_shard

_SCAN_RECORDS = 1000


class Replay:
    """The virtual shards of one replay."""

    def __init__(
        self, row: Pass, log: LogSource, live: Mapping[str, LiveDone], places: Mapping[str, SequenceNumber]
    ) -> None:
        """``live``: what live delivery has done of each real shard; ``places``: up to where all is sent again."""
        self.row = row
        self._log = log
        self._filter = Filter(row.body["filter"])
        self._done = live
        self._joined: set[bytes] | None = None  #: None: not known yet, or not asked for
        self._newest: dict[str, set[SequenceNumber]] = {}
        self._places = dict(places)

    def shards(self, listed: tuple[SourceShard, ...]) -> tuple[SourceShard, ...]:
        """The virtual shards, parents first, then the real ones, each behind its virtual one."""
        again = {shard.id: virtual_shard(shard.id, self.row.id) for shard in listed if shard.id in self._untils}
        return (
            *(
                SourceShard(again[shard.id], again.get(shard.parent or ""), self._after)
                for shard in listed
                if shard.id in again
            ),
            *(shard._replace(parent=again.get(shard.id, shard.parent)) for shard in listed),
        )

    async def read(
        self, shard_id: str, after: SequenceNumber, limit: int, wants: Callable[[SourceRecord], bool]
    ) -> Page:
        """A page of a virtual shard; ``wants`` is the mapping's own filter."""
        shard = real_shard(shard_id)
        until, join_until = self._untils[shard], self._join_until(shard)
        start = max(after, self._after)
        if self._is_tracking and self._joined is None:
            self._joined = await self._joined_so_far()
        if start >= join_until and start < until and shard not in self._newest:
            self._newest[shard] = await self._newest_of_joined(shard, start, wants)
        if start >= until:
            return Page((), SequenceNumber(max(after, until)), has_more=False, is_end=True)
        bound = until if start >= join_until else min(until, join_until)
        page = await self._log.read(shard, start, limit)
        through = min(page.read_through, bound) if page.has_more else bound
        chosen = tuple(record for record in page.records if record.number <= bound and self._chooses(shard, record))
        self._places[shard] = SequenceNumber(max(through, self._places.get(shard, through)))
        is_end = through >= until
        return Page(chosen, SequenceNumber(through), has_more=not is_end, is_end=is_end, is_gap=page.is_gap)

    def unread(self, shard_id: str, after: SequenceNumber, at_most: int) -> Unread:
        """What of a virtual shard is still to be looked at."""
        shard, start = real_shard(shard_id), SequenceNumber(max(after, self._after))
        until = SequenceNumber(max(start, self._untils[shard]))
        here = self._log.unread(shard, start, at_most)
        beyond = self._log.unread(shard, until, at_most)
        return here._replace(records=max(here.records - beyond.records, 0))

    def changed(self, row: Pass) -> None:
        """The row was paused, resumed or cancelled."""
        if row.body["cancelled"] != self.row.body["cancelled"]:
            self._joined = None
            self._newest.clear()
        self.row = row

    @property
    def _untils(self) -> dict[str, SequenceNumber]:
        untils: dict[str, SequenceNumber] = self.row.body["shards"]
        return untils

    @property
    def _after(self) -> SequenceNumber:
        return SequenceNumber(self.row.body["after"])

    @property
    def _is_tracking(self) -> bool:
        body = self.row.body
        return bool(self._filter) or body["to"] is not None or body["cancelled"] is not None

    def _join_until(self, shard: str) -> SequenceNumber:
        """Keys join with records up to here."""
        to, cancelled, until = self.row.body["to"], self.row.body["cancelled"], self._untils[shard]
        bounds = [until if to is None else to, until if cancelled is None else cancelled.get(shard, self._after)]
        return SequenceNumber(max(min(bounds), self._after))

    def _chooses(self, shard: str, record: SourceRecord) -> bool:
        if record.number > self._join_until(shard):
            return record.number in self._newest[shard]
        if not self._is_done(shard, record):
            return False
        if self._joined is None or record.keys in self._joined:
            return True
        if not self._filter(record.event):
            return False
        self._joined.add(record.keys)
        return True

    def _is_done(self, shard: str, record: SourceRecord) -> bool:
        return shard in self._done and self._done[shard](record)

    async def _joined_so_far(self) -> set[bytes]:
        """Keys that have joined, by what was read before."""
        joined: set[bytes] = set()

        def look(record: SourceRecord) -> None:
            if record.keys not in joined and self._filter(record.event):
                joined.add(record.keys)

        for shard in self._untils:
            await self._scan(shard, self._after, self._looked_for_keys(shard), look)
        return joined

    def _looked_for_keys(self, shard: str) -> SequenceNumber:
        """Up to where keys have joined, or may have, in this life or an earlier one."""
        body, until = self.row.body, self._untils[shard]
        if body["cancelled"] is not None and body.get("resumed"):
            return until if body["to"] is None else SequenceNumber(min(until, body["to"]))
        return SequenceNumber(min(until, self._join_until(shard), self._places.get(shard, self._after)))

    async def _newest_of_joined(
        self, shard: str, after: SequenceNumber, wants: Callable[[SourceRecord], bool]
    ) -> set[SequenceNumber]:
        newest: dict[bytes, SequenceNumber] = {}
        joined = self._joined or set()

        def look(record: SourceRecord) -> None:
            if record.keys in joined and self._is_done(shard, record) and wants(record):
                newest[record.keys] = record.number

        await self._scan(shard, after, self._untils[shard], look)
        return set(newest.values())

    async def _scan(
        self, shard: str, after: SequenceNumber, until: SequenceNumber, look: Callable[[SourceRecord], None]
    ) -> None:
        """Look at the records of a shard in (after, until]; what is trimmed is passed over."""
        position = after
        while position < until:
            try:
                page = await self._log.read(shard, position, _SCAN_RECORDS)
            except ShardGone:
                return
            for record in page.records:
                if record.number <= until:
                    look(record)
            if not page.has_more:
                return
            position = page.read_through
            await asyncio.sleep(0)  # Others have their turn between two pages.


async def count_sent(replay: Replay, shards: Sequence[str], after: SequenceNumber) -> int:
    """How many records the replay would send, before the mapping's own filters."""
    sent = 0
    for shard in shards:
        position, is_end = after, False
        while not is_end:
            page = await replay.read(virtual_shard(shard, replay.row.id), position, _SCAN_RECORDS, lambda _: True)
            sent += len(page.records)
            position, is_end = page.read_through, page.is_end
            await asyncio.sleep(0)
    return sent
