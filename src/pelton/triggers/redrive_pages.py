"""Claiming a redrive's next page: failed records, or what has become of their items, read where they are numbered.

Within one transaction. The failures stay in their store; when the page is done they are marked as sent again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import orjson

from pelton.items.keys import key_hash, storage_key
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber, Stream, Table
from pelton.storage.failures import DiscardedBatch, failure_records, failures_of
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.backfill_pages import enabled_stream
from pelton.triggers.filters import Filter
from pelton.triggers.page_records import Images, PageWriter
from pelton.triggers.protocols import SourceRecord

#: What is sent for an item: its present state, the record as it was kept, or the same unless it has moved on.
AS_IT_IS_NOW, AS_IT_WAS, SKIP_SUPERSEDED = "as-it-is-now", "as-it-was", "skip-superseded"
_BATCHES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRecord:
    """One record of a discarded batch, not sent again yet."""

    failure: int
    index: int  #: in the batch
    event: JsonObject
    key: bytes  #: storage key
    has_moved_on: bool | None  #: the item is not what the record made it; None: the stream shows too little to tell


def open_records(
    snapshot: Snapshot, table: Table, batch: DiscardedBatch, patterns: Filter, in_flight: Collection[int] = ()
) -> Iterator[FailedRecord]:
    """The records of a batch that no redrive has sent and the patterns let through, oldest first."""
    assert batch.id is not None, "it is stored"
    events: list[JsonObject] = orjson.loads(failure_records(snapshot, batch.id) or b"[]")
    sent = sent_indexes(batch, len(events)).union(in_flight)
    return (
        _failed(snapshot, table, (batch.id, index), event)
        for index, event in enumerate(events)
        if index not in sent and (not patterns or patterns(orjson.dumps(event)))
    )


def sent_indexes(batch: DiscardedBatch, count: int) -> set[int]:
    """Which of a batch's records redrives have sent again."""
    sent: set[int] = set()
    for redrive in batch.detail.get("redrives", ()):
        sent |= set(range(count)) if redrive["indexes"] == "all" else set(redrive["indexes"])
    return sent


def batches_of(snapshot: Snapshot, body: JsonObject) -> Iterator[DiscardedBatch]:
    """The batches that a redrive has still to look at: first those put back, then on from where it stands."""
    for failure_id in body["again"]:
        yield from failures_of(snapshot, body["function_name"], body["table_arn"], ids=(failure_id - 1, failure_id))
    after = body["after"]
    while found := failures_of(
        snapshot, body["function_name"], body["table_arn"], ids=(after, body["through"]), limit=_BATCHES
    ):
        yield from found
        after = found[-1].id


def claim_failures(
    transaction: WriteTransaction, body: JsonObject, limit: int, now_ms: int
) -> tuple[JsonObject, dict[str, tuple[SourceRecord, ...]]]:
    """The body without the page's failures, and the page's records by shard."""
    found = enabled_stream(transaction, body["stream"])
    if found is None:
        return body, {}
    table, stream = found
    taken, done_with, last = _taken(transaction, table, body, limit)
    if last is None:
        return {**body, "again": [], "after": body["through"], "remaining": []}, {}
    chosen = _chosen(taken, body)
    parts = _parts(transaction, stream, table, chosen, (body["mode"], now_ms))
    flight = {
        "parts": {shard: [records[0].number, records[-1].number] for shard, records in parts.items()},
        "failures": _indexes(taken),
        "superseded": sum(record.has_moved_on is True for record in taken),
        "records": sum(map(len, parts.values())),
        "looked_at": len(taken),
    }
    return {
        **body,
        "again": [failure for failure in body["again"] if failure not in done_with],
        "after": max([body["after"], *(failure for failure in done_with if failure not in body["again"])]),
        "flight": [*body["flight"], flight],
        "claimed": body["claimed"] + len(taken),
    }, parts


