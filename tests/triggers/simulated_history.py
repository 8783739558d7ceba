"""What happened in a simulation, and what must be true of it at every step and at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import orjson

from pelton.triggers.mappings import MappingSettings
from pelton.triggers.pieces import RETRIES_EXHAUSTED, SKIPPED, TOO_OLD, Piece
from pelton.triggers.windows import TumblingWindow
from tests.triggers.plain_filter import passes
from tests.triggers.simulated_stream import KEYS, SimulatedStream


@dataclass
class Tried:
    """One set of records that was delivered together."""

    failures: int = 0  #: answers that counted as function errors
    saved: int = 0  #: those that a crash does not take back
    failed_ms: int | None = None  #: when the last one came


@dataclass
class History:
    """The independent account: it knows the stream and what the function meant, and nothing of the processor."""

    stream: SimulatedStream
    now_ms: Callable[[], int]
    versions: list[MappingSettings]  #: every version of the mapping so far
    done: set[int] = field(default_factory=set)  #: delivered with success, or given up and kept
    delivered: list[int] = field(default_factory=list)
    given_up: dict[int, str] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)  #: no record that any version's filter refused need be delivered
    judged: dict[tuple[int, tuple[str, ...]], bool] = field(default_factory=dict)
    tried: dict[tuple[int, ...], Tried] = field(default_factory=dict)
    tried_ever: set[int] = field(default_factory=set)
    not_invoked: set[int] = field(default_factory=set)
    crashes: int = 0
    resets: int = 0
    skipped: set[int] = field(default_factory=set)  #: that the operator asked to go past
    is_disturbed: bool = False  #: a crash, a failure or a throttle: windows may see records twice
    windows: list[tuple[str, int, int]] = field(default_factory=list)  #: shard and lane, window start, record
    finals: list[tuple[str, int]] = field(default_factory=list)  #: the same without record, of every final success
    last_of_key: dict[int, int] = field(default_factory=dict)  #: since the last crash
    pending_of_key: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(KEYS), 0))
    pending_of_shard: dict[str, int] = field(default_factory=dict)

    def accepts(self, number: int, filters: tuple[str, ...]) -> bool:
        """The independent word on whether a record passes."""
        if not filters:
            return True
        if (number, filters) not in self.judged:
            record = orjson.loads(self.stream.all[number].event)
            self.judged[number, filters] = any(passes(orjson.loads(pattern), record) for pattern in filters)
        return self.judged[number, filters]

    def is_settled(self, number: int) -> bool:
        """Whether nothing more need become of a record: done, filtered out, or trimmed before it was read."""
        if number in self.done or number in self.stream.trimmed:
            return True
        return any(not self.accepts(number, version.filters) for version in self.versions)

    def check_begins(self, piece: Piece, window: TumblingWindow | None, settings: MappingSettings) -> None:
        """An invocation begins."""
        numbers = [record.number for record in piece.records]
        assert all(a < b for a, b in pairwise(numbers)), "a batch is in order"
        assert len(numbers) <= max(version.batch_size for version in self.versions), "more records than BatchSize"
        assert numbers or piece.is_final, "an empty batch"
        limit_ms = settings.record_age_max_s * 1000
        for record in piece.records:
            number = record.number
            assert any(self.accepts(number, version.filters) for version in self.versions), f"{number} was filtered out"
            assert limit_ms < 0 or self.now_ms() - record.created_ms <= limit_ms, f"{number} is older than the limit"
            assert window is None or record.created_ms < window.end_ms
            earlier = self._first_pending(number)
            assert earlier is None or earlier >= numbers[0], f"{number} came before {earlier} of its key"
        before = self.tried.get(tuple(numbers)) if numbers else None
        is_steady = not self.crashes and not self.resets and not self.stream.is_skewed
        if before is not None and before.failed_ms is not None and is_steady:
            assert self.now_ms() - before.failed_ms >= 800, "tried again without a pause"
        if before is not None and len(self.versions) == 1 and settings.retry_attempts_max >= 0 and not self.crashes:
            assert before.failures <= settings.retry_attempts_max, "more attempts than allowed"
        self.tried_ever.update(numbers)

    def succeeded(self, unit: str, numbers: list[int], window: TumblingWindow | None) -> None:
        """Records were delivered."""
        for number in numbers:
            key = self.stream.key_of[number]
            assert self.last_of_key.get(key, 0) < number, f"{number} came after {self.last_of_key[key]} of its key"
            earlier = self._first_pending(number)
            assert earlier is None or earlier >= number, f"{number} was done before {earlier} of its key"
            self.last_of_key[key] = number
            self.done.add(number)
            self.delivered.append(number)
            if window is not None:
                self.windows.append((unit, window.start_ms, number))

    def failed(self, numbers: list[int]) -> None:
        """The function failed on these."""
        self.is_disturbed = True
        tried = self.tried.setdefault(tuple(numbers), Tried())
        tried.failures += 1
        tried.failed_ms = self.now_ms()

    def gave_up(self, piece: Piece) -> None:
        """Records are safely kept in the failure store."""
        numbers = tuple(record.number for record in piece.records)
        self.is_disturbed = True
        self.done.update(numbers)
        self.given_up.update(dict.fromkeys(numbers, piece.condition or ""))

    def check_discard(self, piece: Piece, settings: MappingSettings, retention_ms: int) -> None:
        """Records are about to be given up."""
        numbers = tuple(record.number for record in piece.records)
        if len(self.versions) > 1 or (self.crashes and self.stream.is_skewed):
            return
        if piece.condition == TOO_OLD:
            self._check_too_old(piece, settings, retention_ms)
        elif piece.condition == SKIPPED:
            assert set(numbers) <= self.skipped & (self.tried_ever | self.not_invoked), "skipped though nobody asked"
        else:
            assert piece.condition == RETRIES_EXHAUSTED
            self._check_exhausted(piece, numbers, settings)

    def crashed(self) -> None:
        """What is not durable is lost: deliveries may come again."""
        self.crashes += 1
        self.is_disturbed = True
        self.last_of_key.clear()
        for tried in self.tried.values():
            tried.failures = tried.saved

    def saved(self, shard_id: str) -> None:
        """The shard's state is durable, the attempts of its batches included."""
        numbers = set(self.stream.shards[shard_id].numbers)
        for delivered, tried in self.tried.items():
            if delivered and delivered[0] in numbers:
                tried.saved = tried.failures

    def check_position(self, shard_id: str, position: int) -> None:
        """The checkpoint never passes an unfinished record."""
        numbers = self.stream.shards[shard_id].numbers
        index = self.pending_of_shard.get(shard_id, 0)
        while index < len(numbers) and self.is_settled(numbers[index]):
            index += 1
        self.pending_of_shard[shard_id] = index
        assert index == len(numbers) or position < numbers[index], f"the position passed {numbers[index]}"

    def check_end(self) -> None:
        """Everything was closed, and has come to its end."""
        lost = [number for number in self.stream.all if not self.is_settled(number)]
        assert not lost, f"lost: {lost}"
        last: dict[int, int] = {}
        newest: dict[int, int] = {}
        for number in self.delivered:
            key = self.stream.key_of[number]
            last[key] = number
            # What a later filter refuses need not come again after a crash that took its delivery back.
            is_refused = not all(self.accepts(number, version.filters) for version in self.versions)
            is_gone = number in self.given_up or number in self.stream.trimmed or is_refused
            newest[key] = max(newest.get(key, 0), 0 if is_gone else number)
        assert all(last[key] >= number for key, number in newest.items()), "an old version came last"
        if not self.crashes:
            assert len(self.delivered) == len(set(self.delivered)), "a record succeeded twice without a crash"
            assert not set(self.delivered) & self.given_up.keys(), "a record was delivered and given up"
        assert not self.stream.poison & set(self.delivered)

    def check_windows(self, length_s: int, *, closed_early: bool) -> None:
        """Windows do not overlap or run backwards; undisturbed, each sees its records once and ends once."""
        if self.stream.is_skewed:
            return
        for lane in {unit for unit, _, _ in self.windows}:
            starts = [start for unit, start, _ in self.windows if unit == lane]
            if not self.crashes:
                assert starts == sorted(starts), "windows run backwards"
        if self.is_disturbed or closed_early:
            return
        for _, start, number in self.windows:
            created_ms = self.stream.all[number].created_ms
            assert start == created_ms - created_ms % (length_s * 1000), "a record in another window than its own"
        assert len(self.finals) == len(set(self.finals)), "a window ended twice"
        assert set(self.finals) == {(unit, start) for unit, start, _ in self.windows}, "a window has not ended"

    def _first_pending(self, number: int) -> int | None:
        """The lowest record of the same key that is not settled."""
        key = self.stream.key_of[number]
        numbers = self.stream.by_key[key]
        index = self.pending_of_key[key]
        while index < len(numbers) and self.is_settled(numbers[index]):
            index += 1
        self.pending_of_key[key] = index
        return numbers[index] if index < len(numbers) else None

    def _check_too_old(self, piece: Piece, settings: MappingSettings, retention_ms: int) -> None:
        own_ms = settings.record_age_max_s * 1000
        for record in piece.records:
            age_ms = self.now_ms() - record.created_ms
            was_tried = record.number in self.tried_ever | self.not_invoked
            is_over = (0 <= own_ms < age_ms) or (was_tried and age_ms > retention_ms)
            assert is_over, f"{record.number} was given up too young"

    def _check_exhausted(self, piece: Piece, numbers: tuple[int, ...], settings: MappingSettings) -> None:
        assert settings.retry_attempts_max >= 0, "given up though retries have no limit"
        if piece.is_final:
            return
        tried = self.tried[numbers] if numbers in self.tried else Tried()
        # A clock set back lets age cut a batch anywhere: its parts keep the attempts, but under other numbers.
        if not self.crashes and not self.stream.is_skewed and TOO_OLD not in self.given_up.values():
            assert tried.failures == settings.retry_attempts_max + 1, "attempts: n + 1"
            assert piece.invoke_count == settings.retry_attempts_max + 1
        if settings.is_bisecting:
            assert len(numbers) == 1, "bisecting isolates"
            assert numbers[0] in self.stream.poison or tried.failures > settings.retry_attempts_max
