"""One page of Query or Scan: rows in key order until the limit, 1 MB, or the end of the range.

A page that stops at its limit or at 1 MB gives the position of its last row, even when nothing
remains; one that reaches the end of the range gives none. Rows are counted before the filter, sizes
before filter and projection. Rows that are shown whole are never parsed.
Source: developer guide, "Paginating table query results".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import orjson

from pelton.items.types import Item
from pelton.storage.change import StoredItem

#: Bytes of evaluated rows in one page; the row that reaches it is the page's last.
PAGE_BYTES_MAX = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Page:
    """What one request has read."""

    rows: list[object] = field(default_factory=list)  #: JSON-able, as the answer shows them; empty when counting
    count: int = 0  #: rows that passed the filter
    scanned: int = 0  #: rows evaluated
    size: int = 0  #: bytes of the rows evaluated
    fetched: list[int] = field(default_factory=list)  #: sizes of items fetched from the table for index rows
    last: StoredItem | None = None  #: the last row evaluated, when the page stopped before the range's end


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How rows become a page."""

    limit: int | None  #: rows to evaluate, at least 1
    is_counting: bool = False  #: Select is COUNT: no rows are shown
    keep: Callable[[Item], bool] | None = None  #: the filter
    show: Callable[[Item], Item] | None = None  #: the projection
    fetch: Callable[[StoredItem], StoredItem] | None = None  #: from an index row to the table's whole item


def read_page(rows: Iterable[StoredItem], reading: Reading) -> Page:
    """Read one page from rows in their order, at most as many as it needs."""
    page = Page()
    limit = reading.limit
    for row in rows:
        page.scanned += 1
        page.size += row.size
        _evaluate(page, row, reading)
        if page.scanned == limit or page.size >= PAGE_BYTES_MAX:
            page.last = row
            break
    return page


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
