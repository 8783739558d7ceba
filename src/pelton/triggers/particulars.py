"""What goes with an invocation and with records that are given up: who, which, how often. Pure."""

from __future__ import annotations

from collections.abc import Callable

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pieces import Piece
from pelton.triggers.protocols import Discarded

_NumberText = Callable[[SequenceNumber], str]


def origin_of(mapping: EventSourceMapping, shard_id: str, piece: Piece, number_text: _NumberText) -> JsonObject:
    """Where an invocation comes from: its row in storage and the trace are made of this."""
    return {
        "mapping": mapping.uuid,
        "mapping_version": mapping.version,
        "stream": mapping.stream_arn,
        "table": mapping.table.rsplit("/", 1)[-1],
        "shard": shard_id,
        "first": number_text(piece.first),
        "last": number_text(piece.last),
        "records": len(piece.records),
        "attempt": piece.tries,
        "parent": piece.parent,
    }


def discarded_piece(
    mapping: EventSourceMapping, shard_id: str, piece: Piece, number_text: _NumberText, now_ms: int
) -> Discarded:
    """A piece that is given up, with all that is known about why."""
    note = piece.note
    assert piece.condition is not None, "a discarded piece has a condition"
    return Discarded(
        mapping_uuid=mapping.uuid,
        function_name=mapping.function_name,
        function_arn=mapping.function_arn,
        stream_arn=mapping.stream_arn,
        shard_id=shard_id,
        condition=piece.condition,
        invoke_count=piece.invoke_count,
        records=piece.records,
        first=piece.first,
        last=piece.last,
        first_text=number_text(piece.first),
        last_text=number_text(piece.last),
        request_id=note.request_id if note else None,
        function_error=note.function_error if note else None,
        executed_version=note.executed_version if note else None,
        reason=note.reason if note else "the records were too old when they were first read",
        discarded_ms=now_ms,
    )
