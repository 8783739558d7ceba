"""Replays, backfills, redrives and the failure store, as an operator asks for them: by function, in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson

from pelton.control.api import Refused
from pelton.operations import JsonObject
from pelton.stack.core import Core
from pelton.storage.catalog import SequenceNumber
from pelton.storage.failures import DiscardedBatch, failure, failure_records, latest_failures
from pelton.storage.passes import CANCELLING, PAUSED, RUNNING
from pelton.storage.transaction import Snapshot
from pelton.triggers.errors import NoSuchPlace, PassRefused, StillMoving
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pass_requests import (
    BackfillRequest,
    RedriveRequest,
    ReplayRequest,
    backfill_body,
)
from pelton.triggers.redrive_pages import AS_IT_IS_NOW, AS_IT_WAS, SKIP_SUPERSEDED
from pelton.triggers.seeking import place

_STATES = {"pause": PAUSED, "resume": RUNNING, "cancel": CANCELLING}
_MODES = (AS_IT_IS_NOW, AS_IT_WAS, SKIP_SUPERSEDED)
#: What may be asked, beside ``action`` and ``table``.
_MEMBERS = {
    "replay": {"from", "to", "filter", "rate"},
    "backfill": {"rate", "sample", "from_history"},
    "redrive": {"filter", "mode", "rate", "edits"},
}


def rows(core: Core) -> list[JsonObject]:
    """All passes that are kept, newest first."""
    return [_with_key(core, row) for row in core.triggers.passes.rows()]


def row(core: Core, pass_id: int) -> JsonObject:
    """One pass. Raises Refused when there is none."""
    try:
        return _with_key(core, core.triggers.passes.row(pass_id))
    except PassRefused as error:
        raise Refused(str(error)) from None


async def operate(core: Core, kind: str, function: str, asked: JsonObject) -> JsonObject:
    """Begin a pass over a function's trigger, say what it would be, or pause, resume or cancel the one under way.

    Args:
        core: whose triggers.
        kind: replay, backfill or redrive.
        function: its name or key.
        asked: ``action`` (begin, preview, pause, resume, cancel), ``table``, and the members of the kind's request.

    Raises:
        Refused: in one line with cause and cure.
    """
    action = asked.get("action", "begin")
    if kind not in _BEGINNINGS:
        raise Refused(f"no {kind} (there are: {', '.join(_BEGINNINGS)})")
    if unknown := asked.keys() - _MEMBERS[kind] - {"action", "table"}:
        raise Refused(f"a {kind} has no {min(unknown)} (there are: {', '.join(sorted(_MEMBERS[kind]))}, table)")
    mapping = mapping_of(core, function, asked.get("table"))
    try:
        if action in _STATES:
            turned = await core.triggers.passes.turn(mapping, kind, _STATES[action])
            return row(core, turned.id)
        if action not in ("begin", "preview"):
            raise Refused(f"no action {action} (there are: begin, preview, {', '.join(_STATES)})")
        return await _BEGINNINGS[kind](core, mapping, asked)
    except (PassRefused, NoSuchPlace, StillMoving) as error:
        raise Refused(str(error)) from None


def mapping_of(core: Core, name: str, table: str | None) -> EventSourceMapping:
    """The one trigger of a function, or its one on a table.

    Raises:
        Refused: there is none, or more than one.
    """
    function = core.functions.get(name)
    names = {name} if function is None else {function.name}
    every = [mapping for mapping in core.triggers.mappings() if mapping.function_name in names]
    found = [mapping for mapping in every if table is None or mapping.table.rsplit("/", 1)[-1] == table]
    if len(found) == 1:
        return found[0]
    tables = ", ".join(sorted(mapping.table.rsplit("/", 1)[-1] for mapping in every))
    if not every:
        known = ", ".join(sorted({mapping.function_name for mapping in core.triggers.mappings()})) or "none"
        raise Refused(f"{name} has no trigger (those that have: {known})")
    if not found:
        raise Refused(f"{name} has no trigger on table {table} (it has one on: {tables})")
    raise Refused(f"{name} has {len(found)} triggers: name the table with --table ({tables})")


def failures(core: Core, function: str | None, *, before: int | None, limit: int) -> list[JsonObject]:
    """Discarded batches, newest first, without their records."""
    known = core.functions.get(function) if function else None
    name = known.name if known else function
    with core.storage.snapshot() as snapshot:
        found = latest_failures(snapshot, name, before=before, limit=limit)
        return [_shown(core, snapshot, batch) for batch in found]


def one_failure(core: Core, failure_id: int) -> JsonObject:
    """A discarded batch with its records. Raises Refused when it is not kept."""
    with core.storage.snapshot() as snapshot:
        batch = failure(snapshot, failure_id)
        if batch is None:
            raise Refused(f"no failure {failure_id} is kept (pelton failures lists them)")
        records = orjson.loads(failure_records(snapshot, failure_id) or b"[]")
        return {**_shown(core, snapshot, batch), "Records": records}


async def _replay(core: Core, mapping: EventSourceMapping, asked: JsonObject) -> JsonObject:
    now_ms = core.ground.clock.now_ms()
    with core.storage.snapshot() as snapshot:
        after = place(snapshot, asked.get("from") or "TRIM_HORIZON", now_ms)
        to = None if asked.get("to") in (None, "LATEST") else _last(snapshot, str(asked["to"]), now_ms)
    request = ReplayRequest(after=after, to=to, patterns=asked.get("filter", ()), rate=asked.get("rate"))
    passes = core.triggers.passes
    if asked.get("action") == "preview":
        body = await passes.preview(mapping, request, core.triggers.sources.source(mapping.stream_arn))
        return {"preview": True, "kind": "replay", **_named(core, mapping), **_picked(body, "total", "records", "rate")}
    return row(core, (await passes.replay(mapping, request)).id)


async def _backfill(core: Core, mapping: EventSourceMapping, asked: JsonObject) -> JsonObject:
    sample, name = asked.get("sample"), _named(core, mapping)["function"]
    if asked.get("from_history"):
        raise PassRefused(
            "a backfill sends items as they are now, no history: let the retained records come first "
            f"(pelton replay {name} --from TRIM_HORIZON), then the items (pelton backfill {name})"
        )
    if sample is not None and sample < 1:
        raise PassRefused(f"a sample of {sample} items is none: give 1 or more")
    request = BackfillRequest(rate=asked.get("rate"), sample=sample)
    if asked.get("action") == "preview":
        with core.storage.snapshot() as snapshot:
            body = backfill_body(snapshot, mapping, request)
        return {
            "preview": True,
            "kind": "backfill",
            **_named(core, mapping),
            **_picked(body, "total", "rate", "sample"),
        }
    return row(core, (await core.triggers.passes.backfill(mapping, request)).id)


async def _redrive(core: Core, mapping: EventSourceMapping, asked: JsonObject) -> JsonObject:
    mode, edits = asked.get("mode", AS_IT_IS_NOW), asked.get("edits", {})
    if mode not in _MODES:
        raise PassRefused(f"no mode {mode} (there are: {', '.join(_MODES)})")
    if edits and mode == AS_IT_IS_NOW:
        raise PassRefused("an edited record is sent as it was edited: give --as-it-was or --skip-superseded with it")
    _check_edits(core, edits)
    request = RedriveRequest(patterns=asked.get("filter", ()), mode=mode, rate=asked.get("rate"), edits=edits)
    if asked.get("action") == "preview":
        body = await core.triggers.passes.preview_redrive(mapping, request)
        counts = _picked(body, "total", "batches", "moved_on", "unknown", "mode", "rate")
        return {"preview": True, "kind": "redrive", **_named(core, mapping), **counts}
    return row(core, (await core.triggers.passes.redrive(mapping, request)).id)


def _check_edits(core: Core, edits: JsonObject) -> None:
    """An edited record is about the same item, so that it keeps its place."""
    for failure_id, changed in edits.items():
        records = one_failure(core, int(failure_id))["Records"]
        for index, event in changed.items():
            is_there = int(index) < len(records)
            keys = event.get("dynamodb", {}).get("Keys") if isinstance(event, dict) else None
            if not is_there or keys != records[int(index)]["dynamodb"]["Keys"]:
                raise PassRefused(f"record {index} of failure {failure_id} was edited into another item: keep its Keys")


def _last(snapshot: Snapshot, text: str, now_ms: int) -> SequenceNumber:
    """The last record that ``--to`` includes: the one of that number, or the last one before that time."""
    before = place(snapshot, text, now_ms)
    return SequenceNumber(before + 1) if text.isascii() and text.isdigit() else before


def _shown(core: Core, snapshot: Snapshot, batch: DiscardedBatch) -> JsonObject:
    detail = batch.detail
    assert batch.id is not None, "it is stored"
    count = detail.get("records")
    if count is None:  # Kept by an older Pelton.
        count = len(orjson.loads(failure_records(snapshot, batch.id) or b"[]"))
    sent = {index for mark in detail.get("redrives", ()) for index in _indexes(mark, count)}
    function = core.functions.get(str(detail.get("functionName")))
    return {
        **detail,
        "id": batch.id,
        "function": function.key if function else detail.get("functionName"),
        "table": str(detail.get("streamArn")).split("/")[1],
        "shard": batch.shard,
        "condition": batch.reason,
        "records": count,
        "open": count - len(sent),
        "discardedMs": batch.discarded_ms,
        "isWaiting": batch.is_waiting,
    }


def _indexes(mark: JsonObject, count: int) -> range | list[int]:
    indexes: list[int] = [] if mark["indexes"] == "all" else mark["indexes"]
    return range(count) if mark["indexes"] == "all" else indexes


def _named(core: Core, mapping: EventSourceMapping) -> JsonObject:
    function = core.functions.get(mapping.function_name)
    name = mapping.function_name if function is None else function.key
    return {"function": name, "table": mapping.table.rsplit("/", 1)[-1]}


def _with_key(core: Core, shown: JsonObject) -> JsonObject:
    function = core.functions.get(shown["function_name"])
    return {**shown, "function": function.key if function else shown["function_name"]}


def _picked(body: JsonObject, *names: str) -> JsonObject:
    return {name: body[name] for name in names}


_Begin = Callable[[Core, EventSourceMapping, JsonObject], Awaitable[JsonObject]]
_BEGINNINGS: dict[str, _Begin] = {"replay": _replay, "backfill": _backfill, "redrive": _redrive}
