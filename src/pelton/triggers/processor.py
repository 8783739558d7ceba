"""ShardProcessor: what one mapping does with one shard, as a pure state machine.

Told what was read, what time it is and what became of invocations, it says what to do next. It does no I/O,
takes randomness from outside, and its state goes to JSON and back between any two steps. Delivery is at least
once and in order per partition key; ``position`` never passes a record that is not done.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.answers import AnswerRules, Verdict, read_answer
from pelton.triggers.dealing import deal_out, done_by
from pelton.triggers.done_before import DoneBefore
from pelton.triggers.filters import Filter
from pelton.triggers.lane_steps import Deliver, GiveUp, LaneView
from pelton.triggers.lanes import Lane
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.pieces import Piece
from pelton.triggers.protocols import Answer, Page, SourceRecord
from pelton.triggers.windows import TumblingWindow


class Invoke(NamedTuple):
    """Invoke the function; report by ``answered`` or ``not_invoked`` with the lane."""

    lane: int
    piece: Piece
    window: TumblingWindow | None


class Discard(NamedTuple):
    """Keep the piece's records in the failure store, then report by ``given_up`` with the lane."""

    lane: int
    piece: Piece


class Wait(NamedTuple):
    """Ask again at that time (milliseconds), or earlier when something happens."""

    until_ms: int


class Checkpoint(NamedTuple):
    """The state changed: have it stored soon."""

    position: SequenceNumber


Action = Invoke | Discard | Wait | Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorContext:
    """What a processor takes from outside."""

    retention_ms: int
    random: Random
    number_text: Callable[[SequenceNumber], str]  #: a sequence number as functions see it
    partition_key: Callable[[SourceRecord], bytes]
    queue_records_max: int = 10_000  #: reading pauses while this many records,
    queue_bytes_max: int = 8 << 20  #: or bytes of their events, wait in a shard's lanes


