"""A seeded world around one mapping's processors: virtual time, random faults, crashes between any two steps.

Only what was stored survives a crash. A run is a random walk; then the faults stop, the stream is closed, and
everything must come to its end by the processors' own word: time passes only to what they wait for.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import orjson

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.answers import Failed, Stopped, Succeeded
from pelton.triggers.checkpoints import checkpoint_of, finished, is_finished, started_at
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.payload import event_bytes
from pelton.triggers.processor import Checkpoint, Discard, Invoke, ProcessorContext, ShardProcessor, Wait
from pelton.triggers.windows import TumblingWindow
from tests.triggers.simulated_function import Asked, Meaning, Said, fail, succeed
from tests.triggers.simulated_history import History, Tried
from tests.triggers.simulated_stream import SimulatedStream

START_MS = 1_761_000_000_000
RETENTION_MS = 600_000
PAYLOAD_BYTES_MAX = 6 * 1024 * 1024
STATE_BYTES_MAX = 1_000_000
FILTERS = (
    '{"eventName":["INSERT","MODIFY"]}',
    '{"dynamodb":{"Keys":{"id":{"S":[{"anything-but":["k1","k3"]}]}}}}',
    '{"dynamodb":{"NewImage":{"s":{"S":[{"prefix":"a"},{"suffix":"b"}]}}}}',
    '{"dynamodb":{"NewImage":{"n":{"N":["1","2","3","4"]},"missing":{"S":[{"exists":false}]}}}}',
    '{"$or":[{"eventName":["REMOVE"]},{"dynamodb":{"NewImage":{"s":{"S":[""]}}}}]}',
    '{"eventName":["NEVER"]}',
)
#: What a window holds so far: its start, and the state last accepted.
Expected = tuple[int, JsonObject]
_MEANT = {Succeeded: Meaning.SUCCEEDED, Stopped: Meaning.STOPPED, Failed: Meaning.FAILED}


class Simulation:
    """One seed."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.now_ms = START_MS
        self.is_calm = False
        self.may_crash = random.random() < 0.5
        self.may_update = random.random() < 0.25
        self.has_large_state = random.random() < 0.02
        self.settings = random_settings(random)
        self.stream = SimulatedStream(random, RETENTION_MS)
        self.history = History(self.stream, lambda: self.now_ms, [self.settings])
        self.processors: dict[str, ShardProcessor] = {}
        self.finished: set[str] = set()
        self.unread: set[str] = set()
        self.waits: dict[str, int] = {}
        self.under_way: list[tuple[str, Invoke | Discard]] = []
        self.expected: dict[str, dict[int, Expected]] = {}  #: by shard and lane
        self.stored: dict[str, JsonObject] = {}
        self.stored_expected: dict[str, dict[int, Expected]] = {}
        self.unsaved: list[str] = []
        self.last_words: dict[str, JsonObject] = {}  #: of shards that ended, not stored yet
        self.paused = False
        self.has_closed_early = False
        self.queue_records_max = random.choice([3, 20, 10_000])
        if random.random() < 0.3:
            self._start_at_the_tip()
        self._begin_shards()

    def run(self, steps: int = 90) -> None:
        """A random walk, then calm until everything has come to its end; every invariant is checked."""
        for _ in range(steps):
            self._step()
        self.is_calm, self.paused = True, False
        self.stream.close()
        self._news()
        for _ in range(20_000):
            if not self.processors and len(self.finished) == len(self.stream.shards):
                break
            if not self._go_on():
                self._jump_to_next_wait()
        else:
            raise AssertionError(f"never finished: {[each.state() for each in self.processors.values()]}")
        self.history.check_end()
        if len(self.history.versions) == 1 and self.settings.tumbling_window_s:
            self.history.check_windows(self.settings.tumbling_window_s, closed_early=self.has_closed_early)

    # The walk.

    def _step(self) -> None:
        chance = self.random.random()
        if chance < 0.18:
            self.stream.write(self.now_ms)
            self._news()
        elif chance < 0.20:
            self.stream.split()
            self._news()
        elif chance < 0.40:
            self._read_one()
        elif chance < 0.62:
            self._decide_one()
        elif chance < 0.84:
            self._answer_one()
        elif chance < 0.95:
            self._pass_some()
        else:
            self._intervene()
        if self.unsaved and self.random.random() < 0.3:
            self._save()
        if self.may_crash and self.random.random() < 0.04:
            self._crash()

    def _go_on(self) -> bool:
        """One round of calm; whether anything happened."""
        has_happened = False
        for shard_id in tuple(self.processors):
            has_happened |= self._read(shard_id)
            has_happened |= self._decide(shard_id)
        while self.under_way:
            has_happened |= self._answer_one()
        while self.unsaved:
            self._save()
        return has_happened

    def _jump_to_next_wait(self) -> None:
        if self.stream.is_polled and self.unread:
            self.unread.update(self.processors)
        assert self.waits, f"stuck: {[each.state() for each in self.processors.values()]}"
        self.now_ms = min(self.waits.values())

    def _news(self) -> None:
        self.unread.update(self.processors)

    def _intervene(self) -> None:
        """What an operator does."""
        chance = self.random.random()
        if chance < 0.3:
            self.history.resets += 1
            for processor in self.processors.values():
                processor.reset_backoff()
        elif chance < 0.4 and self.processors:
            self._skip()
        elif chance < 0.6:
            self.paused = not self.paused
        elif self.may_update:
            self.settings = changed(self.random, self.settings)
            self.history.versions.append(self.settings)
            for processor in self.processors.values():
                processor.change(self.settings)

    def _skip(self) -> None:
        """Go past what fails: only what failed is given up for it."""
        shard_id = self.random.choice(list(self.processors))
        processor = self.processors[shard_id]
        expected = processor.skippable()
        assert processor.skip() == expected
        self.history.resets += len(expected)
        self.history.skipped.update(record.number for piece in expected for record in piece.records)
        if any(piece.is_final for piece in expected):
            self.history.is_disturbed = True

    def _pass_some(self) -> None:
        if self.waits and self.random.random() < 0.4:
            self.now_ms = max(self.now_ms, min(self.waits.values()))
        else:
            self.now_ms += self.random.choice([10, 500, 3_000, 3_000, 20_000, 70_000])
        if self.random.random() < 0.01:
            self.now_ms += RETENTION_MS + 1
        if self.stream.is_skewed and self.random.random() < 0.1:
            self.now_ms -= 3_600_000

    # One shard.

    def _begin_shards(self) -> None:
        """A shard begins once, and after its parent."""
        for shard in self.stream.shards.values():
            if shard.id in self.finished or shard.id in self.processors:
                continue
            if shard.parent is None or shard.parent in self.finished:
                self.processors[shard.id] = self._new_processor(shard.id, shard.before)
                self.unread.add(shard.id)

    def _new_processor(self, shard_id: str, before: SequenceNumber) -> ShardProcessor:
        context = ProcessorContext(
            retention_ms=RETENTION_MS,
            random=self.random,
            number_text=lambda number: f"n{number}",
            partition_key=lambda record: record.keys,
            queue_records_max=self.queue_records_max,
        )
        processor = ShardProcessor(self.settings, context, before)
        self.expected[shard_id] = dict(self.stored_expected.get(shard_id, {}))
        if shard_id in self.stored:
            processor.restore(orjson.loads(checkpoint_of(self.stored[shard_id]).state or b""))
        return processor

    def _read_one(self) -> None:
        if self.processors:
            self._read(self.random.choice(list(self.processors)))

    def _read(self, shard_id: str) -> bool:
        """Whether the page told anything new."""
        processor = self.processors[shard_id]
        if not processor.wants_records or not (shard_id in self.unread or self.stream.is_polled):
            return False
        self.unread.discard(shard_id)
        after = processor.read_after
        page = self.stream.read(shard_id, after, self.random.randint(1, 10), self.now_ms)
        if page.has_more:
            self.unread.add(shard_id)
        processor.add(page, self.now_ms)
        self._check_position(shard_id)
        return bool(page.records) or page.is_end or processor.read_after > after

    def _decide_one(self) -> None:
        if self.processors:
            self._decide(self.random.choice(list(self.processors)))

    def _decide(self, shard_id: str) -> bool:
        """Whether anything began, or the shard ended."""
        processor = self.processors[shard_id]
        if self.paused:
            return False
        self.waits.pop(shard_id, None)
        if shard_id in self.unread:
            processor.expect_more()
        has_begun = False
        for action in processor.decide(self.now_ms):
            if isinstance(action, Wait):
                assert action.until_ms > self.now_ms, "a wait for what has passed"
                self.waits[shard_id] = action.until_ms
            elif isinstance(action, Checkpoint):
                assert action.position == processor.position
                self._ask_to_save(shard_id)
            else:
                assert action.lane not in [a.lane for s, a in self.under_way if s == shard_id], "one batch per lane"
                self.under_way.append((shard_id, action))
                has_begun = True
                if isinstance(action, Invoke):
                    self._begins(shard_id, action)
                else:
                    self.history.check_discard(action.piece, processor.settings_in_force, RETENTION_MS)
        self._check_position(shard_id)
        return has_begun | self._end_if_finished(shard_id)

    def _begins(self, shard_id: str, action: Invoke) -> None:
        in_flight = sum(1 for shard, each in self.under_way if shard == shard_id and isinstance(each, Invoke))
        assert in_flight <= max(version.parallelization_factor for version in self.history.versions)
        self.history.check_begins(action.piece, action.window, self.processors[shard_id].settings_in_force)
        event = event_bytes(action.piece, action.window, shard_id=shard_id, stream_arn="arn")
        assert len(event) <= PAYLOAD_BYTES_MAX, "an event larger than an invocation may be"
        if action.window is not None:
            self._check_window_event(shard_id, action.lane, orjson.loads(event), action.window)

    def _check_window_event(self, shard_id: str, lane: int, event: JsonObject, window: TumblingWindow) -> None:
        expected = self.expected[shard_id].get(lane)
        assert event["state"] == (expected[1] if expected is not None else {}), "the state is passed along"
        assert expected is None or expected[0] == window.start_ms, "a new window before the last one ended"
        assert event["shardId"] == shard_id
        assert event["isWindowTerminatedEarly"] == (len(orjson.dumps(event["state"])) > STATE_BYTES_MAX)
        assert event["isFinalInvokeForWindow"] == (not event["Records"])

    def _answer_one(self) -> bool:
        """Whether something that was under way has ended."""
        if not self.under_way:
            return False
        shard_id, action = self.under_way.pop(self.random.randrange(len(self.under_way)))
        if isinstance(action, Discard):
            self._keep(shard_id, action)
        elif self.random.random() < 0.08 and not self.is_calm:
            self.processors[shard_id].not_invoked(action.lane, "throttled", self.now_ms)
            numbers = tuple(record.number for record in action.piece.records)
            self.history.not_invoked.update(numbers)
            self.history.tried.setdefault(numbers, Tried()).failed_ms = self.now_ms
        else:
            self._call(shard_id, action)
        return True

    def _keep(self, shard_id: str, action: Discard) -> None:
        """The failure store: records and state in one transaction; a crash may come right after it."""
        processor = self.processors[shard_id]
        after = {**self.expected[shard_id]}
        if action.piece.is_final:
            after.pop(action.lane, None)
        self.stored[shard_id] = state = processor.state_after_discard(action.lane)
        self.stored_expected[shard_id] = dict(after)
        self.history.gave_up(action.piece)
        self.history.saved(shard_id)
        if self.may_crash and not self.is_calm and self.random.random() < 0.1:
            self._crash()
            return
        self.expected[shard_id] = after
        processor.given_up(action.lane, self.now_ms)
        assert state == processor.state()
        self._end_if_finished(shard_id)

    def _call(self, shard_id: str, action: Invoke) -> None:
        numbers = [record.number for record in action.piece.records]
        bad = [number for number in numbers if number in self.stream.poison]
        is_flaky = not self.is_calm and self.random.random() < 0.08
        if is_flaky:
            bad = sorted({*bad, *(number for number in numbers if self.random.random() < 0.5)})
        settings = self.processors[shard_id].settings_in_force
        asked = Asked(
            numbers=numbers,
            bad=bad,
            reports=settings.reports_item_failures,
            has_window=action.window is not None,
            state=self._next_state(self.expected[shard_id].get(action.lane), len(numbers)),
        )
        said = fail(self.random, asked) if bad or is_flaky else succeed(self.random, asked)
        self._take(shard_id, action, numbers, said)
        verdict = self.processors[shard_id].answered(action.lane, said, self.now_ms)
        assert _MEANT[type(verdict)] is said.meaning, f"{said} was taken for {verdict}"
        self._check_position(shard_id)

    def _next_state(self, before: Expected | None, count: int) -> JsonObject:
        state: JsonObject = {"seen": (before[1].get("seen", 0) if before is not None else 0) + count}
        if self.has_large_state and not self.is_calm and self.random.random() < 0.2:
            self.has_closed_early = True
            state["padding"] = "x" * (STATE_BYTES_MAX + self.random.choice([-50, 50, 2_000_000]))
        return state

    def _take(self, shard_id: str, action: Invoke, numbers: list[int], said: Said) -> None:
        """Note in the account what the function meant."""
        if said.meaning is Meaning.FAILED:
            self.history.failed(numbers)
            return
        window = action.window
        index = numbers.index(said.stopped_at) if said.stopped_at is not None else len(numbers)
        unit = f"{shard_id}/{action.lane}"
        self.history.succeeded(unit, numbers[:index], window)
        if index < len(numbers):
            self.history.is_disturbed = True
            self.history.tried.setdefault(tuple(numbers[index:]), Tried()).failed_ms = self.now_ms
        if window is None:
            return
        if action.piece.is_final:
            self.history.finals.append((unit, window.start_ms))
            self.expected[shard_id].pop(action.lane, None)
        elif said.state is not None:
            self.expected[shard_id][action.lane] = (window.start_ms, said.state)

    def _end_if_finished(self, shard_id: str) -> bool:
        processor = self.processors[shard_id]
        if not processor.is_finished or any(shard == shard_id for shard, _ in self.under_way):
            return False
        del self.processors[shard_id]
        self.waits.pop(shard_id, None)
        self.unsaved = [each for each in self.unsaved if each != shard_id]
        self.last_words[shard_id] = finished(processor.state())
        self.finished.add(shard_id)
        self.unsaved.append(shard_id)
        self._begin_shards()
        return True

    # What is durable.

    def _start_at_the_tip(self) -> None:
        """LATEST: what was written before is none of the mapping's business."""
        for _ in range(self.random.randint(0, 3)):
            self.stream.write(self.now_ms)
        self.stream.trimmed.update(self.stream.all)
        for shard_id in self.stream.shards:
            self.stored[shard_id] = started_at(SequenceNumber(self.stream.tip))

    def _ask_to_save(self, shard_id: str) -> None:
        if shard_id not in self.unsaved:
            self.unsaved.append(shard_id)

    def _save(self) -> None:
        """A commit takes the oldest save along, with the shard's newest state."""
        shard_id = self.unsaved.pop(0)
        if shard_id in self.processors:
            self.stored[shard_id] = self.processors[shard_id].state()
        else:
            self.stored[shard_id] = self.last_words[shard_id]
        self.stored_expected[shard_id] = dict(self.expected.get(shard_id, {}))
        self.history.saved(shard_id)
        self.history.check_position(shard_id, checkpoint_of(self.stored[shard_id]).position)

    def _crash(self) -> None:
        self.history.crashed()
        self.under_way.clear()
        self.processors.clear()
        self.waits.clear()
        self.unsaved.clear()
        self.finished = {shard for shard, state in self.stored.items() if is_finished(state)}
        self._begin_shards()

    def _check_position(self, shard_id: str) -> None:
        if shard_id in self.processors:
            self.history.check_position(shard_id, self.processors[shard_id].position)


