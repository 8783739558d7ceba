"""What is stored where: tables, indexes, streams and shards as immutable values.

A transaction sees the catalog with its own changes; readers see the one of the last commit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NewType

from pelton.items.schema import KeyAttribute, KeySchema
from pelton.operations import JsonObject

TableId = NewType("TableId", int)  #: names the item rows' SQL table; never used again
IndexId = NewType("IndexId", int)
StreamId = NewType("StreamId", int)
#: Position of a change in the data folder's one log: strictly increasing for ever, from 1.
SequenceNumber = NewType("SequenceNumber", int)

HASH_SPACE = 1 << 64  #: partition keys hash to [0, HASH_SPACE): the first 8 bytes of a storage key


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A secondary index: rows of its own, kept in the item's transaction."""

    id: IndexId
    name: str
    schema: KeySchema
    is_global: bool
    projection: JsonObject  #: the request's Projection member


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A range of key hashes of one stream, from one sequence number to another."""

    id: str  #: ``shardId-`` + 20 digits + ``-`` + 8 hex: its name on the wire
    stream: StreamId
    parent: str | None
    hash_from: int  #: first hash it holds
    hash_to: int  #: first hash it holds no more, at most HASH_SPACE
    starting: SequenceNumber  #: every record of it has at least this number
    ending: SequenceNumber | None  #: last number it can hold; None while it is open
    created_ms: int
    number: int = 0  #: storage's own name for it, in log rows; 0: not stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One life of a table's change stream, from enabling to disabling; readable 24 hours longer."""

    id: StreamId
    table_id: TableId
    account: str
    region: str
    table_name: str
    label: str
    arn: str
    view_type: str  #: KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES
    schema: KeySchema
    created_ms: int
    disabled_ms: int | None  #: None while it is enabled
    shards: tuple[Shard, ...] = ()  #: oldest first; trimmed ones are gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as the catalog knows it; ``definition`` holds what only ``tables`` reads."""

    id: TableId
    account: str
    region: str
    name: str
    arn: str
    uuid: str  #: TableId on the wire
    created_ms: int
    status: str  #: ACTIVE, CREATING, UPDATING or DELETING
    schema: KeySchema
    definition: JsonObject = field(hash=False)  #: AttributeDefinitions, BillingMode, Tags … in wire form
    indexes: tuple[Index, ...] = ()
    stream: Stream | None = None  #: the enabled stream
    latest_stream: tuple[str, str] | None = None  #: ARN and label of the newest stream, enabled or not
    #: For each index the names of the attributes its rows hold; None: all. Worked out once, every write asks.
    projected: tuple[frozenset[str] | None, ...] = field(init=False, repr=False, compare=False)
    #: Of all index keys, each once.
    index_attributes: tuple[KeyAttribute, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        indexes = self.indexes
        attributes = dict.fromkeys(attribute for index in indexes for attribute in index.schema.attributes)
        object.__setattr__(self, "projected", tuple(projected_names(self.schema, index) for index in indexes))
        object.__setattr__(self, "index_attributes", tuple(attributes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy of a table's items as they were when it was begun."""

    id: int = 0  #: 0: not stored yet
    table_id: TableId
    kind: str  #: USER, SYSTEM or RECOVERY
    account: str
    region: str
    arn: str | None  #: of a backup
    created_ms: int
    expires_ms: int | None = None  #: when it goes by itself; None: never
    is_whole: bool = False  #: whether every item has been copied
    position: bytes = b""  #: the last storage key that was copied
    detail: JsonObject = field(hash=False)  #: what only ``tables`` reads


def projected_names(schema: KeySchema, index: Index) -> frozenset[str] | None:
    """Names of the attributes an index's rows hold, those of both keys among them; None: all.

    Args:
        schema: of the table.
        index: of the same table.
    """
    if index.projection["ProjectionType"] == "ALL":
        return None
    names = {attribute.name for keys in (schema, index.schema) for attribute in keys.attributes}
    return frozenset(names.union(index.projection.get("NonKeyAttributes", ())))
