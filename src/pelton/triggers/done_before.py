"""What was done before a lane began: records that must not come again behind later ones of their keys. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.protocols import SourceRecord


class DoneShare(NamedTuple):
    """Records up to ``through`` whose keys fell in that lane, of so many, are done, unless a piece holds them."""

    lanes: int
    lane: int
    through: SequenceNumber


@dataclass(frozen=True, slots=True)
class DoneBefore:
    """Everything up to ``floor``, and what lanes before an update had done beyond it."""

    floor: SequenceNumber
    shares: tuple[DoneShare, ...] = ()

    def holds(self, record: SourceRecord, hash_of: Callable[[SourceRecord], int]) -> bool:
        """Whether the record, which no piece holds, is done."""
        if record.number <= self.floor:
            return True
        return any(
            record.number <= share.through and hash_of(record) % share.lanes == share.lane for share in self.shares
        )

    def beyond(self, through: SequenceNumber) -> list[list[int]]:
        """The shares that still say something once everything up to there is done, as the durable state has them."""
        return [list(share) for share in self.shares if share.through > through]
