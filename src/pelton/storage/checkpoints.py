"""Where each mapping stands in each shard: position, and the processor's state as JSON bytes.

A position is kept as decimal text: another engine's sequence numbers have up to 40 digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pelton.storage.catalog import SequenceNumber
from pelton.storage.transaction import Snapshot, WriteTransaction


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Records up to ``position`` are done; ``state`` is what the processor needs beside it."""

    position: SequenceNumber
    state: bytes | None = None  #: JSON


def put_checkpoint(transaction: WriteTransaction, mapping: str, shard: str, checkpoint: Checkpoint) -> None:
    """Store how far a mapping is in a shard, replacing what was known."""
    transaction.change(
        "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)",
        (mapping, shard, str(checkpoint.position), checkpoint.state),
    )


def checkpoint(snapshot: Snapshot, mapping: str, shard: str) -> Checkpoint | None:
    """How far the mapping is in the shard; None before its first checkpoint."""
    rows = snapshot.select("SELECT position, state FROM checkpoints WHERE mapping = ? AND shard = ?", (mapping, shard))
    return _checkpoint(*rows[0]) if rows else None


def checkpoints(snapshot: Snapshot, mapping: str) -> Mapping[str, Checkpoint]:
    """All checkpoints of a mapping by shard id, shards that are gone too."""
    rows = snapshot.select("SELECT shard, position, state FROM checkpoints WHERE mapping = ?", (mapping,))
    return {shard: _checkpoint(position, state) for shard, position, state in rows}


def remove_checkpoint(transaction: WriteTransaction, mapping: str, shard: str) -> None:
    """Forget a shard: it was read to its end and trimmed."""
    transaction.change("DELETE FROM checkpoints WHERE mapping = ? AND shard = ?", (mapping, shard))


def _checkpoint(position: str, state: bytes | None) -> Checkpoint:
    return Checkpoint(SequenceNumber(int(position)), state)
