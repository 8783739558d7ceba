"""Claiming a backfill's next page: items of a shard's keys, read where they are numbered. Within one transaction.

What is left of a table is a list of key ranges. A page takes its keys out of it; a page that was lost puts them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from pelton.operations import JsonObject
from pelton.storage.catalog import HASH_SPACE, SequenceNumber, Shard, Stream, Table
from pelton.storage.change import StoredItem
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.page_records import PageWriter
from pelton.triggers.protocols import SourceRecord

_BYTES_MAX = 2 << 20
#: A key range: storage keys in hexadecimal, the first in it and the first after it; None: to the end.
Range = list[str | None]

#: All keys: none is less than its 8 bytes of hash.
WHOLE: list[Range] = [["00" * 8, None]]


def claim_items(
    transaction: WriteTransaction, body: JsonObject, shard_id: str, limit: int, now_ms: int
) -> tuple[JsonObject, dict[str, tuple[SourceRecord, ...]]]:
    """The body without the page's keys, and the page; no records when the shard's keys have all been sent."""
    found = enabled_stream(transaction, body["stream"])
    shard = None if found is None else open_shard(found[1], shard_id)
    if found is None or shard is None:
        return body, {}
    table, stream = found
    remaining: list[Range] = body["remaining"]
    if body["sample"] is not None:
        limit = min(limit, body["sample"] - body["claimed"])
    items: list[StoredItem] = []
    for lower, upper in _within(remaining, shard):
        items = list(_page(transaction, table, (lower, upper), limit)) if limit > 0 else []
        if items or limit <= 0:
            break
        remaining = without(remaining, lower, upper)
    if not items:
        return {**body, "remaining": remaining}, {}
    end: bytes | None = items[-1].key + b"\x00"  # No key is a prefix of another: the first key after it.
    if len(items) < limit and sum(len(item.body) for item in items) < _BYTES_MAX:
        end = upper
    first = transaction.reserve_numbers(len(items))
    writer = PageWriter(stream, now_ms)
    records = tuple(writer.inserted(item, SequenceNumber(first + index)) for index, item in enumerate(items))
    flight = {
        "parts": {shard.id: [first, records[-1].number]},
        "range": [lower.hex(), None if end is None else end.hex()],
        "records": len(records),
    }
    body = {
        **body,
        "remaining": without(remaining, lower, end),
        "flight": [*body["flight"], flight],
        "claimed": body["claimed"] + len(records),
    }
    return body, {shard.id: records}


def without(ranges: Sequence[Range], lower: bytes, upper: bytes | None) -> list[Range]:
    """The ranges without the keys in [lower, upper)."""
    left: list[Range] = []
    for start, end in ((bytes.fromhex(low or ""), _bound(high)) for low, high in ranges):
        if start < lower:
            left.append(_range(start, _least(end, lower)))
        if upper is not None and (end is None or end > upper):
            left.append(_range(max(start, upper), end))
    return [[low, high] for low, high in left if high is None or (low or "") < high]


def enabled_stream(snapshot: Snapshot, arn: str) -> tuple[Table, Stream] | None:
    """The table and its stream, while that is the enabled one."""
    stream = snapshot.stream(arn)
    table = None if stream is None else snapshot.table(stream.account, stream.region, stream.table_name)
    if stream is None or table is None or table.stream is None or table.stream.arn != arn:
        return None
    return table, stream


def open_shard(stream: Stream, shard_id: str) -> Shard | None:
    """The shard of that id while it is open."""
    return next((shard for shard in stream.shards if shard.id == shard_id and shard.ending is None), None)


def _within(ranges: Sequence[Range], shard: Shard) -> list[tuple[bytes, bytes | None]]:
    """What of the ranges lies in the shard."""
    lower = shard.hash_from.to_bytes(8, "big")
    upper = None if shard.hash_to >= HASH_SPACE else shard.hash_to.to_bytes(8, "big")
    shared = []
    for low, high in ranges:
        start, end = max(bytes.fromhex(low or ""), lower), _least(_bound(high), upper)
        if end is None or start < end:
            shared.append((start, end))
    return shared


def _page(snapshot: Snapshot, table: Table, bounds: tuple[bytes, bytes | None], limit: int) -> Sequence[StoredItem]:
    room, page = _BYTES_MAX, []
    for item in islice(snapshot.items(table, None, lower=bounds[0], upper=bounds[1]), limit):
        page.append(item)
        room -= len(item.body)
        if room <= 0:
            break
    return page


def _range(lower: bytes, upper: bytes | None) -> Range:
    return [lower.hex(), None if upper is None else upper.hex()]


def _bound(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def _least(left: bytes | None, right: bytes | None) -> bytes | None:
    if left is None or right is None:
        return right if left is None else left
    return min(left, right)
