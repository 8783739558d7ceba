"""When records make a batch: enough of them, time enough since the first, or as much as an event may hold.

Source: Lambda guide, "Polling and batching streams".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from pelton.triggers.lane_steps import LaneView
from pelton.triggers.pieces import Piece
from pelton.triggers.protocols import SourceRecord
from pelton.triggers.windows import TumblingWindow

#: Most bytes of an invocation's event, ``{"Records":[…]}`` and the members of a window included.
PAYLOAD_BYTES_MAX = 6 * 1024 * 1024
#: Room kept for what is not records or state: the wrapper and a window's members.
_WRAPPER_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRules:
    """What bounds a batch."""

    batch_size: int  #: 1 to 10,000 records
    window_ms: int  #: batching window; 0: as soon as anything is there


class RecordQueue:
    """Records of one lane that are not yet part of a batch, oldest first."""

    def __init__(self) -> None:
        self._records: deque[SourceRecord] = deque()
        self._bytes = 0
        self._opened_ms: int | None = None

    def __len__(self) -> int:
        return len(self._records)

    @property
    def bytes(self) -> int:
        """Size of all events in it."""
        return self._bytes

    @property
    def head(self) -> SourceRecord | None:
        """The oldest record."""
        return self._records[0] if self._records else None

    def append(self, record: SourceRecord, now_ms: int) -> None:
        """Add the newest record; the first one opens the batching window."""
        if self._opened_ms is None:
            self._opened_ms = now_ms
        self._records.append(record)
        self._bytes += len(record.event) + 1

    def reopen(self, now_ms: int) -> None:
        """The batch before has ended: the batching window of what waits begins now."""
        self._opened_ms = now_ms if self._records else None

    def ready_at(self, rules: BatchRules, window: TumblingWindow | None, now_ms: int) -> int | None:
        """When a batch can be taken: a time in milliseconds, or None when there are no records."""
        if not self._records:
            return None
        assert self._opened_ms is not None, "records wait, so their window was opened"
        self._opened_ms = min(self._opened_ms, now_ms)  # The clock may have been set back.
        is_full = len(self._records) >= rules.batch_size or self._bytes >= PAYLOAD_BYTES_MAX - _reserved(window)
        # The newest record lies beyond the tumbling window: no more come into it.
        is_window_over = window is not None and not window.holds(self._records[-1].created_ms)
        return now_ms if is_full or is_window_over else self._opened_ms + rules.window_ms

    def take(self, rules: BatchRules, window: TumblingWindow | None) -> tuple[SourceRecord, ...]:
        """The next batch: at least one record, of one tumbling window, within count and payload."""
        room = PAYLOAD_BYTES_MAX - _reserved(window)
        taken: list[SourceRecord] = []
        while self._records and len(taken) < rules.batch_size:
            record = self._records[0]
            room -= len(record.event) + 1
            if taken and (room < 0 or (window is not None and not window.holds(record.created_ms))):
                break
            taken.append(self._records.popleft())
            self._bytes -= len(record.event) + 1
        self._opened_ms = None if not self._records else self._opened_ms
        return tuple(taken)

    def drain(self) -> list[SourceRecord]:
        """All records, oldest first; the queue is empty afterwards."""
        drained = list(self._records)
        self._records.clear()
        self._bytes = 0
        self._opened_ms = None
        return drained


def count_fitting(piece: Piece, window: TumblingWindow | None) -> int:
    """How many of a piece's records, from the front, one invocation may hold: at least one.

    All, unless the window's state has grown since it was formed, or it was read again and another filter let more
    records through.
    """
    count_max = piece.size_max or len(piece.records)
    if window is None and not piece.size_max:
        return count_max
    room = PAYLOAD_BYTES_MAX - _reserved(window)
    for index, record in enumerate(piece.records):
        room -= len(record.event) + 1
        if index and (room < 0 or index == count_max):
            return index
    return len(piece.records)


def is_window_over(window: TumblingWindow, head: SourceRecord | None, now_ms: int, view: LaneView) -> bool:
    """Whether a tumbling window's final invocation is due; ``head`` is the oldest record that is not in a batch."""
    if window.is_early or not view.settings.tumbling_window_s:
        return True
    if head is not None:
        return not window.holds(head.created_ms)
    if view.is_full and not view.opens_windows:
        return True  # Other lanes hold what fills the room until this window has ended.
    return view.is_end or (view.is_caught_up and now_ms >= window.over_ms)


def _reserved(window: TumblingWindow | None) -> int:
    return _WRAPPER_BYTES + (len(window.state) if window is not None else 0)
