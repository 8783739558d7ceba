"""What an operator does to triggers: pause, resume, seek; each for all mappings of one function."""

from __future__ import annotations

from dataclasses import asdict

from pelton.control.api import Refused
from pelton.operations import JsonObject
from pelton.stack.core import Core
from pelton.triggers.errors import NoSuchPlace, StillMoving
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.seeking import moves, place


async def pause(core: Core, function: str, *, is_paused: bool) -> JsonObject:
    """Let a function's triggers begin nothing more, or go on.

    Raises:
        Refused: the function has none.
    """
    mappings = _mappings(core, function)
    for mapping in mappings:
        await core.triggers.pause(mapping.uuid, is_paused=is_paused)
    return {"function": function, "paused": is_paused, "mappings": [mapping.uuid for mapping in mappings]}


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
            except StillMoving as error:
                raise Refused(str(error)) from None
    return {"function": function, "to": to, "dry_run": is_dry_run, "shards": rows}


def _mappings(core: Core, name: str) -> list[EventSourceMapping]:
    function = core.functions.get(name)
    names = {name} if function is None else {function.name}
    found = [mapping for mapping in core.triggers.mappings() if mapping.function_name in names]
    if not found:
        known = ", ".join(sorted({mapping.function_name for mapping in core.triggers.mappings()})) or "none"
        raise Refused(f"{name} has no trigger (those that have: {known})")
    return found
