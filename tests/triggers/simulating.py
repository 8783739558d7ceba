"""A seeded world around one ShardProcessor: virtual time, random faults, crashes and restores between any two steps.

The world is a list of records that grows. A run is a random walk; afterwards the faults stop and everything must
come to its end. Invariants are checked at every step, and over the whole history at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

import orjson

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.payload import event_bytes
from pelton.triggers.pieces import TOO_OLD, Piece
from pelton.triggers.processor import Checkpoint, Discard, Invoke, ProcessorContext, ShardProcessor, Wait
from pelton.triggers.protocols import Page, SourceRecord

START_MS = 1_761_000_000_000
RETENTION_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer of the simulated function."""

    payload: bytes
    function_error: str | None = None
    request_id: str = "r"
    executed_version: str = "$LATEST"


@dataclass
class History:
    """What happened."""

    delivered: list[int] = field(default_factory=list)  #: numbers in batches that succeeded, in order
    begun: list[list[int]] = field(default_factory=list)  #: numbers of every invocation
    discarded: list[tuple[int, ...]] = field(default_factory=list)
    conditions: dict[int, str] = field(default_factory=dict)
    crashes: int = 0
    unlucky: set[int] = field(default_factory=set)  #: healthy records that failed alone by chance
    finals: int = 0
    windows: list[tuple[int, int]] = field(default_factory=list)  #: window start and record


