"""The pieces of one lane: a stack, the next to be delivered on top, later records of the same keys below.

After a restart the pieces are known by their numbers alone; their records come in again as the shard is read, and
until all have come nothing is delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.pieces import Piece, piece_from_json, piece_json
from pelton.triggers.protocols import SourceRecord


class PieceStack:
    """A stack of pieces whose records do not overlap."""

    def __init__(self, hash_of: Callable[[SourceRecord], int]) -> None:
        self._hash_of = hash_of
        self._pieces: list[Piece] = []
        self._refill: list[list[SourceRecord]] | None = None

    def __len__(self) -> int:
        return len(self._pieces)

    def __iter__(self) -> Iterator[Piece]:
        """From the top down: in the order of delivery."""
        return reversed(self._pieces)

    @property
    def top(self) -> Piece | None:
        """What is delivered next."""
        return self._pieces[-1] if self._pieces else None

    @property
    def is_refilling(self) -> bool:
        """Whether restored pieces still wait for their records."""
        return self._refill is not None

    def push(self, piece: Piece) -> None:
        """Deliver this one next."""
        self._pieces.append(piece)

    def pop(self) -> Piece:
        """Take the top off."""
        return self._pieces.pop()

    def replace_top(self, piece: Piece) -> Piece:
        """Put the piece in the top's place; returns it."""
        self._pieces[-1] = piece
        return piece

    def release(self) -> list[Piece]:
        """Take all off, from the top down."""
        released = list(self)
        self._pieces.clear()
        return released

    def take_back(self, record: SourceRecord) -> bool:
        """Give a record that was read again to the restored piece it belongs to.

        True also for one that lies before a restored piece of its keys and in none: it is done, or was refused by the
        filter of then. Should the filter of now let it through, it must not come behind later records of its keys.
        """
        if self._refill is None:
            return False
        is_before = False
        for piece, records in zip(self._pieces, self._refill, strict=True):
            if record.number <= piece.last and not piece.is_final and self._shares(piece, record):
                if piece.first <= record.number:
                    records.append(record)
                    return True
                is_before = True
        return is_before

    def finish_refill(self, read_through: SequenceNumber, *, is_end: bool) -> bool:
        """Whether the pieces are whole, now that the shard was read up to there, or to its end.

        Pieces whose records are all gone (trimmed, or refused by a new filter) vanish.
        """
        if self._refill is None:
            return True
        if not is_end and any(piece.last > read_through for piece in self._pieces if not piece.is_final):
            return False
        self._pieces = [
            piece
            if piece.is_final
            else replace(piece, records=tuple(records), first=records[0].number, last=records[-1].number)
            for piece, records in zip(self._pieces, self._refill, strict=True)
            if records or piece.is_final
        ]
        self._refill = None
        return True

    def first_number(self, *, without_top: bool = False) -> SequenceNumber | None:
        """The lowest number in any piece; None when there is no piece."""
        pieces = self._pieces[:-1] if without_top else self._pieces
        return min((piece.first for piece in pieces), default=None)

    def json(self, *, without_top: bool = False) -> list[JsonObject]:
        """The pieces as the durable state keeps them, bottom first."""
        return [piece_json(piece) for piece in (self._pieces[:-1] if without_top else self._pieces)]

    def restore(self, stored: list[JsonObject]) -> None:
        """Take up what ``json`` gave; the records come in by ``take_back``."""
        self._pieces = [piece_from_json(piece) for piece in stored]
        self._refill = [[] for _ in self._pieces] if self._pieces else None

    def _shares(self, piece: Piece, record: SourceRecord) -> bool:
        return all(self._hash_of(record) % lanes == lane for lanes, lane in piece.shares)
