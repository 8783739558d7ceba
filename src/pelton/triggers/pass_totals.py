"""How much a pass will send, counted before it begins: in steps, so that others have their turn between them.

What comes or goes meanwhile is found by the transaction that begins the pass; what it must count itself is little.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from pelton.storage.catalog import SequenceNumber, Table
from pelton.storage.checkpoints import checkpoints
from pelton.storage.engine import Storage
from pelton.storage.failures import DiscardedBatch, failures_of, newest_failure
from pelton.storage.tail import block_after, count_between
from pelton.storage.transaction import Snapshot
from pelton.triggers.backfill_pages import enabled_stream
from pelton.triggers.filters import Filter
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pass_requests import Failed, RedriveRequest, Replayed, untils_of
from pelton.triggers.redrive_pages import open_records

#: Records of the log counted at once: some 4 ms.
_BLOCK = 100_000


async def count_replayed(
    storage: Storage, mapping: EventSourceMapping, after: SequenceNumber, block: int = _BLOCK
) -> dict[str, Replayed]:
    """What live delivery has done after a number, by shard; nothing when the stream is gone."""
    with storage.snapshot() as snapshot:
        stream = snapshot.stream(mapping.stream_arn)
        if stream is None:
            return {}
        numbers = {shard.id: shard.number for shard in stream.shards}
        untils = untils_of(stream, checkpoints(snapshot, mapping.uuid), after)
    return {
        shard: Replayed(until, await _count(storage, numbers[shard], (after, until), block))
        for shard, until in untils.items()
    }


async def _count(storage: Storage, shard: int, bounds: tuple[SequenceNumber, SequenceNumber], block: int) -> int:
    after, until = bounds
    counted, position = 0, after
    while True:
        with storage.snapshot() as snapshot:
            count, last = block_after(snapshot, shard, position, block)
            if count < block or last >= until:
                return counted + count_between(snapshot, shard, position, until)
        counted, position = counted + count, last
        await asyncio.sleep(0)


async def count_failed(storage: Storage, mapping: EventSourceMapping, request: RedriveRequest) -> Failed:
    """What of a function's failures is not sent again yet, and how many of its items have moved on.

    Raises:
        PatternRefused: a pattern is none.
    """
    patterns = Filter(request.patterns)
    with storage.snapshot() as snapshot:
        failed = Failed(through=newest_failure(snapshot))
    after = 0
    while True:
        with storage.snapshot() as snapshot:
            found = enabled_stream(snapshot, mapping.stream_arn)
            ids = (after, failed.through)
            batches = failures_of(snapshot, mapping.function_name, mapping.table, ids=ids, limit=1)
            if found is None or not batches:
                return failed
            failed = _with(failed, snapshot, found[0], batches[0], patterns)
        assert batches[0].id is not None, "it is stored"
        after = batches[0].id
        await asyncio.sleep(0)


def _with(failed: Failed, snapshot: Snapshot, table: Table, batch: DiscardedBatch, patterns: Filter) -> Failed:
    records = list(open_records(snapshot, table, batch, patterns))
    return replace(
        failed,
        total=failed.total + len(records),
        batches=failed.batches + bool(records),
        moved_on=failed.moved_on + sum(record.has_moved_on is True for record in records),
        unknown=failed.unknown + sum(record.has_moved_on is None for record in records),
    )
