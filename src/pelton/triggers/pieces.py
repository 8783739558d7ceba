"""A piece: records that are delivered together until they succeed, are cut, or are given up.

A batch begins as one piece; bisecting and partial answers cut it. The durable state keeps a piece's
numbers only: its records are read from the source again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.protocols import SourceRecord

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"
SKIPPED = "Skipped"  #: by the operator; a word of Pelton's own


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureNote:
    """What the last invocation of a piece came to."""

    reason: str  #: for people
    function_error: str | None  #: None when the function reported the failure in its answer, or was not invoked
    request_id: str | None = None
    executed_version: str | None = None
    is_first_named: bool = False  #: the function's answer named the first record as the one that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Records of one lane, oldest first; none only in a window's final invocation."""

    records: tuple[SourceRecord, ...]
    first: SequenceNumber
    last: SequenceNumber
    attempts: int = 0  #: retries used up
    tries: int = 0  #: invocations since it was formed, cut, or last made progress
    delays: int = 0  #: waits in a row, for the backoff
    size_max: int = 0  #: read again after a restart: it held so many records before; 0: it was not
    is_final: bool = False  #: closes a tumbling window
    shares: tuple[tuple[int, int], ...] = ()  #: (lanes, lane): where its keys fell before the lanes were dealt anew
    parent: str | None = None  #: request id of the invocation whose failure cut it off
    condition: str | None = None  #: why it is being discarded; None while it is to be delivered
    note: FailureNote | None = None

    @property
    def invoke_count(self) -> int:
        """``approximateInvokeCount``: 1 even when the function never saw the records."""
        return max(self.tries, 1)


def piece_of(records: tuple[SourceRecord, ...]) -> Piece:
    """A fresh piece of one record or more."""
    return Piece(records=records, first=records[0].number, last=records[-1].number)


def cut(piece: Piece, index: int) -> tuple[Piece, Piece]:
    """Two pieces: the first ``index`` records and the rest, both with what the piece has used up."""
    left, right = piece.records[:index], piece.records[index:]
    return (
        replace(piece, records=left, first=left[0].number, last=left[-1].number),
        replace(piece, records=right, first=right[0].number, last=right[-1].number),
    )


def halves(piece: Piece, parent: str | None) -> tuple[Piece, Piece]:
    """A failed piece of two records or more in two halves, the earlier one the smaller; retries are not used up."""
    fresh = replace(piece, tries=0, delays=0, parent=parent)
    return cut(fresh, len(piece.records) // 2)


def piece_json(piece: Piece) -> JsonObject:
    """The piece as the durable state keeps it, without its records."""
    note = piece.note
    return {
        "first": piece.first,
        "last": piece.last,
        "attempts": piece.attempts,
        "tries": piece.tries,
        "delays": piece.delays,
        "final": piece.is_final,
        "size": len(piece.records) or piece.size_max,
        "shares": [list(share) for share in piece.shares],
        "parent": piece.parent,
        "condition": piece.condition,
        "note": note
        and [note.reason, note.function_error, note.request_id, note.executed_version, note.is_first_named],
    }


def piece_from_json(stored: JsonObject) -> Piece:
    """A piece as ``piece_json`` wrote it, its records still to be read."""
    note = stored["note"]
    return Piece(
        records=(),
        first=stored["first"],
        last=stored["last"],
        attempts=stored["attempts"],
        tries=stored["tries"],
        delays=stored["delays"],
        is_final=stored["final"],
        size_max=stored.get("size", 0),
        shares=tuple((lanes, lane) for lanes, lane in stored.get("shares", ())),
        parent=stored["parent"],
        condition=stored["condition"],
        note=note and _note_from_json(*note),
    )


def _note_from_json(
    reason: str,
    function_error: str | None,
    request_id: str | None,
    executed_version: str | None,
    is_first_named: bool = False,  # The list as stored; older states end before it.
) -> FailureNote:
    return FailureNote(
        reason=reason,
        function_error=function_error,
        request_id=request_id,
        executed_version=executed_version,
        is_first_named=is_first_named,
    )
