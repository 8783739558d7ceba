"""How old a record may be when it is delivered. Pure. Source: Lambda guide, MaximumRecordAgeInSeconds."""

from __future__ import annotations

from pelton.triggers.lane_steps import LaneView
from pelton.triggers.pieces import Piece


def count_expired(piece: Piece, now_ms: int, view: LaneView) -> int:
    """How many records at the piece's front are too old."""
    expired = 0
    for record in piece.records:
        if not is_expired(piece, record.created_ms, now_ms, view):
            break
        expired += 1
    return expired


def is_expired(piece: Piece, created_ms: int, now_ms: int, view: LaneView) -> bool:
    """Whether what was made then is too old to be delivered in this piece."""
    limit_ms = _age_limit_ms(piece, view)
    return limit_ms is not None and now_ms - created_ms > limit_ms


def _age_limit_ms(piece: Piece, view: LaneView) -> int | None:
    """How old a record may be when it is delivered; None: any age.

    Without a limit of the mapping's own, records leave with the stream's retention, but only once they were tried:
    what could not be offered (Pelton was not running, others blocked the way) is offered late rather than never.
    """
    was_tried = piece.tries > 0 or piece.delays > 1  # One delay alone: what is left after a partial success.
    own_ms = view.settings.record_age_max_s * 1000
    if own_ms < 0:
        return view.retention_ms if was_tried else None
    return min(own_ms, view.retention_ms) if was_tried else own_ms