def failures(seeds: range) -> list[str]:
    """What is wrong with which seed; empty when every invariant held."""
    found = []
    for seed in seeds:
        try:
            Simulation(seed).run()
        except Exception as error:
            found.append(f"seed {seed}: {type(error).__name__}: {error}"[:500])
    return found


def random_settings(random: Random) -> MappingSettings:
    """Every option, in any combination a mapping can have."""
    window_s = random.choice([0, 0, 0, 10, 60])
    return MappingSettings(
        batch_size=random.choice([1, 2, 3, 7, 100, 10_000]),
        batching_window_s=random.choice([0, 0, 0, 1, 5, 300]),
        parallelization_factor=random.choice([1, 1, 1, 2, 3, 10]),
        retry_attempts_max=random.choice([-1, -1, 0, 1, 3]),
        record_age_max_s=random.choice([-1, -1, -1, 60, 300, 604_800]),
        is_bisecting=random.random() < 0.5,
        reports_item_failures=random.random() < 0.5,
        tumbling_window_s=window_s,
        filters=tuple(random.sample(FILTERS, random.choice([1, 2]))) if random.random() < 0.4 else (),
    )


def changed(random: Random, settings: MappingSettings) -> MappingSettings:
    """An update: some options from another version."""
    other = random_settings(random)
    return replace(
        random.choice([settings, other]),
        filters=random.choice([settings.filters, other.filters]),
        retry_attempts_max=random.choice([settings.retry_attempts_max, other.retry_attempts_max]),
        tumbling_window_s=random.choice([settings.tumbling_window_s, other.tumbling_window_s]),
        parallelization_factor=random.choice([settings.parallelization_factor, other.parallelization_factor]),
    )
