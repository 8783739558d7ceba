"""Streams and their shards: beginning, ending, splitting and rolling over.

A closed shard's ending number is one that no record has, above all of its records, and its children
start after it: so a child starts above its parent's end even when nothing was written between.
Source: DynamoDB Streams API, Shard and SequenceNumberRange.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import pairwise

from pelton.arns import stream_arn, stream_label
from pelton.storage.catalog import HASH_SPACE, SequenceNumber, Shard, Stream, StreamId, Table
from pelton.storage.changing import Changing
from pelton.storage.contents import schema_to_json
from pelton.storage.reading import shard_of


class ShardClosed(Exception):
    """A shard that ended already cannot be split or rolled over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewShard:
    stream: StreamId
    parent: str | None
    hash_from: int
    hash_to: int
    created_ms: int


class ShardMap(Changing):
    """The part of a write transaction that changes streams and shards."""

    def enable_stream(self, table: Table, view_type: str, now_ms: int, shards: int = 1) -> Table:
        """Begin a new stream with that many shards (1 to 1,000) of equal hash ranges."""
        table = self.current(table)
        assert table.stream is None, f"{table.name} has an enabled stream"
        assert 1 <= shards <= 1000, f"a stream cannot begin with {shards} shards"
        created_ms, arn = self._unused_arn(table, now_ms)
        label = stream_label(created_ms)
        self.change("UPDATE tables SET latest_arn = ?, latest_label = ? WHERE id = ?", (arn, label, table.id))
        self.become(self.contents().with_table(replace(table, latest_stream=(arn, label))))
        stream = self._insert_stream(table, view_type, created_ms, arn)
        bounds = [HASH_SPACE * part // shards for part in range(shards + 1)]
        opened = [
            self._open(_NewShard(stream=stream.id, parent=None, hash_from=first, hash_to=after, created_ms=created_ms))
            for first, after in pairwise(bounds)
        ]
        self.become(self.contents().with_stream(replace(stream, shards=tuple(opened))))
        return self.current(table)

    def disable_stream(self, table: Table, now_ms: int) -> Table:
        """End the enabled stream: its shards close, its records stay until trimmed."""
        table = self.current(table)
        stream = table.stream
        assert stream is not None, f"{table.name} has no enabled stream"
        closed = [self._close(shard, now_ms) if shard.ending is None else shard for shard in stream.shards]
        self.change("UPDATE streams SET disabled_ms = ? WHERE id = ?", (now_ms, stream.id))
        self.become(self.contents().with_stream(replace(stream, disabled_ms=now_ms, shards=tuple(closed))))
        return self.current(table)

    def split_shard(self, stream: StreamId, shard_id: str, now_ms: int) -> None:
        """Close an open shard and begin two children that halve its hash range.

        Raises:
            ShardUnknown: the stream has no such shard.
            ShardClosed: it has ended already.
        """
        self._succeed(stream, shard_id, now_ms, children=2)

    def roll_shard(self, stream: StreamId, shard_id: str, now_ms: int) -> None:
        """Close an open shard and begin one child with the same hash range; raises as ``split_shard``."""
        self._succeed(stream, shard_id, now_ms, children=1)

    def _succeed(self, stream_id: StreamId, shard_id: str, now_ms: int, *, children: int) -> None:
        stream = self.contents().streams[stream_id]
        parent = shard_of(stream, shard_id)
        if parent.ending is not None:
            raise ShardClosed(shard_id)
        closed = self._close(parent, now_ms)
        width = parent.hash_to - parent.hash_from
        bounds = [parent.hash_from + width * part // children for part in range(children + 1)]
        born = [
            self._open(_NewShard(stream=stream_id, parent=parent.id, hash_from=first, hash_to=after, created_ms=now_ms))
            for first, after in pairwise(bounds)
        ]
        kept = [closed if shard.id == parent.id else shard for shard in stream.shards]
        self.become(self.contents().with_stream(replace(stream, shards=(*kept, *born))))

    def _open(self, new: _NewShard) -> Shard:
        starting = SequenceNumber(self.tip() + 1)
        rows = self.change(
            "INSERT INTO shards (id, stream, parent, hash_from, hash_to, starting, created_ms) "
            "VALUES ('', ?, ?, ?, ?, ?, ?) RETURNING number",
            (new.stream, new.parent, str(new.hash_from), str(new.hash_to), starting, new.created_ms),
        )
        number = int(rows[0][0])
        shard_id = _shard_id(new, number)
        self.change("UPDATE shards SET id = ? WHERE number = ?", (shard_id, number))
        return Shard(
            number=number,
            id=shard_id,
            stream=new.stream,
            parent=new.parent,
            hash_from=new.hash_from,
            hash_to=new.hash_to,
            starting=starting,
            ending=None,
            created_ms=new.created_ms,
        )

    def _close(self, shard: Shard, now_ms: int) -> Shard:
        ending = self.next_number()
        self.change("UPDATE shards SET ending = ?, closed_ms = ? WHERE number = ?", (ending, now_ms, shard.number))
        return replace(shard, ending=ending)

    def _unused_arn(self, table: Table, now_ms: int) -> tuple[int, str]:
        """Creation time and ARN; a stream that begins in the millisecond of another takes the next one."""
        taken = {stream.arn for stream in self.contents().streams.values()}
        while (arn := stream_arn(table.arn, stream_label(now_ms))) in taken:
            now_ms += 1
        return now_ms, arn

    def _insert_stream(self, table: Table, view_type: str, created_ms: int, arn: str) -> Stream:
        label = stream_label(created_ms)
        rows = self.change(
            "INSERT INTO streams (table_id, account, region, table_name, label, arn, view_type, key_schema, "
            "created_ms, items_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                table.id,
                table.account,
                table.region,
                table.name,
                label,
                arn,
                view_type,
                schema_to_json(table.schema),
                created_ms,
                self.counts(table)[0],
            ),
        )
        return Stream(
            id=StreamId(rows[0][0]),
            table_id=table.id,
            account=table.account,
            region=table.region,
            table_name=table.name,
            label=label,
            arn=arn,
            view_type=view_type,
            schema=table.schema,
            created_ms=created_ms,
            disabled_ms=None,
        )


def _shard_id(new: _NewShard, number: int) -> str:
    """``shardId-``, 20 digits of creation time, 8 hex digits that no other shard of this folder shares in order."""
    suffix = hashlib.blake2b(f"{new.stream}/{number}".encode(), digest_size=4).hexdigest()
    return f"shardId-{new.created_ms:020d}-{suffix}"
