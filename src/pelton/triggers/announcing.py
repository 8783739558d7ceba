"""What is told when a mapping begins with past records, or on another stream. Values only."""

from __future__ import annotations

from pelton.storage.passes import Pass
from pelton.triggers.events import TriggerEvent, TriggerEventKind
from pelton.triggers.mappings import EventSourceMapping


def begins_with_backlog(mapping: EventSourceMapping, waiting: int) -> TriggerEvent:
    """A new mapping begins at the trim horizon, with so many (one or more) records before it."""
    records = "past record is" if waiting == 1 else "past records are"
    return _event(TriggerEventKind.BACKLOG, mapping, f"begins at TRIM_HORIZON: {waiting} {records} delivered first")


def begins_on_new_stream(mapping: EventSourceMapping, old_arn: str) -> TriggerEvent:
    """A project's mapping follows its table to the stream the table has now."""
    return _event(
        TriggerEventKind.STREAM_GONE,
        mapping,
        f"{mapping.table.rsplit('/', 1)[-1]} has a new stream: it is read from its beginning; what the old one "
        f"({old_arn}) still held is not delivered",
    )


def filter_refused(function: str, reason: str) -> TriggerEvent:
    """The API refused a filter; its answer, the service's own, gives no reason."""
    text = f"{function}: a filter pattern was refused: {reason}"
    return TriggerEvent(kind=TriggerEventKind.REFUSED, text=text, function_name=function, mapping_uuid="")


def pass_ended(row: Pass) -> TriggerEvent:
    """A replay, backfill or redrive has come to its end."""
    body = row.body
    failed = f", {body['failed']} records failed and are in the failure store" if body["failed"] else ""
    reason = f" ({body['reason']})" if body["reason"] else ""
    return TriggerEvent(
        kind=TriggerEventKind.PASS_ENDED,
        text=f"{body['function_name']}: {row.kind}-{row.id} is {row.state}{reason}{failed}",
        function_name=body["function_name"],
        mapping_uuid=row.mapping,
    )


def _event(kind: TriggerEventKind, mapping: EventSourceMapping, text: str) -> TriggerEvent:
    return TriggerEvent(
        kind=kind,
        text=f"{mapping.function_name}: {text}",
        function_name=mapping.function_name,
        mapping_uuid=mapping.uuid,
    )
