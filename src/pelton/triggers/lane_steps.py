"""What a lane is told, and what it says is next. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.pieces import Piece
from pelton.triggers.windows import TumblingWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneView:
    """What a lane is told whenever it decides."""

    settings: MappingSettings
    retention_ms: int  #: the stream keeps records this long
    read_through: SequenceNumber  #: no unread record up to here
    is_caught_up: bool  #: nothing more to read for now
    is_end: bool  #: the shard is closed and read to its end
    is_full: bool  #: nothing more is read until batches are taken
    opens_windows: bool = True  #: not while the lanes are about to be dealt anew


class Deliver(NamedTuple):
    """Invoke the function with these records."""

    piece: Piece
    window: TumblingWindow | None


class GiveUp(NamedTuple):
    """Keep these records in the failure store, then tell the lane (``given_up``)."""

    piece: Piece


class WaitUntil(NamedTuple):
    """Nothing to do before that time (milliseconds)."""

    at_ms: int