class Simulation:
    """One seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.settings = self._settings()
        self.poison: set[int] = set()
        self.records: list[SourceRecord] = []
        self.now_ms = START_MS
        self.is_closed = False
        self.is_calm = False
        self.history = History()
        self.stored: JsonObject | None = None
        self.under_way: list[Invoke | Discard] = []
        self.may_crash = self.random.random() < 0.5
        self.processor = self._new_processor()

    def run(self, steps: int = 60) -> None:
        """A random walk, then calm until everything has come to its end."""
        for _ in range(steps):
            self._step()
        self.is_calm = True
        self.is_closed = True
        for _ in range(100_000):
            if self.processor.is_finished and not self.under_way:
                return
            self._read()
            if not self._decide() and not self._answer():
                self._pass_time(70_000)
        raise AssertionError(f"never finished: {self.processor.state()}")

    def key_of(self, number: int) -> str:
        """The partition key of a record."""
        return str(orjson.loads(self.records[number - 1].keys)["id"]["S"])

    def _settings(self) -> MappingSettings:
        random = self.random
        window_s = random.choice([0, 0, 0, 10, 60])
        return MappingSettings(
            batch_size=random.choice([1, 2, 3, 7, 100]),
            batching_window_s=random.choice([0, 0, 1, 5]),
            parallelization_factor=1 if window_s else random.choice([1, 1, 2, 3]),
            retry_attempts_max=random.choice([-1, -1, 0, 1, 3]),
            record_age_max_s=random.choice([-1, -1, 60, 300]),
            is_bisecting=random.random() < 0.5,
            reports_item_failures=random.random() < 0.5,
            tumbling_window_s=window_s,
        )

    def _new_processor(self) -> ShardProcessor:
        context = ProcessorContext(
            retention_ms=RETENTION_MS,
            random=self.random,
            number_text=lambda number: f"n{number}",
            partition_key=lambda record: record.keys,
        )
        processor = ShardProcessor(self.settings, context, SequenceNumber(0))
        if self.stored is not None:
            processor.restore(orjson.loads(orjson.dumps(self.stored)))
        return processor

    def _step(self) -> None:
        step = self.random.choice([self._write, self._write, self._read, self._decide, self._answer, self._pass_some])
        step()
        self._check_position()
        if self.may_crash and self.random.random() < 0.05:
            self._crash()

    def _write(self) -> None:
        for _ in range(self.random.randint(1, 8)):
            if self.is_closed:
                return
            number = len(self.records) + 1
            key = orjson.dumps({"id": {"S": f"k{self.random.randint(0, 4)}"}})
            self.records.append(SourceRecord(SequenceNumber(number), self.now_ms, b'{"n":%d}' % number, key))
            if self.random.random() < 0.1:
                self.poison.add(number)

    def _read(self) -> None:
        if not self.processor.wants_records:
            return
        after, limit = self.processor.read_after, self.random.randint(1, 10)
        found = tuple(self.records[after : after + limit])
        has_more = len(self.records) > after + limit
        through = SequenceNumber(found[-1].number if has_more else len(self.records))
        self.processor.add(Page(found, through, has_more=has_more, is_end=self.is_closed and not has_more), self.now_ms)

    def _decide(self) -> bool:
        """Whether anything began."""
        has_begun = False
        for action in self.processor.decide(self.now_ms):
            if isinstance(action, Invoke):
                self._begin(action)
                has_begun = True
            elif isinstance(action, Discard):
                self.under_way.append(action)
                has_begun = True
            elif isinstance(action, Checkpoint):
                assert action.position == self.processor.position
                if self.is_calm or self.random.random() < 0.7:  # A save rides: a crash may come before it.
                    self.stored = self.processor.state()
            else:
                assert isinstance(action, Wait)
        return has_begun

    def _begin(self, action: Invoke) -> None:
        numbers = [record.number for record in action.piece.records]
        assert numbers == sorted(numbers)
        assert len(numbers) <= self.settings.batch_size
        assert action.lane not in [other.lane for other in self.under_way], "one invocation per lane"
        self.history.begun.append(numbers)
        self.under_way.append(action)
        limit = self.settings.record_age_max_s
        for record in action.piece.records:
            assert limit < 0 or self.now_ms - record.created_ms <= limit * 1000, "older than the limit"
        assert event_bytes(action.piece, action.window, shard_id="s", stream_arn="a").startswith(b'{"Records":[')
        if action.window is not None:
            assert all(record.created_ms < action.window.end_ms for record in action.piece.records)

    def _answer(self) -> bool:
        """Whether something that was under way has ended."""
        if not self.under_way:
            return False
        action = self.under_way.pop(self.random.randrange(len(self.under_way)))
        if isinstance(action, Discard):
            self._keep(action)
        elif self.random.random() < 0.1 and not self.is_calm:
            self.processor.not_invoked(action.lane, "throttled", self.now_ms)
        else:
            self._call(action)
        return True

    def _keep(self, action: Discard) -> None:
        state = self.processor.state_after_discard(action.lane)
        self.processor.given_up(action.lane, self.now_ms)
        assert state == self.processor.state()
        self.stored = state
        numbers = tuple(record.number for record in action.piece.records)
        self.history.discarded.append(numbers)
        assert action.piece.condition is not None
        self.history.conditions.update(dict.fromkeys(numbers, action.piece.condition))
        self._check_attempts(action.piece)

    def _check_attempts(self, piece: Piece) -> None:
        """A piece given up for its retries has been tried as often as it may be, no more and no less."""
        if piece.condition == TOO_OLD:
            return
        assert piece.attempts == self.settings.retry_attempts_max
        assert piece.invoke_count >= self.settings.retry_attempts_max + 1
        if self.settings.is_bisecting and not piece.is_final:
            assert len(piece.records) == 1, "bisecting isolates"

    def _call(self, action: Invoke) -> None:
        """The function: fails when the batch holds a poison record, in one of its many ways, or just so."""
        numbers = [record.number for record in action.piece.records]
        bad = [number for number in numbers if number in self.poison]
        state = {"seen": len(numbers)}
        is_unlucky = not self.is_calm and self.random.random() < 0.1
        if is_unlucky and len(numbers) == 1:
            self.history.unlucky.update(numbers)
        if not bad and not is_unlucky:
            answer = Said(payload=orjson.dumps({"state": state, "batchItemFailures": []}))
            self.history.delivered += numbers
            if action.window is not None:
                self.history.windows += [(action.window.start_ms, number) for number in numbers]
            self.history.finals += action.piece.is_final
        elif bad and self.settings.reports_item_failures and self.random.random() < 0.7:
            failures = [{"itemIdentifier": f"n{number}"} for number in bad]
            self.random.shuffle(failures)
            answer = Said(payload=orjson.dumps({"state": state, "batchItemFailures": failures}))
            self.history.delivered += [number for number in numbers if number < bad[0]]
        elif self.settings.reports_item_failures and self.random.random() < 0.5:
            garbage = [
                "not json",
                '"text"',
                '{"batchItemFailures":[{"foo":1}]}',
                '{"batchItemFailures":[{"itemIdentifier":"n0"}]}',
            ]
            answer = Said(payload=self.random.choice(garbage).encode())
        else:
            answer = Said(payload=b'{"errorMessage":"poison"}', function_error="Unhandled")
        self.processor.answered(action.lane, answer, self.now_ms)

    def _pass_some(self) -> None:
        self._pass_time(self.random.choice([10, 1000, 5000, 70_000]))
        if self.random.random() < 0.05:
            self.processor.reset_backoff()
        if self.random.random() < 0.05 and not self.settings.tumbling_window_s:
            self.settings = replace(self.settings, batch_size=max(self.settings.batch_size, 7))
            self.processor.change(self.settings)

    def _pass_time(self, milliseconds: int) -> None:
        self.now_ms += milliseconds

    def _crash(self) -> None:
        self.history.crashes += 1
        self.under_way.clear()
        self.processor = self._new_processor()

    def _check_position(self) -> None:
        """The checkpoint never passes a record that is neither delivered nor given up."""
        done = set(self.history.delivered) | set(self.history.conditions)
        assert set(range(1, self.processor.position + 1)) <= done, "the position passed an unfinished record"
        if self.stored is not None:
            lowest = min(lane["through"] for lane in self.stored["lanes"])
            assert set(range(1, lowest + 1)) <= done, "the checkpoint passed an unfinished record"
