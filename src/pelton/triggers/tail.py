"""The newest records of one shard, read once and shared by all functions that follow it.

Whoever follows the tail is served from memory; who is further behind reads the log for itself.
"""

from __future__ import annotations

from bisect import bisect_right

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.protocols import SourceRecord

#: What one shard's tail keeps, at most; the newest records stay.
_RECORDS_MAX = 2000
_BYTES_MAX = 1 << 20


class ShardTail:
    """Records of a shard with numbers in (``after``, ``read_through``], all of them."""

    def __init__(self, after: SequenceNumber) -> None:
        self.after = after
        self.read_through = after
        self.is_touched = True  #: the shard may hold more than ``read_through``
        self._records: list[SourceRecord] = []
        self._numbers: list[SequenceNumber] = []
        self._bytes = 0

    def extend(self, records: tuple[SourceRecord, ...], read_through: SequenceNumber, *, is_touched: bool) -> None:
        """Records read after ``read_through``, oldest first, and how far the reading went."""
        self._records += records
        self._numbers += [record.number for record in records]
        self._bytes += sum(len(record.event) for record in records)
        self.read_through = max(self.read_through, read_through)
        self.is_touched = is_touched
        self._forget_oldest()

    def covers(self, position: SequenceNumber) -> bool:
        """Whether all records after that position, up to ``read_through``, are here."""
        return self.after <= position

    def records_after(self, position: SequenceNumber, limit: int) -> tuple[SourceRecord, ...]:
        """Records after a covered position, oldest first, at most ``limit``."""
        start = bisect_right(self._numbers, position)
        return tuple(self._records[start : start + limit])

    def _forget_oldest(self) -> None:
        surplus = max(len(self._records) - _RECORDS_MAX, 0)
        freed = sum(len(record.event) for record in self._records[:surplus])
        while self._bytes - freed > _BYTES_MAX and surplus < len(self._records) - 1:
            freed += len(self._records[surplus].event)
            surplus += 1
        if surplus:
            self.after = self._numbers[surplus - 1]
            self._bytes -= freed
            del self._records[:surplus]
            del self._numbers[:surplus]
