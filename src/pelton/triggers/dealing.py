"""Dealing out: what becomes of the records in hand when a mapping's parallelization factor changes. Pure.

A piece that was being retried is divided among the new lanes, each part with the retries the piece had used up.
Parts of different old lanes may overlap in number, never in key: so order per key is kept, and a part says in its
``shares`` which of the records in its range are its own, for the day they must be read again. On that day what an
old lane had done beyond the others must not come again behind later records of its keys: the new lanes remember it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.done_before import DoneBefore, DoneShare
from pelton.triggers.lanes import Lane
from pelton.triggers.pieces import Piece
from pelton.triggers.protocols import SourceRecord


def done_by(lanes: Sequence[Lane], read_through: SequenceNumber) -> DoneBefore:
    """What all lanes have done, and each beyond the slowest, for the lanes that come after them."""
    through = [lane.done_through(read_through) for lane in lanes]
    floor = min(through)
    ahead = {DoneShare(len(lanes), index, number) for index, number in enumerate(through) if number > floor}
    ahead.update(share for lane in lanes for share in lane.done_before.shares if share.through > floor)
    return DoneBefore(floor, tuple(sorted(ahead)))


def deal_out(old: Sequence[Lane], new: Sequence[Lane], hash_of: Callable[[SourceRecord], int], now_ms: int) -> None:
    """Move everything not done to the new lanes. No old lane may be busy, refilling, or have an open window."""
    parts: list[tuple[Piece, int | None]] = []
    queued: list[SourceRecord] = []
    for index, lane in enumerate(old):
        retry_at_ms = lane.retry_at_ms
        pieces, records = lane.release()
        queued += records
        for piece in pieces:
            share = ((len(old), index),) if len(old) > 1 else ()
            parts.append((replace(piece, shares=piece.shares + share), retry_at_ms))
            retry_at_ms = None  # Only the first piece waits; those after it wait for that one.
    parts.sort(key=lambda part: part[0].first)
    for target, lane in enumerate(new):
        mine = [(part, at_ms) for whole, at_ms in parts for part in _part(whole, target, len(new), hash_of)]
        lane.take_over([part for part, _ in mine], max((at_ms for _, at_ms in mine if at_ms is not None), default=None))
    for record in sorted(queued, key=lambda record: record.number):
        new[hash_of(record) % len(new)].receive(record, now_ms)


def _part(piece: Piece, index: int, lanes: int, hash_of: Callable[[SourceRecord], int]) -> Iterator[Piece]:
    """The piece's records that fall in that lane, if any do."""
    records = tuple(record for record in piece.records if hash_of(record) % lanes == index)
    if records:
        yield replace(piece, records=records, first=records[0].number, last=records[-1].number)
