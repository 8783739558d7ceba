"""What live delivery has done of a shard, told from its stored state: what a replay may send again. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.done_before import DoneBefore, DoneShare
from pelton.triggers.pieces import Piece, piece_from_json
from pelton.triggers.protocols import SourceRecord


class LiveDone:
    """Tells of each record whether live delivery is done with it, lane by lane, as the processor deals records out."""

    def __init__(self, state: JsonObject, partition_key: Callable[[SourceRecord], bytes]) -> None:
        self._partition_key = partition_key
        self._lanes = [_Lane(lane) for lane in state["lanes"]]

    @property
    def through(self) -> SequenceNumber:
        """No record beyond this number is done."""
        return SequenceNumber(max(lane.through for lane in self._lanes))

    def __call__(self, record: SourceRecord) -> bool:
        """Whether the record was delivered, given up or filtered out."""
        if record.number <= min(lane.done.floor for lane in self._lanes):
            return True
        hashed = self._hash_of(record)
        lane = self._lanes[hashed % len(self._lanes)]
        return lane.done.holds(record, self._hash_of) and not any(
            _holds(piece, record, hashed) for piece in lane.pieces
        )

    def _hash_of(self, record: SourceRecord) -> int:
        return zlib.crc32(self._partition_key(record))


class _Lane:
    def __init__(self, stored: JsonObject) -> None:
        shares = tuple(DoneShare(*share) for share in stored.get("done", ()))
        self.done = DoneBefore(SequenceNumber(stored["through"]), shares)
        self.pieces = [piece for piece in map(piece_from_json, stored["pieces"]) if not piece.is_final]
        self.through = max([self.done.floor, *(share.through for share in shares)])


def _holds(piece: Piece, record: SourceRecord, hashed: int) -> bool:
    """Whether the piece, which is not done, is about the record."""
    return piece.first <= record.number <= piece.last and all(hashed % lanes == lane for lanes, lane in piece.shares)
