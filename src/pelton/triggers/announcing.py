"""What is told when a mapping begins with past records, or on another stream. Values only."""

from __future__ import annotations

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


def _event(kind: TriggerEventKind, mapping: EventSourceMapping, text: str) -> TriggerEvent:
    return TriggerEvent(
        kind=kind,
        text=f"{mapping.function_name}: {text}",
        function_name=mapping.function_name,
        mapping_uuid=mapping.uuid,
    )
