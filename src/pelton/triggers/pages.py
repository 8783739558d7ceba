"""Pages of a backfill or a redrive, served in the shard's own order: the log up to a page, the page, the log beyond.

A page's records have sequence numbers given in the transaction that read them, so their place among the shard's
changes is that of the snapshot. They are in memory only: a page that the durable position has not passed when Pelton
ends is claimed anew by the next start, under new numbers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import NamedTuple

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.log_source import LogSource
from pelton.triggers.protocols import Page, SourceRecord

#: Pages of the log served before the next page is claimed, however much of the log is left: both get on.
_LOG_PAGES = 4
#: Nothing is claimed while this many records, or bytes of their events, are not known to be done in a shard.
_RECORDS_MAX = 20_000
_BYTES_MAX = 16 << 20


class ClaimedPage(NamedTuple):
    """Records of one shard with consecutive numbers, at least one."""

    first: SequenceNumber
    last: SequenceNumber
    records: tuple[SourceRecord, ...]
    bytes: int


def claimed_page(records: tuple[SourceRecord, ...]) -> ClaimedPage:
    """A page of one record or more."""
    return ClaimedPage(records[0].number, records[-1].number, records, sum(len(record.event) for record in records))


#: Takes claimed records, by shard, in the moment their numbers are committed: before anyone reads past them.
Register = Callable[[Mapping[str, tuple[SourceRecord, ...]]], None]
#: Claims the next page, of at most so many records as a rule, for a shard; whether there may be another.
Claim = Callable[[str, int, Register], Awaitable[bool]]


class Pages:
    """The claimed pages of one pass, merged into the log."""

    def __init__(self, log: LogSource, claim: Claim, wake: Callable[[str], None]) -> None:
        """``wake``: the shard has a page that another one's reader claimed."""
        self._log = log
        self._claim = claim
        self._wake = wake
        self._pages: dict[str, list[ClaimedPage]] = {}
        self._log_pages: dict[str, int] = {}
        self._claimed = 0
        self._exhausted: set[str] = set()  #: shards for which nothing was left to claim

    async def read(self, shard_id: str, after: SequenceNumber, limit: int, *, claim_limit: int) -> Page:
        """What follows a position in the shard; with a limit above 0 the next page may be claimed."""
        page = self._next(shard_id, after)
        if page is not None and after >= page.first - 1:
            return _part(page, after, limit)
        read = await self._log.read(shard_id, after, limit)
        if page is not None:
            return _before(page, read, after)
        if claim_limit > 0 and self._is_time(shard_id, read):
            self._log_pages[shard_id] = 0
            if not await self._claim(shard_id, claim_limit, partial(self._register, shard_id)):
                self._exhausted.add(shard_id)
                return read
            # The log was read before the claim: what came between is read next, and then the page.
            return read._replace(has_more=True)
        return read

    def may_claim(self, shard_id: str) -> bool:
        """Whether there may be something to claim for the shard, and room for it."""
        return shard_id not in self._exhausted and self.has_room(shard_id)

    def look_again(self) -> None:
        """There may be something to claim where there was nothing."""
        self._exhausted.clear()

    def take_claimed(self) -> int:
        """How many records were claimed since this was last asked."""
        claimed, self._claimed = self._claimed, 0
        return claimed

    def pending(self, shard_id: str, after: SequenceNumber) -> int:
        """Claimed records beyond a position."""
        return sum(
            page.last - max(page.first - 1, after) for page in self._pages.get(shard_id, ()) if page.last > after
        )

    def forget(self, shard_id: str, through: SequenceNumber) -> None:
        """The shard's durable position has passed these numbers."""
        pages = self._pages.get(shard_id)
        if pages and pages[0].last <= through:
            self._pages[shard_id] = [page for page in pages if page.last > through]

    def shards(self) -> tuple[str, ...]:
        """Shards that have pages."""
        return tuple(shard_id for shard_id, pages in self._pages.items() if pages)

    def has_room(self, shard_id: str) -> bool:
        """Whether more may be claimed for the shard."""
        pages = self._pages.get(shard_id, ())
        return (
            sum(len(page.records) for page in pages) < _RECORDS_MAX and sum(page.bytes for page in pages) < _BYTES_MAX
        )

    def _register(self, asking: str, claimed: Mapping[str, tuple[SourceRecord, ...]]) -> None:
        for shard_id, records in claimed.items():
            self._pages.setdefault(shard_id, []).append(claimed_page(records))
            self._claimed += len(records)
            if shard_id != asking:
                self._wake(shard_id)

    def _next(self, shard_id: str, after: SequenceNumber) -> ClaimedPage | None:
        return next((page for page in self._pages.get(shard_id, ()) if page.last > after), None)

    def _is_time(self, shard_id: str, read: Page) -> bool:
        self._log_pages[shard_id] = self._log_pages.get(shard_id, 0) + 1
        is_turn = not read.has_more or self._log_pages[shard_id] > _LOG_PAGES
        return is_turn and not read.is_end and self.may_claim(shard_id)


def _part(page: ClaimedPage, after: SequenceNumber, limit: int) -> Page:
    """The next records of a page."""
    start = after - page.first + 1
    records = page.records[start : start + limit]
    return Page(records, records[-1].number, has_more=True, is_end=False)


def _before(page: ClaimedPage, read: Page, after: SequenceNumber) -> Page:
    """What was read of the log, up to the page that comes next."""
    records = tuple(record for record in read.records if record.number < page.first)
    is_whole = len(records) == len(read.records) and read.has_more and read.read_through < page.first
    through = read.read_through if is_whole else page.first - 1
    return Page(records, SequenceNumber(max(through, after)), has_more=True, is_end=False, is_gap=read.is_gap)
