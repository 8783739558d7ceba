"""One page of Query or Scan: rows in key order until the limit, 1 MB, or the end of the range.

A page that stops at its limit or at 1 MB gives the position of its last row, even when nothing
remains; one that reaches the end of the range gives none. Rows are counted before the filter, sizes
before filter and projection. Rows that are shown whole are never parsed.

A page of many rows is read in pieces, with other requests' turns between them, each on the last commit: so a page is
no snapshot of the table. Each row is shown as it was committed when its turn came; one that moves to where the page
has still to come may be shown twice. The service promises no more ("Read consistency" of Query and Scan).
Source: developer guide, "Paginating table query results".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import NamedTuple

import orjson

from pelton.items.types import Item
from pelton.operations import JsonObject, Unfinished
from pelton.storage.change import StoredItem
from pelton.storage.transaction import Snapshot

#: Bytes of evaluated rows in one page; the row that reaches it is the page's last.
PAGE_BYTES_MAX = 1024 * 1024
#: Rows of one piece that are looked into: about two milliseconds.
_PIECE_ROWS = 100
#: Rows of one piece that are shown as they lie there.
_PLAIN_PIECE_ROWS = 2000


@dataclass(slots=True, kw_only=True)
class Page:
    """What one request has read."""

    rows: list[object] = field(default_factory=list)  #: JSON-able, as the answer shows them; empty when counting
    count: int = 0  #: rows that passed the filter
    scanned: int = 0  #: rows evaluated
    size: int = 0  #: bytes of the rows evaluated
    fetched: list[int] = field(default_factory=list)  #: sizes of items fetched from the table for index rows
    latest: StoredItem | None = None  #: the last row evaluated so far
    last: StoredItem | None = None  #: the last row evaluated, when the page stopped before the range's end


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How rows become a page."""

    limit: int | None  #: rows to evaluate, at least 1
    is_counting: bool = False  #: Select is COUNT: no rows are shown
    keep: Callable[[Item], bool] | None = None  #: the filter
    show: Callable[[Item], Item] | None = None  #: the projection
    fetch: Callable[[StoredItem], StoredItem] | None = None  #: from an index row to the table's whole item

    @property
    def is_plain(self) -> bool:
        """Whether rows are shown, or counted, without a look into them."""
        return self.keep is None and self.show is None and self.fetch is None


class Walk(NamedTuple):
    """How a request's page is read, piece by piece."""

    stored: Callable[[Snapshot, bytes | None], Iterable[StoredItem]]  #: rows in order; those behind that key, if any
    reading: Callable[[Snapshot], Reading]
    answer: Callable[[Page], JsonObject]

    def begin(self, snapshot: Snapshot) -> JsonObject | Unfinished:
        """Read the page, or its first piece.

        Raises:
            ResourceNotFound: here or in a later piece: the table is gone.
        """
        return self._go_on(Page(), snapshot)

    def whole(self, snapshot: Snapshot) -> JsonObject:
        """Read the page at once."""
        found = self.begin(snapshot)
        while isinstance(found, Unfinished):
            found = found.go_on(snapshot)
        return found

    def _go_on(self, page: Page, snapshot: Snapshot) -> JsonObject | Unfinished:
        rows = self.stored(snapshot, None if page.latest is None else page.latest.key)
        is_read = read_piece(page, rows, self.reading(snapshot))
        return self.answer(page) if is_read else Unfinished(partial(self._go_on, page))


def read_piece(page: Page, rows: Iterable[StoredItem], reading: Reading) -> bool:
    """Add rows to a page in their order, as many as one piece has; whether the page is whole then."""
    room = _PLAIN_PIECE_ROWS if reading.is_plain else _PIECE_ROWS
    if reading.limit is not None:
        room = min(room, reading.limit - page.scanned)
    read, row = 0, None
    for row in islice(rows, room):
        read += 1
        page.size += row.size
        _evaluate(page, row, reading)
        if page.size >= PAGE_BYTES_MAX:
            break
    page.scanned += read
    if page.size >= PAGE_BYTES_MAX or page.scanned == reading.limit:
        page.last = row
        return True
    page.latest = row
    return read < room


def _evaluate(page: Page, row: StoredItem, reading: Reading) -> None:
    if reading.fetch is not None:
        row = reading.fetch(row)
        page.fetched.append(row.size)
    if reading.keep is None and reading.show is None:
        page.count += 1
        if not reading.is_counting:
            page.rows.append(orjson.Fragment(row.body))
        return
    item: Item = orjson.loads(row.body)
    if reading.keep is not None and not reading.keep(item):
        return
    page.count += 1
    if not reading.is_counting:
        page.rows.append(orjson.Fragment(row.body) if reading.show is None else reading.show(item))
