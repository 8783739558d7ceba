"""How old a record may be when it is delivered. Pure. Source: Lambda guide, MaximumRecordAgeInSeconds."""

from __future__ import annotations

from pelton.triggers.lane_steps import LaneView
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.pieces import Piece
from pelton.triggers.protocols import SourceRecord


def leading_run(piece: Piece, now_ms: int, view: LaneView) -> tuple[int, bool]:
    """How many records from the front share the first one's fate, and whether that is: too old.

    All of them, as a rule; but the clock that dates records can be set back, so an old one may follow a young one.
    """
    limit_ms = _age_limit_ms(piece, view.settings, view.retention_ms)
    if limit_ms is None or not piece.records:
        return len(piece.records), False
    oldest_ms = now_ms - limit_ms
    is_too_old = _since_ms(piece.records[0]) < oldest_ms
    for index, record in enumerate(piece.records):
        if (_since_ms(record) < oldest_ms) is not is_too_old:
            return index, is_too_old
    return len(piece.records), is_too_old


def is_expired(piece: Piece, created_ms: int, now_ms: int, view: LaneView) -> bool:
    """Whether what was made then is too old to be delivered in this piece."""
    limit_ms = _age_limit_ms(piece, view.settings, view.retention_ms)
    return limit_ms is not None and now_ms - created_ms > limit_ms


def expires_ms(piece: Piece, settings: MappingSettings, retention_ms: int) -> int | None:
    """When the first record of a piece grows too old to be delivered in it; None: never, as things are."""
    limit_ms = _age_limit_ms(piece, settings, retention_ms)
    return piece.records[0].created_ms + limit_ms if piece.records and limit_ms is not None else None


def _since_ms(record: SourceRecord) -> int:
    """From when a record's age counts: its making, or when a pass sent it again."""
    return record.created_ms if record.sent_ms is None else record.sent_ms


def _age_limit_ms(piece: Piece, settings: MappingSettings, retention_ms: int) -> int | None:
    """How old a record may be when it is delivered; None: any age.

    Without a limit of the mapping's own, records leave with the stream's retention, but only once they were tried:
    what could not be offered (Pelton was not running, others blocked the way) is offered late rather than never.
    """
    was_tried = piece.tries > 0 or piece.delays > 1  # One delay alone: what is left after a partial success.
    own_ms = settings.record_age_max_s * 1000
    if own_ms < 0:
        return retention_ms if was_tried else None
    return min(own_ms, retention_ms) if was_tried else own_ms