class ShardProcessor:
    """One mapping and one shard. All methods are synchronous and run on one thread."""

    def __init__(self, settings: MappingSettings, context: ProcessorContext, after: SequenceNumber) -> None:
        self._settings = settings
        self._next_settings: MappingSettings | None = None
        self._context = context
        self._filter = Filter(settings.filters)
        self._read_through = after
        self._is_caught_up = False
        self._is_end = False
        self._is_dirty = False
        self._lanes = self._new_lanes(DoneBefore(after), settings.parallelization_factor)

    @property
    def read_after(self) -> SequenceNumber:
        """Where the next read begins."""
        return self._read_through

    @property
    def position(self) -> SequenceNumber:
        """Every record up to here was delivered, given up or filtered out."""
        return min(lane.done_through(self._read_through) for lane in self._lanes)

    @property
    def wants_records(self) -> bool:
        """Whether to read on: not when the shard has ended, nor while much is waiting already."""
        if self._is_end:
            return False
        return self._has_room or any(lane.is_refilling for lane in self._lanes)

    @property
    def _has_room(self) -> bool:
        queued = [lane.queued for lane in self._lanes]
        return (
            sum(count for count, _ in queued) < self._context.queue_records_max
            and sum(size for _, size in queued) < self._context.queue_bytes_max
        )

    @property
    def is_idle(self) -> bool:
        """Whether everything read is done. An open tumbling window does not count: time ends it."""
        return all(lane.is_idle for lane in self._lanes)

    @property
    def is_busy(self) -> bool:
        """Whether an invocation or a discard is under way."""
        return any(lane.is_busy for lane in self._lanes)

    @property
    def is_finished(self) -> bool:
        """Whether the shard has ended and all of it is done: its children may begin."""
        return self._is_end and self.is_idle and not any(lane.has_window for lane in self._lanes)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes, to look at."""
        return tuple(self._lanes)

    @property
    def settings(self) -> MappingSettings:
        """What holds for the next batch."""
        return self._next_settings or self._settings

    @property
    def settings_in_force(self) -> MappingSettings:
        """What holds for the batch in hand."""
        return self._settings

    def add(self, page: Page, now_ms: int) -> int:
        """A page was read, the one after ``read_after``. Records the filter refuses, so many, count as done."""
        before = self.position
        refused = 0
        for record in page.records:
            if self._filter(record.event):
                self._lane_of(record).receive(record, now_ms)
            else:
                refused += 1
        self._read_through = max(self._read_through, page.read_through)
        self._is_caught_up = not page.has_more
        self._is_end = page.is_end
        self._is_dirty |= bool(page.records) and self.position > before
        return refused

    def expect_more(self) -> None:
        """The shard may hold more than was read: until it is, no tumbling window ends by time."""
        self._is_caught_up = False

    def decide(self, now_ms: int) -> list[Action]:
        """What to do now. Empty: nothing before more is read, or an answer comes."""
        for lane in self._lanes:
            lane.refill(self._read_through, is_end=self._is_end)
        if self._next_settings is not None and not self._take_settings(now_ms):
            return []
        view = LaneView(
            settings=self._settings,
            retention_ms=self._context.retention_ms,
            read_through=self._read_through,
            is_caught_up=self._is_caught_up,
            is_end=self._is_end,
            is_full=not self._has_room,
            opens_windows=self._next_settings is None,
        )
        actions: list[Action] = []
        until_ms: int | None = None
        for index, lane in enumerate(self._lanes):
            step = lane.decide(now_ms, view)
            if isinstance(step, Deliver):
                actions.append(Invoke(index, step.piece, step.window))
            elif isinstance(step, GiveUp):
                actions.append(Discard(index, step.piece))
            elif step is not None:
                until_ms = step.at_ms if until_ms is None else min(until_ms, step.at_ms)
        if until_ms is not None:
            actions.append(Wait(until_ms))
        if self.take_checkpoint():
            actions.append(Checkpoint(self.position))
        return actions

    def take_checkpoint(self) -> bool:
        """Whether the state changed since this was last asked."""
        is_due, self._is_dirty = self._is_dirty, False
        return is_due

    def answered(self, lane: int, answer: Answer, now_ms: int) -> Verdict:
        """An invocation was answered; returns what the answer was taken for."""
        target = self._lanes[lane]
        piece = target.piece
        assert piece is not None, "an answer without an invocation"
        rules = AnswerRules(
            reports_item_failures=self._settings.reports_item_failures,
            has_window=target.has_window,
            number_text=self._context.number_text,
        )
        verdict = read_answer(answer, piece, rules)
        target.answered(verdict, now_ms, self._settings)
        self._is_dirty = True
        return verdict

    def not_invoked(self, lane: int, reason: str, now_ms: int) -> None:
        """The function was not called at all."""
        self._lanes[lane].not_invoked(reason, now_ms)
        self._is_dirty = True

    def state_after_discard(self, lane: int) -> JsonObject:
        """The state to store together with the records a lane gives up; nothing changes yet."""
        lanes = [
            each.json_after_discard(self._read_through) if index == lane else each.json(self._read_through)
            for index, each in enumerate(self._lanes)
        ]
        return {"read": self._read_through, "lanes": lanes}

    def given_up(self, lane: int, now_ms: int) -> None:
        """Discarded records are safely kept."""
        self._lanes[lane].given_up(now_ms)

    def change(self, settings: MappingSettings) -> None:
        """The mapping was updated: holds from the next batch on, its filter for what is read from now on."""
        self._next_settings = settings
        self._filter = Filter(settings.filters)

    def reset_backoff(self) -> None:
        """The function changed: what waits for a retry is tried now."""
        for lane in self._lanes:
            lane.reset_backoff()

    def skip(self) -> list[Piece]:
        """Give up what failed and is tried again, in every lane: now, or when the attempt under way fails too."""
        pieces = [piece for lane in self._lanes if (piece := lane.skip()) is not None]
        self._is_dirty |= bool(pieces)
        return pieces

    def skippable(self) -> list[Piece]:
        """What ``skip`` would give up."""
        return [piece for lane in self._lanes if (piece := lane.skippable) is not None]

    def state(self) -> JsonObject:
        """All that must survive a crash, as JSON."""
        return {"read": self._read_through, "lanes": [lane.json(self._read_through) for lane in self._lanes]}

    def restore(self, stored: JsonObject) -> None:
        """Take up a stored state, before anything is read.

        A state with another number of lanes is taken up as it was; then the lanes are dealt anew, like after an update.
        """
        lanes: list[JsonObject] = stored["lanes"]
        self._read_through = SequenceNumber(min(lane["through"] for lane in lanes))
        self._lanes = self._new_lanes(DoneBefore(self._read_through), len(lanes))
        for lane, kept in zip(self._lanes, lanes, strict=True):
            lane.restore(kept)
        if len(lanes) != self._settings.parallelization_factor:
            self._next_settings = self._next_settings or self._settings
            self._settings = replace(self._settings, parallelization_factor=len(lanes))

    def _lane_of(self, record: SourceRecord) -> Lane:
        if len(self._lanes) == 1:
            return self._lanes[0]
        return self._lanes[self._hash_of(record) % len(self._lanes)]

    def _hash_of(self, record: SourceRecord) -> int:
        """What says in which lane a record falls: the same for all of one partition key, now and after a restart."""
        return zlib.crc32(self._context.partition_key(record))

    def _new_lanes(self, done: DoneBefore, count: int) -> list[Lane]:
        return [Lane(done, self._context.random, self._hash_of) for _ in range(count)]

    def _take_settings(self, now_ms: int) -> bool:
        """Put new settings into force; not yet while lanes must be dealt out anew and one is busy."""
        settings = self._next_settings
        assert settings is not None, "called only with settings to take"
        self._filter = Filter(settings.filters)
        if any(lane.has_window for lane in self._lanes):
            # An open window belongs to its lane: all are closed first, under all the other new settings.
            settings = replace(settings, parallelization_factor=len(self._lanes))
        if settings.parallelization_factor != len(self._lanes):
            if self.is_busy or any(lane.is_refilling for lane in self._lanes):
                return False
            done = done_by(self._lanes, self._read_through)
            lanes = self._new_lanes(done, settings.parallelization_factor)
            deal_out(self._lanes, lanes, self._hash_of, now_ms)
            self._lanes = lanes
            self._is_dirty = True
        self._settings = settings
        if settings == self._next_settings:
            self._next_settings = None
        return True
