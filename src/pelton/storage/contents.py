"""The catalog in memory: immutable, replaced as a whole, read from disk once and after a failure.

Readers hold the contents of the last commit while a transaction goes on with its own: that is
what makes a rolled-back CreateTable leave no trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import apsw
import orjson

from pelton.items.schema import KeyAttribute, KeySchema
from pelton.storage.catalog import Index, IndexId, SequenceNumber, Shard, Stream, StreamId, Table, TableId
from pelton.storage.schema import index_rows, item_rows
from pelton.storage.transaction import Row

#: Account, region and name: what a table is called.
TableKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Contents:
    """All tables and readable streams. Never changed in place."""

    tables: Mapping[TableKey, Table] = field(default_factory=dict)
    streams: Mapping[StreamId, Stream] = field(default_factory=dict)

    def with_table(self, table: Table) -> Contents:
        """With this table instead of the one that has its name."""
        return Contents({**self.tables, (table.account, table.region, table.name): table}, self.streams)

    def without_table(self, table: Table) -> Contents:
        """Without the table of that name."""
        gone = (table.account, table.region, table.name)
        return Contents({key: kept for key, kept in self.tables.items() if key != gone}, self.streams)

    def with_stream(self, stream: Stream) -> Contents:
        """With this stream instead of the one that has its id, in its table too."""
        tables = self.tables
        table = tables.get((stream.account, stream.region, stream.table_name))
        if table is not None and table.id == stream.table_id:
            enabled = stream if stream.disabled_ms is None else None
            if enabled is not None or (table.stream is not None and table.stream.id == stream.id):
                tables = self.with_table(replace(table, stream=enabled)).tables
        return Contents(tables, {**self.streams, stream.id: stream})

    def without_stream(self, gone: StreamId) -> Contents:
        """Without a stream whose records are all gone."""
        return Contents(self.tables, {id_: kept for id_, kept in self.streams.items() if id_ != gone})


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What memory knows of the last commit."""

    contents: Contents
    counters: Mapping[str, tuple[int, int]]  #: items and bytes by SQL table of rows
    tip: SequenceNumber
    horizon: SequenceNumber
    newest_ms: int  #: creation time of the newest change; later ones are never older


def load(connection: apsw.Connection) -> Committed:
    """Read it all from disk: at start, and when a failed batch has made memory doubtful."""
    streams = _load_streams(connection)
    tables = _load_tables(connection, streams)
    position: Row = connection.execute("SELECT tip, horizon FROM position").fetchall()[0]
    newest: list[Row] = connection.execute(
        "SELECT created_ms FROM log ORDER BY sequence_number DESC LIMIT 1"
    ).fetchall()
    counters = {name: (items, size) for name, items, size in connection.execute("SELECT * FROM counters")}
    return Committed(
        contents=Contents(tables, streams),
        counters=counters,
        tip=SequenceNumber(position[0]),
        horizon=SequenceNumber(position[1]),
        newest_ms=newest[0][0] if newest else 0,
    )


def rows_of(table: Table, index: Index | None) -> str:
    """Name of the SQL table with a table's or an index's rows."""
    return item_rows(table.id) if index is None else index_rows(index.id)


def schema_to_json(schema: KeySchema) -> bytes:
    """A key schema as the catalog's rows hold it."""
    return orjson.dumps([[[key.name, key.type] for key in keys] for keys in (schema.partition, schema.sort)])


def schema_from_json(stored: bytes) -> KeySchema:
    """The inverse of ``schema_to_json``."""
    partition, sort = orjson.loads(stored)
    return KeySchema(tuple(KeyAttribute(*key) for key in partition), tuple(KeyAttribute(*key) for key in sort))


def _load_tables(connection: apsw.Connection, streams: Mapping[StreamId, Stream]) -> dict[TableKey, Table]:
    indexes = _load_indexes(connection)
    enabled = {stream.table_id: stream for stream in streams.values() if stream.disabled_ms is None}
    tables = {}
    for row in connection.execute(
        "SELECT id, account, region, name, arn, uuid, created_ms, status, key_schema, definition, latest_arn, "
        "latest_label FROM tables ORDER BY id"
    ):
        table = Table(
            id=TableId(row[0]),
            account=row[1],
            region=row[2],
            name=row[3],
            arn=row[4],
            uuid=row[5],
            created_ms=row[6],
            status=row[7],
            schema=schema_from_json(row[8]),
            definition=orjson.loads(row[9]),
            indexes=tuple(indexes.get(TableId(row[0]), ())),
            stream=enabled.get(TableId(row[0])),
            latest_stream=(row[10], row[11]) if row[10] else None,
        )
        tables[(table.account, table.region, table.name)] = table
    return tables


def _load_indexes(connection: apsw.Connection) -> dict[TableId, list[Index]]:
    indexes: dict[TableId, list[Index]] = {}
    for id_, table_id, name, schema, is_global, projection in connection.execute(
        "SELECT id, table_id, name, key_schema, is_global, projection FROM indexes ORDER BY id"
    ):
        index = Index(
            id=IndexId(id_),
            name=name,
            schema=schema_from_json(schema),
            is_global=bool(is_global),
            projection=orjson.loads(projection),
        )
        indexes.setdefault(TableId(table_id), []).append(index)
    return indexes


def _load_streams(connection: apsw.Connection) -> dict[StreamId, Stream]:
    shards: dict[StreamId, list[Shard]] = {}
    for shard in _load_shards(connection):
        shards.setdefault(shard.stream, []).append(shard)
    streams = {}
    for row in connection.execute(
        "SELECT id, table_id, account, region, table_name, label, arn, view_type, key_schema, created_ms, disabled_ms "
        "FROM streams ORDER BY id"
    ):
        streams[StreamId(row[0])] = Stream(
            id=StreamId(row[0]),
            table_id=TableId(row[1]),
            account=row[2],
            region=row[3],
            table_name=row[4],
            label=row[5],
            arn=row[6],
            view_type=row[7],
            schema=schema_from_json(row[8]),
            created_ms=row[9],
            disabled_ms=row[10],
            shards=tuple(shards.get(StreamId(row[0]), ())),
        )
    return streams


def _load_shards(connection: apsw.Connection) -> list[Shard]:
    return [
        Shard(
            number=number,
            id=id_,
            stream=StreamId(stream),
            parent=parent,
            hash_from=int(hash_from),
            hash_to=int(hash_to),
            starting=SequenceNumber(starting),
            ending=None if ending is None else SequenceNumber(ending),
            created_ms=created_ms,
        )
        for number, id_, stream, parent, hash_from, hash_to, starting, ending, created_ms in connection.execute(
            "SELECT number, id, stream, parent, hash_from, hash_to, starting, ending, created_ms FROM shards "
            "ORDER BY number"
        )
    ]
