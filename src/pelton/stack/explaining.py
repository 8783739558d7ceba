"""``pelton why``: gathers what is kept of one record and asks for each mapping of its stream why it fired or not."""

from __future__ import annotations

from dataclasses import replace

import orjson

from pelton.arns import DEFAULT_ACCOUNT
from pelton.control.api import Refused
from pelton.operations import JsonObject
from pelton.stack.core import Core
from pelton.storage.catalog import SequenceNumber, Stream
from pelton.storage.change import LogRecord
from pelton.storage.checkpoints import checkpoint
from pelton.storage.failures import failures
from pelton.storage.invocations import invocations_of_record
from pelton.storage.mappings import mapping_versions
from pelton.storage.transaction import Snapshot
from pelton.streams.numbers import parse_number, wire_number
from pelton.streams.records import RecordWriter
from pelton.triggers.events import ShardStatus
from pelton.triggers.mapping_store import version_of
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.virtual_shards import real_shard
from pelton.triggers.why import Facts, Version, reason

#: Discarded batches looked through for one mapping, at most.
_DISCARDS_MAX = 10_000


def why(core: Core, region: str, number_text: str, function: str | None) -> JsonObject:
    """The record of that number, and an answer for each function that is mapped to its stream.

    Raises:
        Refused: no such record, or no such function with a trigger on its stream.
    """
    snapshot = core.storage.snapshot()
    number = _number(snapshot, number_text)
    stream, shard, record = _found(snapshot, region, number, number_text)
    mappings = [mapping for mapping in core.triggers.mappings() if mapping.stream_arn == stream.arn]
    if function is not None:
        known = core.functions.get(function)
        mappings = [each for each in mappings if each.function_name in (function, known.name if known else "")]
        if not mappings:
            raise Refused(f"{function} has no trigger on the stream of this record (pelton triggers lists them)")
    event = RecordWriter(stream).event_record(record)
    return {
        "record": orjson.loads(event),
        "shard": shard,
        "answers": [_answer(core, snapshot, mapping, shard, (number, event)) for mapping in mappings],
    }


def _answer(
    core: Core, snapshot: Snapshot, mapping: EventSourceMapping, shard: str, record: tuple[SequenceNumber, bytes]
) -> JsonObject:
    number, event = record
    status = [each for each in core.triggers.status() if (each.mapping_uuid, each.shard) == (mapping.uuid, shard)]
    discards = failures(snapshot, mapping.uuid, limit=_DISCARDS_MAX)
    found = reason(
        Facts(
            number=number,
            event=event,
            versions=[Version(each.since, version_of(each)) for each in mapping_versions(snapshot, mapping.uuid)],
            invocations=invocations_of_record(snapshot, mapping.uuid, number),
            discards=[
                each for each in discards if real_shard(each.shard) == shard and each.first <= number <= each.last
            ],
            status=_standing(snapshot, mapping, status[0]) if status else None,
        )
    )
    function = core.functions.get(mapping.function_name)
    name = mapping.function_name if function is None else function.key
    return {"function": name, "mapping": mapping.uuid, "answer": found.answer, "text": found.text}


def _standing(snapshot: Snapshot, mapping: EventSourceMapping, status: ShardStatus) -> ShardStatus:
    """The status with its durable position, where a replay stands before what was delivered already."""
    kept = checkpoint(snapshot, mapping.uuid, status.shard)
    if status.position is not None or kept is None:
        return status
    return replace(status, position=wire_number(kept.position))


def _number(snapshot: Snapshot, text: str) -> SequenceNumber:
    try:
        number = parse_number(text)
    except ValueError:
        raise Refused(f"{text} is no sequence number (pelton tail TABLE prints them)") from None
    if number > snapshot.tip() or number < 1:
        raise Refused(f"no record has had the number {text} yet (pelton tail TABLE prints them)")
    if number <= snapshot.horizon():
        raise Refused(f"the record {text} is older than the stream keeps: it was trimmed")
    return number


def _found(snapshot: Snapshot, region: str, number: SequenceNumber, text: str) -> tuple[Stream, str, LogRecord]:
    """The record, its stream and its shard."""
    for stream in snapshot.streams(DEFAULT_ACCOUNT, region):
        for shard in stream.shards:
            records = snapshot.records(stream, shard.id, after=SequenceNumber(number - 1), limit=1, bytes_max=1)
            if records and records[0].sequence_number == number:
                return stream, shard.id, records[0]
    raise Refused(f"no record of region {region} has the number {text} (pelton tail TABLE prints them)")
