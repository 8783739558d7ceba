"""PassSource: a stream's log as one mapping reads it, with the pass under way, if there is one, in its place.

Without a pass it is the log. A replay adds virtual shards before the real ones; a backfill or a redrive adds pages
between the records of the real ones. Rate and pause hold what a pass gives, never the live records.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from pelton.clock import Clock
from pelton.storage.catalog import SequenceNumber
from pelton.storage.passes import PAUSED, RUNNING, Pass
from pelton.triggers.filters import Filter
from pelton.triggers.live_done import LiveDone
from pelton.triggers.log_source import LogSource
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pages import Pages, Register
from pelton.triggers.pass_brake import PassBrake
from pelton.triggers.pass_rate import PassRate
from pelton.triggers.protocols import Page, SourceRecord, SourceShard, Unread
from pelton.triggers.replaying import Replay
from pelton.triggers.virtual_shards import replay_of

#: Records read, or claimed in one commit, at once: between two such bites writers and live reactions have their turn.
_BITE_RECORDS = 500
#: Claims the next page of the pass of that id for a shard, as ``pages.Claim`` does.
ClaimPage = Callable[[int, str, int, Register], Awaitable[bool]]


class PassSource:
    """A ``Source``: one mapping's."""

    def __init__(
        self,
        log: LogSource,
        mapping: Callable[[], EventSourceMapping],
        clock: Clock,
        claim: ClaimPage,
        brake: PassBrake,
    ) -> None:
        self.log = log
        self._mapping = mapping
        self._clock = clock
        self._claim = claim
        self._brake = brake
        self._row: Pass | None = None
        self._replay: Replay | None = None
        self._pages: Pages | None = None
        self._rate = PassRate(None, clock)
        self._readers: dict[str, list[Callable[[], None]]] = {}
        self.given: dict[str, SequenceNumber] = {}  #: how far each virtual shard was read

    def begin(self, row: Pass, live: Mapping[str, LiveDone], places: Mapping[str, SequenceNumber]) -> None:
        """A pass is under way; of a replay: what live delivery has done, and up to where all is sent again."""
        self._row = row
        self._rate = PassRate(row.body["rate"], self._clock)
        self.given.clear()
        if row.kind == "replay":
            self._replay = Replay(row, self.log, live, places)
        else:
            self._pages = Pages(self.log, partial(self._claim, row.id), self.wake)
        self.wake()

    def change(self, row: Pass | None) -> None:
        """The pass was paused, resumed, cancelled, got on, or (None) ended."""
        has_turned = self._row is None or row is None or self._row.state != row.state
        self._row = row
        if row is None:
            self._replay = self._pages = None
        elif self._replay is not None:
            self._replay.changed(row)
        if has_turned:
            if self._pages is not None:
                self._pages.look_again()
            self.wake()

    def durable(self, positions: Mapping[str, SequenceNumber]) -> None:
        """The durable positions of the shards: pages up to there are done with."""
        if self._pages is None:
            return
        for shard_id in self._pages.shards():
            had_room = self._pages.has_room(shard_id)
            self._pages.forget(shard_id, positions.get(shard_id, SequenceNumber(0)))
            if not had_room and self._pages.has_room(shard_id):
                self.wake(shard_id)

    def wake(self, shard_id: str | None = None) -> None:
        """Let the readers of a shard, or of all, look again."""
        for name, readers in tuple(self._readers.items()):
            if shard_id in (None, name):
                for reader in tuple(readers):
                    reader()

    async def shards(self) -> tuple[SourceShard, ...]:
        """As the log lists them, with virtual ones before them during a replay."""
        listed = await self.log.shards()
        return listed if self._replay is None else self._replay.shards(listed)

    async def read(self, shard_id: str, after: SequenceNumber, limit: int) -> Page:
        """What follows a position, in the shard's own order."""
        if replay_of(shard_id) is not None:
            return await self._read_again(shard_id, after, limit)
        if self._pages is None:
            return await self.log.read(shard_id, after, limit)
        is_running = self._row is not None and self._row.state == RUNNING
        may_claim = is_running and self._pages.may_claim(shard_id) and self._may_give(shard_id)
        pages, claim_limit = self._pages, self._rate.limit(_BITE_RECORDS) if may_claim else 0
        page = await pages.read(shard_id, after, limit, claim_limit=claim_limit)
        self._rate.spend(pages.take_claimed())
        return page

    async def _read_again(self, shard_id: str, after: SequenceNumber, limit: int) -> Page:
        """A page of a virtual shard; one of a replay that has ended is at its end."""
        if self._replay is None or self._row is None:
            return Page((), after, has_more=False, is_end=True)
        if self._row.state == PAUSED or not self._may_give(shard_id):
            return Page((), after, has_more=False, is_end=False)
        began_s = self._clock.monotonic()
        page = await self._replay.read(shard_id, after, self._rate.limit(min(limit, _BITE_RECORDS)), self._wants)
        self._brake.bitten(self._clock.monotonic() - began_s, 0)
        self._rate.spend(len(page.records))
        self.given[shard_id] = page.read_through
        now_ms = self._clock.now_ms()
        return page._replace(records=tuple(record._replace(sent_ms=now_ms) for record in page.records))

    def subscribe(self, shard_id: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have ``wake`` called whenever the shard may hold more."""
        readers = self._readers.setdefault(shard_id, [])
        readers.append(wake)
        stop_log = None if replay_of(shard_id) is not None else self.log.subscribe(shard_id, wake)

        def stop() -> None:
            if wake in readers:
                readers.remove(wake)
            if stop_log is not None:
                stop_log()

        return stop

    def unread(self, shard_id: str, after: SequenceNumber, at_most: int = 1_000_000) -> Unread | None:
        """What the shard holds after that number; of a virtual one, what is still to be looked at."""
        if replay_of(shard_id) is not None:
            return Unread(0, None) if self._replay is None else self._replay.unread(shard_id, after, at_most)
        unread = self.log.unread(shard_id, after, at_most)
        pending = 0 if self._pages is None else self._pages.pending(shard_id, after)
        return unread._replace(records=unread.records + pending)

    def number_text(self, number: SequenceNumber) -> str:
        """The sequence number as the records show it."""
        return self.log.number_text(number)

    def partition_key(self, record: SourceRecord) -> bytes:
        """The record's partition key as bytes."""
        return self.log.partition_key(record)

    def _may_give(self, shard_id: str) -> bool:
        """Whether rate and brake let the pass give something now; else the shard's reader is woken when they may."""
        wake = partial(self.wake, shard_id)
        return self._rate.allows(wake) and self._brake.allows((self._mapping().uuid, shard_id), wake)

    def _wants(self, record: SourceRecord) -> bool:
        return Filter(self._mapping().settings.filters)(record.event)
