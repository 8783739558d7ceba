"""What every changing part of a transaction shares: statements counted, numbers given, contents replaced."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from pelton.storage.catalog import Index, SequenceNumber, Table
from pelton.storage.contents import Committed, Contents, rows_of
from pelton.storage.reading import Reading
from pelton.storage.schema import create_rows
from pelton.storage.transaction import Row, SqlValue


class Changing(Reading):
    """A reading that may change what it reads: the writer's side of storage, whole in its subclasses."""

    def __init__(self, connection: apsw.Connection, committed: Committed) -> None:
        super().__init__(connection, committed)
        self._counted: dict[str, tuple[int, int]] = {}  #: counters this batch has changed
        self.changes = 0  #: changing statements of this batch

    def change(self, sql: str, bindings: Sequence[SqlValue] = ()) -> Sequence[Row]:
        """Run a changing statement; its RETURNING rows. For storage's own modules."""
        self.changes += 1
        return self._cursor.execute(sql, bindings).fetchall()

    def counts(self, table: Table, index: Index | None = None) -> tuple[int, int]:
        """Number of items and their size in bytes, this batch's changes included."""
        name = rows_of(table, index)
        return self._counted.get(name) or self._counters[name]

    def next_number(self) -> SequenceNumber:
        """A number above all given before; one that no record takes leaves a gap, which is allowed."""
        self._tip = SequenceNumber(self._tip + 1)
        return self._tip

    def reserve_numbers(self, count: int) -> SequenceNumber:
        """Give out so many numbers in a row, one or more, that no record takes; returns the first."""
        first = self.next_number()
        self._tip = SequenceNumber(self._tip + count - 1)
        return first

    def set_horizon(self, horizon: SequenceNumber) -> None:
        """Say that records up to this number are gone."""
        self.change("UPDATE position SET horizon = ?", (horizon,))
        self._horizon = horizon

    def contents(self) -> Contents:
        """The catalog as this transaction sees it."""
        return self._contents

    def become(self, contents: Contents) -> None:
        """Make these the transaction's contents."""
        self._contents = contents

    def create_rows(self, name: str) -> None:
        """Make an empty SQL table of rows and its counter."""
        self.changes += 1
        create_rows(self._connection, name)
        self._counted[name] = (0, 0)

    def discard_rows(self, name: str) -> None:
        """Give up an SQL table of rows: trimming empties it in small steps and then drops it."""
        self.change("INSERT INTO discarded VALUES (?)", (name,))
        self.change("DELETE FROM counters WHERE name = ?", (name,))
        self._counted.pop(name, None)

    def current(self, table: Table) -> Table:
        """The table as the catalog has it now; the caller's value may be older."""
        current = self.table(table.account, table.region, table.name)
        assert current is not None, f"{table.name} is not in the catalog"
        assert current.id == table.id, f"{table.name} was dropped and made anew"
        return current
