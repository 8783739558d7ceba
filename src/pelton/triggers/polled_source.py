"""PolledSource: a stream read through any Streams API, by polling GetRecords.

So that mappings run against another engine that speaks DynamoDB Streams. Positions are sequence numbers, never
iterators: an iterator that expired, or was trimmed, is made anew. Reactions to errors follow the Streams API
reference (ExpiredIterator: again after the position; TrimmedDataAccess: the oldest record there is, and a gap).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import orjson

from pelton.clock import Clock, Timer
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.protocols import Page, ShardGone, SourceRecord, SourceShard, Unread

#: How often AWS polls each shard: about four times a second.
POLL_INTERVAL_S = 0.25


class StreamsRefusal(Exception):
    """The Streams API answered with an error; ``code`` is its name without prefix."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class StreamsClient(Protocol):
    """A Streams API, in wire JSON."""

    async def call(self, operation: str, body: JsonObject) -> JsonObject:
        """Call ListStreams, DescribeStream, GetShardIterator or GetRecords.

        Raises:
            StreamsRefusal: see there.
        """


@dataclass(slots=True)
class _Place:
    """Where the next GetRecords of a shard goes on without a new iterator."""

    after: SequenceNumber
    iterator: str | None


class PolledSource:
    """One stream's records through a Streams API; numbers are the integers that the wire shows."""

    def __init__(
        self, client: StreamsClient, stream_arn: str, clock: Clock, interval_s: float = POLL_INTERVAL_S
    ) -> None:
        self._client = client
        self._arn = stream_arn
        self._clock = clock
        self._interval_s = interval_s
        self._partition: tuple[str, ...] = ()
        self._places: dict[str, _Place] = {}

    async def shards(self) -> tuple[SourceShard, ...]:
        """All shards, page by page, oldest first."""
        shards: list[SourceShard] = []
        body: JsonObject = {"StreamArn": self._arn}
        while True:
            try:
                reply = await self._client.call("DescribeStream", body)
            except StreamsRefusal as refusal:
                raise _gone_or(refusal, f"stream {self._arn} is gone") from refusal
            description = reply["StreamDescription"]
            self._partition = tuple(
                key["AttributeName"] for key in description["KeySchema"] if key["KeyType"] == "HASH"
            )
            shards += [_shard(shard) for shard in description["Shards"]]
            if "LastEvaluatedShardId" not in description:
                return tuple(shards)
            body = {**body, "ExclusiveStartShardId": description["LastEvaluatedShardId"]}

    async def read(self, shard_id: str, after: SequenceNumber, limit: int) -> Page:
        """One GetRecords after the position."""
        place = self._places.get(shard_id)
        if place is None or place.after != after:
            place = self._places[shard_id] = _Place(after, None)
        is_gap = False
        try:
            reply = await self._records(shard_id, place, limit)
        except StreamsRefusal as refusal:
            place.iterator = None
            if refusal.code == "TrimmedDataAccessException":
                is_gap = True
                place.iterator = await self._iterator(shard_id, {"ShardIteratorType": "TRIM_HORIZON"})
            elif refusal.code != "ExpiredIteratorException":
                raise _gone_or(refusal, f"shard {shard_id} is gone") from refusal
            reply = await self._records(shard_id, place, limit)
        records = tuple(self._record(record) for record in reply["Records"])
        place.iterator = reply.get("NextShardIterator")
        if records:
            place.after = records[-1].number
        return Page(
            records=records,
            read_through=place.after,
            has_more=bool(records) and place.iterator is not None,
            is_end=place.iterator is None,
            is_gap=is_gap,
        )

    def subscribe(self, shard_id: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Wake the reader at every interval: only asking tells whether there is more."""
        poll = _Poll(self._clock, self._interval_s, wake)

        def stop() -> None:
            poll.stop()
            self._places.pop(shard_id, None)

        return stop

    def unread(self, shard_id: str, after: SequenceNumber, at_most: int = 0) -> Unread | None:  # noqa: ARG002
        """Unknown: only reading would tell."""
        return None

    def number_text(self, number: SequenceNumber) -> str:
        """The sequence number as the records show it."""
        return str(number)

    def partition_key(self, record: SourceRecord) -> bytes:
        """The record's partition key attributes as JSON."""
        keys = orjson.loads(record.keys)
        return orjson.dumps([keys[name] for name in self._partition])

    async def _records(self, shard_id: str, place: _Place, limit: int) -> JsonObject:
        if place.iterator is None:
            start: JsonObject = {"ShardIteratorType": "TRIM_HORIZON"}
            if place.after > 0:
                start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": str(place.after)}
            place.iterator = await self._iterator(shard_id, start)
        return await self._client.call("GetRecords", {"ShardIterator": place.iterator, "Limit": limit})

    async def _iterator(self, shard_id: str, start: JsonObject) -> str:
        reply = await self._client.call("GetShardIterator", {"StreamArn": self._arn, "ShardId": shard_id, **start})
        return str(reply["ShardIterator"])

    def _record(self, record: JsonObject) -> SourceRecord:
        """The record in the form of the Lambda event: other member order, ARN last, identity in lower case."""
        change = dict(record["dynamodb"])
        created = change["ApproximateCreationDateTime"]
        seconds = created.timestamp() if isinstance(created, datetime) else created
        change["ApproximateCreationDateTime"] = int(seconds)
        event: JsonObject = {
            name: record[name] for name in ("eventID", "eventName", "eventVersion", "eventSource", "awsRegion")
        }
        event["dynamodb"] = change
        if identity := record.get("userIdentity"):
            event["userIdentity"] = {"principalId": identity["PrincipalId"], "type": identity["Type"]}
        event["eventSourceARN"] = self._arn
        return SourceRecord(
            SequenceNumber(int(change["SequenceNumber"])),
            round(seconds * 1000),
            orjson.dumps(event),
            orjson.dumps(change["Keys"], option=orjson.OPT_SORT_KEYS),
        )


class _Poll:
    """A call at every interval until it is stopped."""

    def __init__(self, clock: Clock, interval_s: float, wake: Callable[[], None]) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._wake = wake
        self._timer: Timer = clock.call_later(interval_s, self._due)

    def stop(self) -> None:
        self._timer.cancel()

    def _due(self) -> None:
        self._timer = self._clock.call_later(self._interval_s, self._due)
        self._wake()


def _shard(shard: JsonObject) -> SourceShard:
    return SourceShard(shard["ShardId"], shard.get("ParentShardId"), SequenceNumber(0))


def _gone_or(refusal: StreamsRefusal, text: str) -> Exception:
    """What is not found is gone; anything else goes on as it is, and is tried again."""
    return ShardGone(text) if refusal.code == "ResourceNotFoundException" else refusal
