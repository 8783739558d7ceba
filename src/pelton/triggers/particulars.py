"""What goes with an invocation and with records that are given up: who, which, how often. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pieces import TOO_OLD, Piece
from pelton.triggers.protocols import Discarded
from pelton.triggers.virtual_shards import real_shard

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
        destination=mapping.settings.on_failure,
    )


def failure_particulars(discarded: Discarded, request_id: str) -> JsonObject:
    """What a destination is told: which records, of which invocation, and why; members in the service's order.

    Source: Lambda developer guide, "Example on-failure invocation record", as recorded.
    """
    told: JsonObject = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": discarded.function_arn,
            "condition": discarded.condition,
            "approximateInvokeCount": discarded.invoke_count,
        }
    }
    if discarded.condition != TOO_OLD:
        told["responseContext"] = {
            "statusCode": 200,
            "executedVersion": discarded.executed_version,
            "functionError": discarded.function_error,
        }
    told |= {"version": "1.0", "timestamp": _moment(discarded.discarded_ms, with_ms=True)}
    told["DDBStreamBatchInfo"] = {
        "shardId": real_shard(discarded.shard_id),
        "startSequenceNumber": discarded.first_text,
        "endSequenceNumber": discarded.last_text,
        **_arrivals(discarded),
        "batchSize": len(discarded.records),
        "streamArn": discarded.stream_arn,
    }
    return told


def _arrivals(discarded: Discarded) -> JsonObject:
    """When the first and the last record were made; a window's last invocation may have had none."""
    if not discarded.records:
        return {}
    return {
        "approximateArrivalOfFirstRecord": _moment(discarded.records[0].created_ms, with_ms=False),
        "approximateArrivalOfLastRecord": _moment(discarded.records[-1].created_ms, with_ms=False),
    }


def _moment(at_ms: int, *, with_ms: bool) -> str:
    """``2025-10-20T22:41:07.512Z``, or whole seconds."""
    moment = datetime.fromtimestamp(at_ms // 1000, tz=UTC)
    fraction = f".{at_ms % 1000:03d}" if with_ms else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"