def _taken(
    snapshot: Snapshot, table: Table, body: JsonObject, limit: int
) -> tuple[list[FailedRecord], list[int], int | None]:
    """The next records, at most ``limit``; the batches that nothing is left of; and the last one looked at, if any.

    A batch may be larger than a page: the next takes what is left of it, and what is in flight is not.
    """
    patterns, taken, done_with, last = Filter(body["filter"]), list[FailedRecord](), list[int](), None
    for batch in batches_of(snapshot, body):
        assert batch.id is not None, "it is stored"
        last = batch.id
        flights = (flight["failures"].get(str(batch.id), ()) for flight in body["flight"])
        in_flight = {index for indexes in flights for index in indexes}
        records = open_records(snapshot, table, batch, patterns, in_flight)
        taken += [_edited(record, body["edits"]) for record in islice(records, limit - len(taken))]
        if next(records, None) is not None:
            break
        done_with.append(batch.id)
        if len(taken) >= limit:
            break
    return taken, done_with, last


def _failed(snapshot: Snapshot, table: Table, place: tuple[int, int], event: JsonObject) -> FailedRecord:
    change = event["dynamodb"]
    key = storage_key(table.schema, change["Keys"])
    item = snapshot.item(table, key)
    has_moved_on: bool | None = None
    if event["eventName"] == "REMOVE":
        has_moved_on = item is not None
    elif "NewImage" in change:
        has_moved_on = item is None or orjson.loads(item.body) != change["NewImage"]
    return FailedRecord(failure=place[0], index=place[1], event=event, key=key, has_moved_on=has_moved_on)


def _edited(record: FailedRecord, edits: JsonObject) -> FailedRecord:
    """The record with what its operator made of it."""
    edited = edits.get(str(record.failure), {}).get(str(record.index))
    if edited is None:
        return record
    return FailedRecord(failure=record.failure, index=record.index, event=edited, key=record.key, has_moved_on=None)


def _chosen(taken: Sequence[FailedRecord], body: JsonObject) -> list[FailedRecord]:
    if body["mode"] == AS_IT_WAS:
        return list(taken)
    if body["mode"] == SKIP_SUPERSEDED:
        return [record for record in taken if record.has_moved_on is not True]
    return list({record.key: record for record in taken}.values())  # An item's present state is sent once.


def _parts(
    transaction: WriteTransaction, stream: Stream, table: Table, chosen: Sequence[FailedRecord], how: tuple[str, int]
) -> dict[str, tuple[SourceRecord, ...]]:
    """The records by shard, numbered."""
    mode, now_ms = how
    writer = PageWriter(stream, now_ms)
    by_shard: dict[str, list[FailedRecord]] = {}
    for record in chosen:
        by_shard.setdefault(_shard_of(stream, record.key), []).append(record)
    parts = {}
    for shard, records in by_shard.items():
        first = transaction.reserve_numbers(len(records))
        parts[shard] = tuple(
            writer.again(record.event, SequenceNumber(first + place))
            if mode != AS_IT_IS_NOW
            else writer.written(_present(transaction, table, record), SequenceNumber(first + place))
            for place, record in enumerate(records)
        )
    return parts


def _present(snapshot: Snapshot, table: Table, record: FailedRecord) -> Images:
    """The item's state now. Its old image is what the function knew before the record that it failed on."""
    item, change = snapshot.item(table, record.key), record.event["dynamodb"]
    old = change.get("OldImage") or (change.get("NewImage") if item is None else None)
    name = "REMOVE" if item is None else "MODIFY"
    return Images(name, change["Keys"], item, None if old is None else orjson.dumps(old))


def _shard_of(stream: Stream, key: bytes) -> str:
    hashed = key_hash(key)
    return next(
        shard.id for shard in stream.shards if shard.ending is None and shard.hash_from <= hashed < shard.hash_to
    )


def _indexes(taken: Iterable[FailedRecord]) -> dict[str, list[int]]:
    indexes: dict[str, list[int]] = {}
    for record in taken:
        indexes.setdefault(str(record.failure), []).append(record.index)
    return indexes
