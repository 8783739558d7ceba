"""Event source mappings: the current definition of each, and every version with the position from which it held.

The versions answer «why did it (not) fire» later: the definition that held for a record is the newest
one whose ``since`` lies below the record's number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.transaction import Row, Snapshot, WriteTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMapping:
    """A mapping, or one version of it."""

    uuid: str
    version: int  #: from 1, one more with each changed definition
    definition: JsonObject  #: what only ``triggers`` reads
    since: SequenceNumber  #: it holds for records with higher numbers
    created_ms: int  #: when this version began


def put_mapping(transaction: WriteTransaction, uuid: str, definition: JsonObject, now_ms: int) -> StoredMapping:
    """Make a mapping or give it a new definition; an equal definition (JSON, any member order) makes no new version.

    The new version holds for records after the transaction's tip.
    """
    stored = mapping(transaction, uuid)
    if stored is not None and stored.definition == definition:
        return stored
    version = len(mapping_versions(transaction, uuid)) + 1
    since = transaction.tip()
    body = orjson.dumps(definition)
    transaction.change(
        "INSERT INTO mappings VALUES (?, ?, ?, ?, ?) ON CONFLICT (uuid) DO UPDATE SET version = excluded.version, "
        "definition = excluded.definition, changed_ms = excluded.changed_ms",
        (uuid, version, body, now_ms, now_ms),
    )
    transaction.change("INSERT INTO mapping_versions VALUES (?, ?, ?, ?, ?)", (uuid, version, body, since, now_ms))
    return StoredMapping(uuid=uuid, version=version, definition=definition, since=since, created_ms=now_ms)


def mapping(snapshot: Snapshot, uuid: str) -> StoredMapping | None:
    """The current version of a mapping."""
    rows = snapshot.select(f"{_VERSIONS} JOIN mappings USING (uuid, version) WHERE uuid = ?", (uuid,))
    return _mapping(rows[0]) if rows else None


def mappings(snapshot: Snapshot) -> Sequence[StoredMapping]:
    """The current version of every mapping, by uuid."""
    return [_mapping(row) for row in snapshot.select(f"{_VERSIONS} JOIN mappings USING (uuid, version) ORDER BY uuid")]


def mapping_versions(snapshot: Snapshot, uuid: str) -> Sequence[StoredMapping]:
    """All versions of a mapping, oldest first; they outlive its removal."""
    return [_mapping(row) for row in snapshot.select(f"{_VERSIONS} WHERE uuid = ? ORDER BY version", (uuid,))]


def remove_mapping(transaction: WriteTransaction, uuid: str) -> None:
    """Remove a mapping with its checkpoints; its versions stay for questions about the past."""
    transaction.change("DELETE FROM mappings WHERE uuid = ?", (uuid,))
    transaction.change("DELETE FROM checkpoints WHERE mapping = ?", (uuid,))


_VERSIONS = """SELECT uuid, version, mapping_versions.definition, since, mapping_versions.created_ms
    FROM mapping_versions"""


def _mapping(row: Row) -> StoredMapping:
    uuid, version, definition, since, created_ms = row
    return StoredMapping(
        uuid=uuid, version=version, definition=orjson.loads(definition), since=since, created_ms=created_ms
    )
