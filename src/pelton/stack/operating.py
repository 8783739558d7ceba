"""What an operator does to triggers: pause, resume, seek, skip; each for all mappings of one function."""

from __future__ import annotations

from dataclasses import asdict

from pelton.control.api import Refused
from pelton.operations import JsonObject
from pelton.stack.core import Core
from pelton.streams.numbers import wire_number
from pelton.triggers.errors import NoSuchPlace, PassRefused, StillMoving
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pieces import Piece
from pelton.triggers.queue_mappings import QueueMapping
from pelton.triggers.seeking import moves, place


async def pause(core: Core, function: str, *, is_paused: bool, is_dry_run: bool) -> JsonObject:
    """Let a function's triggers begin nothing more, or go on; a dry run says what that means.

    Raises:
        Refused: the function has none.
    """
    mappings = _all_mappings(core, function)
    uuids = [mapping.uuid for mapping in mappings]
    waiting = sum(status.lag_records for status in core.triggers.status() if status.mapping_uuid in uuids)
    waiting += sum(status.messages for status in core.queue_triggers.status() if status.mapping_uuid in uuids)
    if not is_dry_run:
        for mapping in mappings:
            owner = core.queue_triggers if isinstance(mapping, QueueMapping) else core.triggers
            await owner.pause(mapping.uuid, is_paused=is_paused)
    return {
        "function": function,
        "paused": is_paused,
        "dry_run": is_dry_run,
        "mappings": uuids,
        "changed": sum(mapping.is_paused is not is_paused for mapping in mappings),
        "waiting": waiting,
    }


def skip(core: Core, function: str, shard: str | None, *, is_dry_run: bool) -> JsonObject:
    """Give up the batch that a function fails on, in every shard or one; it goes to the failure store.

    Raises:
        Refused: the function has no trigger, or none that is stuck there.
    """
    mappings = _mappings(core, function)
    stuck = [
        (mapping, shard_id, piece)
        for mapping in mappings
        for shard_id, pieces in core.triggers.skippable(mapping.uuid).items()
        if shard is None or shard_id.endswith(shard)
        for piece in pieces
    ]
    if not stuck:
        raise Refused(f"{function} is not stuck{f' in {shard}' if shard else ''}: nothing failed and is tried again")
    rows = [_skipped(mapping, shard_id, piece) for mapping, shard_id, piece in stuck]
    if not is_dry_run:
        for uuid, shard_id in {(mapping.uuid, shard_id) for mapping, shard_id, _ in stuck}:
            core.triggers.skip(uuid, shard_id)
    return {"function": function, "dry_run": is_dry_run, "skipped": rows}


def _skipped(mapping: EventSourceMapping, shard_id: str, piece: Piece) -> JsonObject:
    assert piece.note is not None, "what is skipped has failed"
    return {
        "function_name": mapping.function_name,
        "shard": shard_id,
        "records": len(piece.records),
        "first": wire_number(piece.first),
        "last": wire_number(piece.last),
        "tries": piece.tries,
        "is_named": piece.note.is_first_named,
        "error": piece.note.reason,
    }


async def seek(core: Core, function: str, to: str, *, is_dry_run: bool) -> JsonObject:
    """Let a function's triggers go on at another place.

    Raises:
        Refused: the function has none, or ``to`` is no place in a stream.
    """
    mappings = _mappings(core, function)
    with core.storage.snapshot() as snapshot:
        try:
            position = place(snapshot, to, core.ground.clock.now_ms())
        except NoSuchPlace as error:
            raise Refused(str(error)) from None
        rows = [asdict(move) for mapping in mappings for move in moves(snapshot, mapping, position)]
    if not is_dry_run:
        for mapping in mappings:
            try:
                await core.triggers.move(mapping.uuid, position)
            except (StillMoving, PassRefused) as error:
                raise Refused(str(error)) from None
    return {"function": function, "to": to, "dry_run": is_dry_run, "shards": rows}


def _mappings(core: Core, name: str) -> list[EventSourceMapping]:
    """The function's mappings of streams; queues have no place to move to."""
    found = [mapping for mapping in _all_mappings(core, name) if isinstance(mapping, EventSourceMapping)]
    if not found:
        raise Refused(f"{name} reads no stream, only queues, which have no positions (pelton triggers lists them)")
    return found


def _all_mappings(core: Core, name: str) -> list[EventSourceMapping | QueueMapping]:
    function = core.functions.get(name)
    names = {name} if function is None else {function.name}
    mappings: list[EventSourceMapping | QueueMapping] = [*core.triggers.mappings(), *core.queue_triggers.mappings()]
    found = [mapping for mapping in mappings if mapping.function_name in names]
    if not found:
        known = ", ".join(sorted({mapping.function_name for mapping in mappings})) or "none"
        raise Refused(f"{name} has no trigger (those that have: {known})")
    return found
