"""GetShardIterator and GetRecords: where to read, and reading. Source: DynamoDB Streams API reference.

An iterator always points just before a record that exists, or past the newest change: so it turns
stale only when that record itself was trimmed, not when others were.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from pelton.errors import ValidationFailed
from pelton.operations import JsonObject, RequestContext
from pelton.storage.catalog import SequenceNumber, Shard, Stream
from pelton.storage.transaction import Snapshot
from pelton.streams.errors import ExpiredIterator, TrimmedDataAccess, shard_not_found
from pelton.streams.iterators import ShardIterator, iterator_text, parse_iterator
from pelton.streams.listing import check_at_least_one, check_shard_id, stream_arn_of, visible_stream
from pelton.streams.numbers import parse_number
from pelton.streams.records import RecordWriter

_OPV = "One or more parameter values were invalid: "
_RECORDS_MAX = 1000
#: Most bytes of one answer's records; a single record always fits.
_PAGE_BYTES_MAX = 1_000_000
_BY_NUMBER = frozenset({"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"})
_TYPES = _BY_NUMBER | {"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"}

#: Where a new iterator begins: after which number, given what is there now.
_Position = Callable[[Snapshot, Stream, Shard], SequenceNumber]


def get_shard_iterator(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    """An iterator for one shard, good for 15 minutes."""
    arn = stream_arn_of(body)
    shard_id = body.get("ShardId")
    if not shard_id:
        raise ValidationFailed("No ShardId specified.")
    check_shard_id(shard_id, "shardId")
    position = _position(body, context.now_ms)

    def decide(snapshot: Snapshot) -> JsonObject:
        stream = visible_stream(snapshot, arn, context)
        shard = shard_of(stream, shard_id)
        after, _ = _settled(snapshot, stream, shard, position(snapshot, stream, shard))
        iterator = ShardIterator(stream_arn=arn, shard_id=shard_id, after=after, issued_ms=context.now_ms)
        return {"ShardIterator": iterator_text(iterator)}

    return decide


def get_records(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    """Up to 1000 records or 1 MB from the iterator on, and the next iterator unless the shard has ended."""
    iterator = parse_iterator(body.get("ShardIterator"))
    limit: int = _RECORDS_MAX if body.get("Limit") is None else body["Limit"]
    check_at_least_one(limit, "limit")
    if limit > _RECORDS_MAX:
        raise ValidationFailed(f"{_OPV}Limit should be less than or equal to {_RECORDS_MAX}")
    if iterator.is_expired(context.now_ms):
        raise ExpiredIterator

    def decide(snapshot: Snapshot) -> JsonObject:
        stream = visible_stream(snapshot, iterator.stream_arn, context)
        shard = shard_of(stream, iterator.shard_id)
        if max(iterator.after, shard.starting - 1) < snapshot.horizon():
            raise TrimmedDataAccess
        return _page(snapshot, stream, shard, iterator=iterator, limit=limit, now_ms=context.now_ms)

    return decide


def shard_of(stream: Stream, shard_id: str) -> Shard:
    """The stream's shard of that id.

    Raises:
        ResourceNotFound: there is none, or not any more.
    """
    for shard in stream.shards:
        if shard.id == shard_id:
            return shard
    raise shard_not_found()


def _page(
    snapshot: Snapshot, stream: Stream, shard: Shard, *, iterator: ShardIterator, limit: int, now_ms: int
) -> JsonObject:
    records = snapshot.records(stream, shard.id, after=iterator.after, limit=limit, bytes_max=_PAGE_BYTES_MAX)
    writer = RecordWriter(stream)
    reply: JsonObject = {"Records": [orjson.Fragment(writer.api_record(record)) for record in records]}
    last = records[-1].sequence_number if records else iterator.after
    after, has_more = _settled(snapshot, stream, shard, last)
    if shard.ending is None or has_more:
        following = ShardIterator(stream_arn=stream.arn, shard_id=shard.id, after=after, issued_ms=now_ms)
        reply["NextShardIterator"] = iterator_text(following)
    return reply


def _position(body: JsonObject, now_ms: int) -> _Position:
    """How the request's iterator type finds its place.

    Raises:
        ValidationFailed: an unknown type, or a number or time missing or out of place.
    """
    kind = body.get("ShardIteratorType")
    number, timestamp = body.get("SequenceNumber"), body.get("Timestamp")
    if kind not in _TYPES:
        raise ValidationFailed("Invalid ShardIteratorType.")
    if kind in _BY_NUMBER:
        asked = _asked_number(number)
        return _from_number(asked if kind == "AFTER_SEQUENCE_NUMBER" else SequenceNumber(asked - 1))
    if number is not None:
        raise ValidationFailed(f"{_OPV}SequenceNumber should not be passed for this iterator type")
    if kind == "AT_TIMESTAMP":
        return _from_time(timestamp, now_ms)
    return _from_latest if kind == "LATEST" else _from_horizon


def _asked_number(text: str | None) -> SequenceNumber:
    if not text:
        raise ValidationFailed(f"{_OPV}Invalid SequenceNumber")
    if not 21 <= len(text) <= 40:
        rule = "greater than or equal to 21" if len(text) < 21 else "less than or equal to 40"
        raise ValidationFailed(
            f"1 validation error detected: Value '{text}' at 'sequenceNumber' failed to satisfy constraint: "
            f"Member must have length {rule}"
        )
    try:
        return parse_number(text)
    except ValueError as error:
        raise ValidationFailed("Invalid SequenceNumber") from error


def _from_horizon(snapshot: Snapshot, _stream: Stream, shard: Shard) -> SequenceNumber:
    return SequenceNumber(max(snapshot.horizon(), shard.starting - 1))


def _from_latest(snapshot: Snapshot, _stream: Stream, _shard: Shard) -> SequenceNumber:
    return snapshot.tip()


def _from_number(after: SequenceNumber) -> _Position:
    def position(snapshot: Snapshot, _stream: Stream, shard: Shard) -> SequenceNumber:
        start = max(after, shard.starting - 1)
        if start < snapshot.horizon():
            raise TrimmedDataAccess
        last = snapshot.tip() if shard.ending is None else shard.ending
        if after > last:
            raise ValidationFailed("Invalid SequenceNumber")
        return SequenceNumber(start)

    return position


def _from_time(timestamp: float | None, now_ms: int) -> _Position:
    if timestamp is None:
        raise ValidationFailed(f"{_OPV}Timestamp must be passed for iterator type AT_TIMESTAMP")
    asked_ms = round(timestamp * 1000)
    if asked_ms > now_ms:
        raise ValidationFailed(f"{_OPV}Timestamp must not be in the future")

    def position(snapshot: Snapshot, stream: Stream, shard: Shard) -> SequenceNumber:
        """Bisect the shard's numbers: they grow with time. About 40 single reads at worst."""
        low, high = _from_horizon(snapshot, stream, shard), snapshot.tip()
        while low < high:
            middle = SequenceNumber((low + high) // 2)
            found = snapshot.records(stream, shard.id, after=middle, limit=1, bytes_max=1)
            if found and found[0].created_ms < asked_ms:
                low = found[0].sequence_number
            else:
                high = middle
        return low

    return position


def _settled(snapshot: Snapshot, stream: Stream, shard: Shard, after: SequenceNumber) -> tuple[SequenceNumber, bool]:
    """The same place, named by the first record after it, or by the newest change; and whether a record follows."""
    following = snapshot.records(stream, shard.id, after=after, limit=1, bytes_max=1)
    place = following[0].sequence_number - 1 if following else max(after, snapshot.tip())
    return SequenceNumber(place), bool(following)
