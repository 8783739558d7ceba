"""LogSource: the embedded log as a source. Commits wake its readers; nothing polls.

``LogSources`` hears of every commit, finds the shards it touched by one query, and wakes their readers alone: two
hundred idle triggers cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from pelton.storage.catalog import SequenceNumber, Shard, Stream
from pelton.storage.engine import Storage
from pelton.storage.tail import oldest_after, touched_shards
from pelton.storage.transaction import Snapshot
from pelton.streams.numbers import wire_number
from pelton.streams.records import RecordWriter
from pelton.triggers.protocols import Page, ShardGone, SourceRecord, SourceShard, Unread
from pelton.triggers.record_counter import RecordCounter
from pelton.triggers.tail import ShardTail

#: Most bytes of images one read takes from the log.
_READ_BYTES_MAX = 4 << 20
_READ_RECORDS_MAX = 1000
#: Records counted anew at one look, at most: counting takes some 40 ms a million.
_COUNTED_MAX = 1_000_000


class LogSources:
    """The sources of all streams of one storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._sources: dict[str, LogSource] = {}
        with storage.snapshot() as snapshot:
            self._seen = snapshot.tip()

    def source(self, stream_arn: str) -> LogSource:
        """The source of a stream, the same for all who ask; the stream may be gone."""
        if stream_arn not in self._sources:
            self._sources[stream_arn] = LogSource(self._storage, stream_arn)
        return self._sources[stream_arn]

    @property
    def seen(self) -> SequenceNumber:
        """The newest number whose readers have been woken."""
        return self._seen

    def wake(self, tip: SequenceNumber) -> None:
        """Changes up to ``tip`` were committed: wake the readers of the shards they concern."""
        if tip <= self._seen:
            return
        if self._sources:
            with self._storage.snapshot() as snapshot:
                touched = touched_shards(snapshot, self._seen)
                tip = snapshot.tip()
            for source in self._sources.values():
                source.wake(touched, tip)
        self._seen = tip


