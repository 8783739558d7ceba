"""Tables and indexes: making, changing and dropping them, on disk and in the catalog together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from pelton.arns import table_arn
from pelton.items.schema import KeySchema
from pelton.operations import JsonObject
from pelton.storage.catalog import Index, IndexId, Table, TableId
from pelton.storage.change import StoredItem
from pelton.storage.contents import rows_of, schema_to_json
from pelton.storage.schema import index_rows, item_rows
from pelton.storage.shards import ShardMap


class Definitions(ShardMap):
    """The part of a write transaction that changes tables and indexes."""

    def create_table(  # noqa: PLR0913 - the protocol's signature; every argument is named
        self, *, account: str, region: str, name: str, uuid: str, schema: KeySchema, definition: JsonObject, now_ms: int
    ) -> Table:
        """A new, ACTIVE table without indexes or stream."""
        assert self.table(account, region, name) is None, f"{name} exists"
        arn = table_arn(region, account, name)
        rows = self.change(
            "INSERT INTO tables (account, region, name, arn, uuid, created_ms, status, key_schema, definition) "
            "VALUES (?, ?, ?, ?, ?, ?, 'ACTIVE', ?, ?) RETURNING id",
            (account, region, name, arn, uuid, now_ms, schema_to_json(schema), orjson.dumps(definition)),
        )
        table = Table(
            id=TableId(rows[0][0]),
            account=account,
            region=region,
            name=name,
            arn=arn,
            uuid=uuid,
            created_ms=now_ms,
            status="ACTIVE",
            schema=schema,
            definition=definition,
        )
        self.create_rows(item_rows(table.id))
        self.become(self.contents().with_table(table))
        return table

    def replace_table(self, table: Table) -> None:
        """Store a table's new status or definition; its id, key schema, stream and indexes stay."""
        current = replace(self.current(table), status=table.status, definition=table.definition)
        self.change(
            "UPDATE tables SET status = ?, definition = ? WHERE id = ?",
            (current.status, orjson.dumps(current.definition), current.id),
        )
        self.become(self.contents().with_table(current))

    def drop_table(self, table: Table, now_ms: int) -> None:
        """Remove a table and its items; its stream closes and stays readable until trimmed."""
        current = self.current(table)
        if current.stream is not None:
            current = self.disable_stream(current, now_ms)
        for index in current.indexes:
            self.discard_rows(index_rows(index.id))
        self.discard_rows(item_rows(current.id))
        self.change("DELETE FROM indexes WHERE table_id = ?", (current.id,))
        self.change("DELETE FROM tables WHERE id = ?", (current.id,))
        self.become(self.contents().without_table(current))

    def create_index(
        self, table: Table, *, name: str, schema: KeySchema, is_global: bool, projection: JsonObject
    ) -> Table:
        """A new, empty index; the caller fills it (``fill_index``)."""
        current = self.current(table)
        rows = self.change(
            "INSERT INTO indexes (table_id, name, key_schema, is_global, projection) VALUES (?, ?, ?, ?, ?) "
            "RETURNING id",
            (current.id, name, schema_to_json(schema), is_global, orjson.dumps(projection)),
        )
        index = Index(id=IndexId(rows[0][0]), name=name, schema=schema, is_global=is_global, projection=projection)
        self.create_rows(index_rows(index.id))
        return self._with_indexes(current, (*current.indexes, index))

    def restore_rows(self, table: Table, index: Index | None, rows: Sequence[StoredItem]) -> None:
        """Add new rows to a table, or to one of its indexes, that nobody writes yet: nothing of it is recorded."""
        name = rows_of(table, index)
        items, size = self._counted.get(name) or self._counters[name]
        self.changes += 1
        self._cursor.executemany(
            f"INSERT INTO {name} VALUES (?, ?, ?)", ((row.key, row.size, row.body) for row in rows)
        )
        self._counted[name] = (items + len(rows), size + sum(row.size for row in rows))

    def fill_index(self, index: Index, rows: Sequence[StoredItem]) -> None:
        """Add backfilled rows to an index, replacing those that have the same key."""
        name = index_rows(index.id)
        items, size = self._counted.get(name) or self._counters[name]
        for row in rows:
            before = self.select(f"SELECT size FROM {name} WHERE key = ?", (row.key,))
            items, size = items + 1 - len(before), size + row.size - sum(old for (old,) in before)
            self.change(f"INSERT OR REPLACE INTO {name} VALUES (?, ?, ?)", (row.key, row.size, row.body))
        self._counted[name] = (items, size)

    def drop_index(self, table: Table, index: Index) -> Table:
        """Remove an index and its rows."""
        current = self.current(table)
        self.discard_rows(index_rows(index.id))
        self.change("DELETE FROM indexes WHERE id = ?", (index.id,))
        return self._with_indexes(current, tuple(kept for kept in current.indexes if kept.id != index.id))

    def _with_indexes(self, table: Table, indexes: tuple[Index, ...]) -> Table:
        table = replace(table, indexes=indexes)
        self.become(self.contents().with_table(table))
        return table
