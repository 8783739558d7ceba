"""The change of one item: what ``tables`` decides and ``storage`` applies, whole or not at all.

Named tuples, made by their members' names: several of them are made for every write, and a frozen
dataclass takes three times as long to make.
"""

from __future__ import annotations

from typing import NamedTuple

from pelton.storage.catalog import Index, SequenceNumber, Table


class StoredItem(NamedTuple):
    """An item as it lies on disk."""

    key: bytes  #: storage key: 8 bytes of hash, then the order-preserving partition and sort key
    body: bytes  #: wire JSON of the whole item
    size: int  #: bytes as DynamoDB counts them


class IndexChange(NamedTuple):
    """What the change does to one index's rows; ``key`` ends with the table key, so it is unique."""

    of_index: Index
    remove: bytes | None  #: index storage key whose row goes
    put: StoredItem | None  #: row that comes: index storage key and the projected attributes
    old_size: int | None  #: of the row that the item before has in the index, which a backfill may not have made yet


class Change(NamedTuple):
    """An item before and after. ``before`` and ``after`` are never both None and never equal items."""

    table: Table
    key: bytes
    keys: bytes  #: wire JSON of the key attributes, as a stream record shows them
    keys_size: int
    before: StoredItem | None
    after: StoredItem | None
    index_changes: tuple[IndexChange, ...] = ()
    is_service: bool = False  #: made by the service (TTL), not by a request
    cause: str | None = None  #: trace of the request that asked for it


class LogRecord(NamedTuple):
    """One row of the change log: one effective change of one item."""

    sequence_number: SequenceNumber
    event_name: str  #: INSERT, MODIFY or REMOVE
    keys: bytes  #: wire JSON
    new_image: bytes | None  #: wire JSON of the whole item; None after REMOVE
    old_image: bytes | None  #: None on INSERT, and where the stream's view type does not ask for it
    keys_size: int
    new_size: int
    old_size: int
    created_ms: int
    is_service: bool
    cause: str | None
