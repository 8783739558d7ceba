"""What becomes of a piece that failed, or grew too old, or is skipped by its operator. Pure.

A piece whose ``condition`` is set is given up next; without one it is sent again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from pelton.triggers.batching import count_fitting
from pelton.triggers.lane_steps import LaneView
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.pieces import RETRIES_EXHAUSTED, SKIPPED, TOO_OLD, FailureNote, Piece, cut, halves
from pelton.triggers.record_age import is_expired, leading_run
from pelton.triggers.windows import TumblingWindow


class Next(NamedTuple):
    """Pieces in the place of a failed one, in the order of delivery, and whether the first waits before it goes."""

    pieces: tuple[Piece, ...]
    is_waiting: bool


def after_failure(piece: Piece, note: FailureNote, settings: MappingSettings) -> Next:
    """The function failed: bisected without using up a retry, given up, or sent again after a while."""
    piece = replace(piece, note=note)
    if settings.is_bisecting and len(piece.records) > 1:
        return Next(halves(piece, note.request_id), is_waiting=False)
    if 0 <= settings.retry_attempts_max <= piece.attempts:
        return Next((replace(piece, condition=RETRIES_EXHAUSTED),), is_waiting=False)
    return Next((replace(piece, attempts=piece.attempts + 1),), is_waiting=True)


def skipped(piece: Piece) -> tuple[Piece, ...]:
    """The failed piece given up at once: its first record alone where the function named that, else all of it."""
    assert piece.note is not None, "only what failed is skipped"
    if piece.note.is_first_named and len(piece.records) > 1:
        poison, rest = cut(piece, 1)
        return replace(poison, condition=SKIPPED), replace(rest, attempts=0, tries=0, delays=0, note=None)
    return (replace(piece, condition=SKIPPED),)


def aged(piece: Piece, window: TumblingWindow | None, now_ms: int, view: LaneView) -> tuple[Piece, ...]:
    """The piece, cut where age or payload divides it; what is too old and comes first is given up first."""
    if piece.is_final:
        run, is_too_old = 0, window is not None and is_expired(piece, window.end_ms, now_ms, view)
    else:
        run, is_too_old = leading_run(piece, now_ms, view)
        run = run if is_too_old else min(run, count_fitting(piece, window))
    pieces = cut(piece, run) if run < len(piece.records) else (piece,)
    return (replace(pieces[0], condition=TOO_OLD), *pieces[1:]) if is_too_old else pieces
