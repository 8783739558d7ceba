"""Mappings as they lie in storage, and where a new one begins. Decisions for one write transaction each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pelton.functions.errors import InvalidParameterValue
from pelton.storage.catalog import SequenceNumber, Stream
from pelton.storage.checkpoints import checkpoints, put_checkpoint, remove_checkpoint
from pelton.storage.failures import wait_no_more
from pelton.storage.mappings import StoredMapping, mappings, put_mapping, remove_mapping
from pelton.storage.tail import count_records
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.checkpoints import checkpoint_of, finished, started_at
from pelton.triggers.destinations import check_existing
from pelton.triggers.errors import MappingConflict
from pelton.triggers.mappings import EventSourceMapping, definition, mapping_of
from pelton.triggers.parameters import LATEST
from pelton.triggers.queue_mappings import is_of_queue


def stored_mappings(snapshot: Snapshot) -> list[EventSourceMapping]:
    """All mappings of streams, oldest first."""
    stored = [version_of(each) for each in mappings(snapshot) if not is_of_queue(each.definition)]
    return sorted(stored, key=lambda mapping: (mapping.made_ms, mapping.uuid))


def add_mapping(transaction: WriteTransaction, mapping: EventSourceMapping, now_ms: int) -> EventSourceMapping:
    """Store a new mapping; with LATEST its positions are fixed here: nothing written later is missed.

    Raises:
        InvalidParameterValue: the stream, or the destination, does not exist.
        MappingConflict: the function is mapped to it already.
    """
    stream = existing_stream(transaction, mapping.stream_arn)
    stored = replace_mapping(transaction, mapping, now_ms)
    if mapping.starting_position == LATEST:
        _start_latest(transaction, mapping.uuid, stream)
    return stored


def replace_mapping(transaction: WriteTransaction, mapping: EventSourceMapping, now_ms: int) -> EventSourceMapping:
    """Store a mapping's new definition: a new version, unless nothing changed.

    Raises:
        InvalidParameterValue: its destination does not exist.
        MappingConflict: another mapping has the same function and stream.
    """
    _check_alone(transaction, mapping)
    check_existing(transaction, mapping.settings.on_failure)
    return version_of(put_mapping(transaction, mapping.uuid, definition(mapping), now_ms))


def move_mapping(transaction: WriteTransaction, mapping: EventSourceMapping, now_ms: int) -> EventSourceMapping:
    """Store a mapping whose table has another stream now: positions in the old one mean nothing any more.

    The new stream is read from its beginning: all of it came after what the mapping has seen.
    """
    existing_stream(transaction, mapping.stream_arn)
    moved = replace_mapping(transaction, mapping, now_ms)
    for shard_id in checkpoints(transaction, mapping.uuid):
        remove_checkpoint(transaction, mapping.uuid, shard_id)
    return moved


def drop_mappings(transaction: WriteTransaction, uuids: Sequence[str]) -> None:
    """Remove mappings and their positions."""
    for uuid in uuids:
        remove_mapping(transaction, uuid)
        wait_no_more(transaction, uuid)


def existing_stream(snapshot: Snapshot, arn: str) -> Stream:
    """The stream with that ARN.

    Raises:
        InvalidParameterValue: there is none.
    """
    stream = snapshot.stream(arn)
    if stream is None:
        raise InvalidParameterValue(f"Stream not found: {arn}")
    return stream


def waiting_records(snapshot: Snapshot, stream_arn: str) -> int:
    """How many records a mapping that begins at the trim horizon has before it."""
    stream = snapshot.stream(stream_arn)
    shards = stream.shards if stream is not None else ()
    return sum(count_records(snapshot, shard.number, SequenceNumber(0)) for shard in shards)


def _check_alone(snapshot: Snapshot, mapping: EventSourceMapping) -> None:
    for other in stored_mappings(snapshot):
        is_same = (other.stream_arn, other.function_arn) == (mapping.stream_arn, mapping.function_arn)
        if is_same and other.uuid != mapping.uuid:
            raise MappingConflict(
                f'The event source arn (" {mapping.stream_arn} ") and function (" {mapping.function_name} ") provided '
                f"mapping already exists. Please update or delete the existing mapping with UUID {other.uuid}"
            )


def _start_latest(transaction: WriteTransaction, uuid: str, stream: Stream) -> None:
    """Everything there is now counts as done: open shards go on from the tip, closed ones are over."""
    for shard in stream.shards:
        state = started_at(transaction.tip())
        put_checkpoint(transaction, uuid, shard.id, checkpoint_of(state if shard.ending is None else finished(state)))


def version_of(stored: StoredMapping) -> EventSourceMapping:
    """A mapping as that stored version has it."""
    mapping = mapping_of(stored.definition)
    return replace(mapping, uuid=stored.uuid, version=stored.version, modified_ms=stored.created_ms)