class LogSource:
    """One stream's records from the embedded log."""

    def __init__(self, storage: Storage, stream_arn: str) -> None:
        self._storage = storage
        self._arn = stream_arn
        self._writer: RecordWriter | None = None
        self._partition: tuple[str, ...] = ()
        self._tails: dict[str, ShardTail] = {}
        self._readers: dict[str, list[Callable[[], None]]] = {}
        self._shard_numbers: dict[str, int] = {}
        self._counters: dict[str, RecordCounter] = {}

    async def shards(self) -> tuple[SourceShard, ...]:
        """Shards that can be read, oldest first."""
        with self._storage.snapshot() as snapshot:
            horizon = snapshot.horizon()
            return tuple(
                SourceShard(shard.id, shard.parent, SequenceNumber(max(shard.starting - 1, horizon)))
                for shard in self._stream(snapshot).shards
            )

    async def read(self, shard_id: str, after: SequenceNumber, limit: int) -> Page:
        """Records after a position: from the shared tail when it reaches back so far, else from the log."""
        with self._storage.snapshot() as snapshot:
            stream = self._stream(snapshot)
            shard = _shard(stream, shard_id)
            self._shard_numbers[shard_id] = shard.number
            limit = min(limit, _READ_RECORDS_MAX)
            if shard_id not in self._readers:  # Who follows nobody hears of no commit: a tail would grow stale.
                return self._page(snapshot, stream, shard, after=after, limit=limit)
            tail = self._tails.get(shard_id)
            if tail is None or after > tail.read_through:
                tail = self._tails[shard_id] = ShardTail(after)
            if not tail.covers(after):
                return self._page(snapshot, stream, shard, after=after, limit=limit)
            if tail.is_touched and after == tail.read_through:
                # The first to ask for what is new reads it for all.
                page = self._page(snapshot, stream, shard, after=after, limit=_READ_RECORDS_MAX)
                tail.extend(page.records, page.read_through, is_touched=page.has_more)
                return _shortened(page, limit)
            return self._remembered(tail, shard, after=after, limit=limit)

    def subscribe(self, shard_id: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have ``wake`` called at commits that touch the shard."""
        readers = self._readers.setdefault(shard_id, [])
        readers.append(wake)

        def stop() -> None:
            if wake in readers:
                readers.remove(wake)
            if not readers and self._readers.get(shard_id) is readers:
                del self._readers[shard_id]
                self._tails.pop(shard_id, None)

        return stop

    def wake(self, touched: set[int], tip: SequenceNumber) -> None:
        """Changes up to ``tip`` concern those shards, by number. Who was read up to the last tip stays so."""
        for shard_id, readers in tuple(self._readers.items()):
            number = self._shard_numbers.get(shard_id)
            tail = self._tails.get(shard_id)
            if number is not None and number not in touched:
                if tail is not None and not tail.is_touched:
                    tail.read_through = tip
                continue
            if tail is not None:
                tail.is_touched = True
            for reader in tuple(readers):
                reader()

    def unread(self, shard_id: str, after: SequenceNumber, at_most: int = _COUNTED_MAX) -> Unread:
        """What the shard holds after that number, so many records counted anew at most; nothing when it is gone."""
        with self._storage.snapshot() as snapshot:
            stream = snapshot.stream(self._arn)
            shards = stream.shards if stream is not None else ()
            number = next((shard.number for shard in shards if shard.id == shard_id), None)
            if number is None:
                self._counters.pop(shard_id, None)
                return Unread(0, None)
            counter = self._counters.setdefault(shard_id, RecordCounter(number))
            return Unread(counter.behind(snapshot, after, at_most), oldest_after(snapshot, number, after))

    def number_text(self, number: SequenceNumber) -> str:
        """The sequence number as the records show it."""
        return wire_number(number)

    def partition_key(self, record: SourceRecord) -> bytes:
        """The record's partition key attributes as JSON."""
        keys = orjson.loads(record.keys)
        return orjson.dumps([keys[name] for name in self._partition])

    def _stream(self, snapshot: Snapshot) -> Stream:
        stream = snapshot.stream(self._arn)
        if stream is None:
            raise ShardGone(f"stream {self._arn} is gone: it was disabled, or its table deleted, over a day ago")
        if self._writer is None:
            self._writer = RecordWriter(stream)
            self._partition = tuple(attribute.name for attribute in stream.schema.partition)
        return stream

    def _remembered(self, tail: ShardTail, shard: Shard, *, after: SequenceNumber, limit: int) -> Page:
        page = Page(
            records=tail.records_after(after, limit + 1),
            read_through=tail.read_through,
            has_more=tail.is_touched,
            is_end=shard.ending is not None and not tail.is_touched and tail.read_through >= shard.ending,
        )
        return _shortened(page, limit)

    def _page(self, snapshot: Snapshot, stream: Stream, shard: Shard, *, after: SequenceNumber, limit: int) -> Page:
        assert self._writer is not None, "made when the stream was found"
        write = self._writer.event_record
        rows = snapshot.records(stream, shard.id, after=after, limit=limit, bytes_max=_READ_BYTES_MAX)
        records = tuple(SourceRecord(row.sequence_number, row.created_ms, write(row), row.keys) for row in rows)
        # A page cut by bytes is shorter than the limit: only the next, empty one tells that all was read.
        has_more = bool(rows) and (len(rows) == limit or sum(map(_size, records)) >= _READ_BYTES_MAX // 4)
        return Page(
            records=records,
            read_through=records[-1].number if has_more else max(after, snapshot.tip()),
            has_more=has_more,
            is_end=shard.ending is not None and not has_more,
            is_gap=max(after, shard.starting - 1) < snapshot.horizon(),
        )


def _shortened(page: Page, limit: int) -> Page:
    """The page, or its first ``limit`` records and the word that there are more."""
    if len(page.records) <= limit:
        return page
    records = page.records[:limit]
    return Page(records, records[-1].number, has_more=True, is_end=False, is_gap=page.is_gap)


def _size(record: SourceRecord) -> int:
    return len(record.event)


def _shard(stream: Stream, shard_id: str) -> Shard:
    for shard in reversed(stream.shards):
        if shard.id == shard_id:
            return shard
    raise ShardGone(f"shard {shard_id} is gone: all its records were trimmed")
