"""Passes: replays, backfills and redrives, from request to end (docs/adr/0012-passes-over-the-past.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from pelton.clock import Clock, Timer
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.checkpoints import Checkpoint, checkpoints
from pelton.storage.engine import Storage
from pelton.storage.passes import (
    RUNNING,
    Pass,
    active_passes,
    add_pass,
    find_pass,
    put_pass,
)
from pelton.storage.passes import passes as stored_passes
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.errors import PassRefused
from pelton.triggers.live_done import LiveDone
from pelton.triggers.log_source import LogSource
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pass_brake import PassBrake
from pelton.triggers.pass_claims import Claiming
from pelton.triggers.pass_counts import PassCounts
from pelton.triggers.pass_marks import discard_detail, mark_redriven
from pelton.triggers.pass_progress import (
    ENDED,
    advanced,
    done_flights,
    end_reason,
    put_back,
    replay_places,
    there,
    turned,
)
from pelton.triggers.pass_requests import (
    BackfillRequest,
    RedriveRequest,
    ReplayRequest,
    backfill_body,
    check_alone,
    check_patterns,
    redrive_body,
    replay_body,
)
from pelton.triggers.pass_source import PassSource
from pelton.triggers.pass_totals import count_failed, count_replayed
from pelton.triggers.protocols import Discarded
from pelton.triggers.replaying import Replay, count_sent

T = TypeVar("T")

#: How often a pass under way is looked at (s).
_LOOK_S = 0.05


class Mappings(Protocol):
    """What passes need of the service above them."""

    def find(self, mapping_uuid: str) -> EventSourceMapping | None:
        """The mapping of that UUID."""

    async def restart(
        self, mapping_uuid: str, decide: Callable[[WriteTransaction], T], decided: Callable[[T], None]
    ) -> T:
        """Let what is under way end, decide, hear of it, and begin again."""


class Passes:
    """All of them. Everything runs on the event loop's thread."""

    def __init__(self, storage: Storage, clock: Clock, mappings: Mappings, tell: Callable[[Pass], None]) -> None:
        self._storage = storage
        self._clock = clock
        self._mappings = mappings
        self._tell = tell
        self._active: dict[str, Pass] = {}  #: by mapping
        self._sources: dict[str, tuple[str, PassSource]] = {}  #: by mapping: of which stream, and the source
        self._counts = PassCounts(clock)
        self._brake = PassBrake(clock, lambda: storage.snapshot().tip())
        self._claim = Claiming(storage, clock, self._brake, self._update)
        self._timer: Timer | None = None
        self._is_closed = False

    async def start(self) -> None:
        """Take up what a former process left: pages in flight are put back, to be claimed anew."""
        await self._storage.write(self._put_back)
        with self._storage.snapshot() as snapshot:
            self._active = {row.mapping: row for row in active_passes(snapshot)}
        self._look_later()

    def close(self) -> None:
        """Look no more."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def source(self, mapping: EventSourceMapping, log: LogSource) -> PassSource:
        """What a mapping reads through; the same one for as long as it has that stream."""
        arn, source = self._sources.get(mapping.uuid, ("", None))
        if source is None or arn != mapping.stream_arn:
            present = partial(self._present, mapping)
            source = PassSource(log, present, self._clock, self._claim, self._brake)
            self._sources[mapping.uuid] = (mapping.stream_arn, source)
            row = self._active.get(mapping.uuid)
            if row is not None and row.body["stream"] == mapping.stream_arn:
                source.begin(row, *self._live(row, log))
        return source

    def active(self, mapping_uuid: str) -> Pass | None:
        """The pass over a mapping that is under way."""
        return self._active.get(mapping_uuid)

    async def replay(self, mapping: EventSourceMapping, request: ReplayRequest) -> Pass:
        """Begin to send retained records again; live delivery waits. Raises PassRefused, StillMoving."""
        self.check_none(mapping.uuid)
        counted = await count_replayed(self._storage, mapping, request.after)
        body = partial(replay_body, mapping=mapping, request=request, counted=counted)
        with self._storage.snapshot() as snapshot:
            body(snapshot)  # Refused before anything is held up for it.
        return await self._mappings.restart(mapping.uuid, partial(self._begin, mapping, "replay", body), self._begun)

    async def backfill(self, mapping: EventSourceMapping, request: BackfillRequest) -> Pass:
        """Begin to send every item. Raises PassRefused."""
        body = partial(backfill_body, mapping=mapping, request=request)
        row = await self._storage.write(partial(self._begin, mapping, "backfill", body))
        self._begun(row)
        return row

    async def redrive(self, mapping: EventSourceMapping, request: RedriveRequest) -> Pass:
        """Begin to send what failed again. Raises PassRefused."""
        self.check_none(mapping.uuid)
        check_patterns(request.patterns)
        counted = await count_failed(self._storage, mapping, request)
        body = partial(redrive_body, mapping=mapping, request=request, counted=counted)
        row = await self._storage.write(partial(self._begin, mapping, "redrive", body))
        self._begun(row)
        return row

    async def preview(self, mapping: EventSourceMapping, request: ReplayRequest, log: LogSource) -> JsonObject:
        """What a replay would look at and send. Raises PassRefused."""
        await self._storage.write(lambda _: None)  # Positions that ride are stored with it, and counted below.
        counted = await count_replayed(self._storage, mapping, request.after)
        with self._storage.snapshot() as snapshot:
            body = replay_body(snapshot, mapping, request, counted)
        now_ms = self._clock.now_ms()
        row = Pass(
            id=0, mapping=mapping.uuid, kind="replay", state=RUNNING, body=body, created_ms=now_ms, changed_ms=now_ms
        )
        sent = body["total"]
        if request.patterns or request.to is not None:
            sent = await count_sent(Replay(row, log, *self._live(row, log)), list(body["shards"]), request.after)
        return {**body, "records": sent}

    async def preview_redrive(self, mapping: EventSourceMapping, request: RedriveRequest) -> JsonObject:
        """What a redrive would send. Raises PassRefused."""
        check_patterns(request.patterns)
        counted = await count_failed(self._storage, mapping, request)
        with self._storage.snapshot() as snapshot:
            return redrive_body(snapshot, mapping, request, counted)

    async def turn(self, mapping: EventSourceMapping, kind: str, state: str) -> Pass:
        """Pause, resume or cancel the pass of that kind. Raises PassRefused."""
        row = await self._storage.write(partial(self._turn, mapping, kind, state))
        self._update(row)
        return row

    def rows(self, limit: int = 100) -> list[JsonObject]:
        """All passes, newest first, as people and programs see them."""
        with self._storage.snapshot() as snapshot:
            return [self._counts.shown(row) for row in stored_passes(snapshot, limit=limit)]

    def row(self, pass_id: int) -> JsonObject:
        """One of them. Raises PassRefused."""
        with self._storage.snapshot() as snapshot:
            found = find_pass(snapshot, pass_id)
        if found is None:
            raise PassRefused(f"there is no pass {pass_id} (pelton triggers shows those under way)")
        return self._counts.shown(found)

    def check_none(self, mapping_uuid: str) -> None:
        """Refuse what a pass stands in the way of. Raises PassRefused."""
        with self._storage.snapshot() as snapshot:
            check_alone(snapshot, mapping_uuid)

    def noted(self, transaction: WriteTransaction, discarded: Discarded) -> JsonObject:
        """What else is to be kept with records that are given up; a pass counts those of its own."""
        active = self._active.get(discarded.mapping_uuid)
        row = None if active is None else find_pass(transaction, active.id)
        detail, changed = discard_detail(transaction, row, discarded)
        if changed is not None:
            put_pass(transaction, changed, self._clock.now_ms())
        return detail

    def _begin(
        self,
        mapping: EventSourceMapping,
        kind: str,
        body_of: Callable[[Snapshot], JsonObject],
        transaction: WriteTransaction,
    ) -> Pass:
        check_alone(transaction, mapping.uuid)
        return add_pass(transaction, mapping.uuid, kind, body_of(transaction), self._clock.now_ms())

    def _begun(self, row: Pass) -> None:
        """A pass is stored: its source takes it up."""
        self._active[row.mapping] = row
        if row.mapping in self._sources:
            source = self._sources[row.mapping][1]
            source.begin(row, *self._live(row, source.log))
        self._look_later()

    def _turn(self, mapping: EventSourceMapping, kind: str, state: str, transaction: WriteTransaction) -> Pass:
        active = self._active.get(mapping.uuid)
        row = None if active is None else find_pass(transaction, active.id)
        if row is None or row.kind != kind or not row.is_active:
            raise PassRefused(f"no {kind} of {mapping.function_name} is under way")
        given = self._sources[mapping.uuid][1].given if mapping.uuid in self._sources else {}
        changed = turned(row, state, given, checkpoints(transaction, mapping.uuid))
        put_pass(transaction, changed, self._clock.now_ms())
        return changed

    def _present(self, mapping: EventSourceMapping) -> EventSourceMapping:
        return self._mappings.find(mapping.uuid) or mapping

    def _live(self, row: Pass, log: LogSource) -> tuple[dict[str, LiveDone], dict[str, SequenceNumber]]:
        """What live delivery has done, while its shards wait for a replay; and how far that has come."""
        with self._storage.snapshot() as snapshot:
            return replay_places(row, checkpoints(snapshot, row.mapping), log.partition_key)

    def _put_back(self, transaction: WriteTransaction) -> None:
        for row in active_passes(transaction):
            stored = checkpoints(transaction, row.mapping)
            current = self._advance(transaction, row, stored)
            if current.is_active:
                current = put_back(current)
            if current is not row:
                put_pass(transaction, current, self._clock.now_ms())

    def _look_later(self) -> None:
        if self._active and self._timer is None and not self._is_closed:
            self._timer = self._clock.call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        """See how far each pass has come; store it when that matters."""
        self._timer = None
        with self._storage.snapshot() as snapshot:
            for row in tuple(self._active.values()):
                stored = checkpoints(snapshot, row.mapping)
                self._counts.count(snapshot, row, stored)
                if row.mapping in self._sources:
                    positions = {shard: kept.position for shard, kept in stored.items()}
                    self._sources[row.mapping][1].durable(positions)
                if self._ended(snapshot, row) or advanced(row, stored, there(snapshot, row)) is not row:
                    self._storage.submit(partial(self._store, row.id), self._stored)
        self._look_later()

    def _store(self, pass_id: int, transaction: WriteTransaction) -> Pass | None:
        row = find_pass(transaction, pass_id)
        if row is None or not row.is_active:
            return None
        current = self._advance(transaction, row, checkpoints(transaction, row.mapping))
        put_pass(transaction, current, self._clock.now_ms())
        return current

    def _advance(self, transaction: WriteTransaction, row: Pass, stored: Mapping[str, Checkpoint]) -> Pass:
        reason = self._ended(transaction, row)
        if row.kind == "redrive":
            mark_redriven(transaction, row, done_flights(row, stored), self._clock.now_ms())
        if reason is not None:
            return replace(row, state=ENDED, body={**row.body, "reason": reason})
        return advanced(row, stored, there(transaction, row))

    def _ended(self, snapshot: Snapshot, row: Pass) -> str | None:
        return end_reason(row, self._mappings.find(row.mapping), snapshot.stream(row.body["stream"]))

    def _stored(self, answer: Pass | BaseException | None) -> None:
        if isinstance(answer, Pass):
            self._update(answer)

    def _update(self, row: Pass) -> None:
        """The row as it was committed last."""
        if row.mapping not in self._active:
            return
        source = self._sources[row.mapping][1] if row.mapping in self._sources else None
        if row.is_active:
            self._active[row.mapping] = row
        else:
            del self._active[row.mapping]
            self._tell(row)
        if source is not None:
            source.change(row if row.is_active else None)
