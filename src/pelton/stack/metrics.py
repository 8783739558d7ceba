"""What ``GET /_pelton/metrics`` answers: Prometheus' text format, version 0.0.4.

Counters begin anew with each start, gauges are read when asked. Names follow Prometheus' rules: seconds, bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

from pelton.functions.invocation import Invocation, Outcome
from pelton.stack.core import Core
from pelton.storage.folder import DATABASE
from pelton.triggers.counting import EventCounts
from pelton.triggers.events import ShardStatus
from pelton.triggers.queue_status import QueueCounts, QueueStatus

#: Bytes of a page of the write-ahead log.
_PAGE_BYTES = 4096

Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float]


@dataclass(slots=True)
class _Invocations:
    """What a function's invocations came to so far."""

    succeeded: int = 0
    failed: int = 0
    duration_s: float = 0.0


@dataclass(slots=True)
class Metrics:
    """Counts invocations from the moment it is made, and reads the rest off the core."""

    core: Core
    _invocations: dict[str, _Invocations] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.core.functions.on_outcome(self._count)

    def text(self) -> str:
        """All metrics as they are now."""
        families = (
            *self._trigger_families(),
            *self._queue_families(),
            *self._function_families(),
            *self._storage_families(),
        )
        return "".join(_rendered(*family) for family in families)

    def _count(self, invocation: Invocation, outcome: Outcome) -> None:
        function = self.core.functions.get(invocation.function_name)
        name = invocation.function_name if function is None else function.name
        counted = self._invocations.setdefault(name, _Invocations())
        counted.duration_s += outcome.duration_ms / 1000
        if outcome.succeeded:
            counted.succeeded += 1
        else:
            counted.failed += 1

    def _trigger_families(self) -> Iterable[tuple[str, str, str, list[Sample]]]:
        rows: list[tuple[Labels, ShardStatus]] = [
            ((("function", status.function_name), ("shard", status.shard)), status)
            for status in self.core.triggers.status()
        ]
        for name, help_text, value in _TRIGGER_GAUGES:
            yield f"pelton_trigger_{name}", "gauge", help_text, [(labels, value(status)) for labels, status in rows]
        now_ms = self.core.ground.clock.now_ms()
        for name, help_text, due_ms in _TRIGGER_TIMES:
            due = [(labels, at) for labels, status in rows if (at := due_ms(status)) is not None]
            samples = [(labels, max(at - now_ms, 0) / 1000) for labels, at in due]
            yield f"pelton_trigger_{name}_seconds", "gauge", help_text, samples
        yield (
            "pelton_trigger_events_total",
            "counter",
            "Records by what became of them, as Lambda counts events; invoked counts again with each attempt.",
            self._event_samples(),
        )

    def _queue_families(self) -> Iterable[tuple[str, str, str, list[Sample]]]:
        rows: list[tuple[Labels, QueueStatus]] = [
            ((("function", status.function_name), ("queue", status.queue)), status)
            for status in self.core.queue_triggers.status()
        ]
        for name, help_text, value in _QUEUE_GAUGES:
            yield f"pelton_queue_{name}", "gauge", help_text, [(labels, value(status)) for labels, status in rows]

    def _event_samples(self) -> list[Sample]:
        counts: dict[str, EventCounts | QueueCounts] = {
            **self.core.triggers.counts,
            **self.core.queue_triggers.counts(),
        }
        names = {mapping.uuid: mapping.function_name for mapping in self.core.triggers.mappings()}
        names |= {mapping.uuid: mapping.function_name for mapping in self.core.queue_triggers.mappings()}
        return [
            ((("function", name), ("mapping", uuid), ("event", event)), number)
            for uuid, name in names.items()
            if uuid in counts
            for event, number in asdict(counts[uuid]).items()
        ]

    def _function_families(self) -> Iterable[tuple[str, str, str, list[Sample]]]:
        counted = sorted(self._invocations.items())
        yield (
            "pelton_function_invocations_total",
            "counter",
            "Invocations that have ended.",
            [
                ((("function", name), ("outcome", outcome)), number)
                for name, each in counted
                for outcome, number in (("succeeded", each.succeeded), ("failed", each.failed))
            ],
        )
        yield (
            "pelton_function_duration_seconds_total",
            "counter",
            "Time spent inside handlers.",
            [((("function", name),), each.duration_s) for name, each in counted],
        )

    def _storage_families(self) -> Iterable[tuple[str, str, str, list[Sample]]]:
        figures = self.core.storage.checkpoint_figures()
        yield "pelton_log_tip", "gauge", "Sequence number of the newest change.", [((), self.core.tip())]
        yield (
            "pelton_data_bytes",
            "gauge",
            "Size of the data file, which has free pages too.",
            [((), (self.core.storage.path / DATABASE).stat().st_size)],
        )
        yield (
            "pelton_wal_bytes_max",
            "gauge",
            "Largest size of the write-ahead log since the start.",
            [((), figures.wal_pages_max * _PAGE_BYTES)],
        )
        yield (
            "pelton_checkpoint_stall_seconds_max",
            "gauge",
            "Longest time that writes were held for a checkpoint.",
            [((), figures.stall_s_max)],
        )
        yield (
            "pelton_checkpoints_total",
            "counter",
            "Times the write-ahead log was moved into the database whole.",
            [((), figures.completed)],
        )


#: What a shard's status tells as it is: name, help, value.
_TRIGGER_GAUGES: tuple[tuple[str, str, Callable[[ShardStatus], float]], ...] = (
    ("iterator_age_seconds", "Age of the oldest record that is not done.", lambda status: status.lag_s),
    ("lag_records", "Records of the shard that the function has not finished.", lambda status: status.lag_records),
    ("records_per_second", "Records delivered, over the last ten seconds.", lambda status: status.rate_per_s),
    ("attempt", "Invocations of the batch in hand so far; more than one while it is retried.", lambda s: s.attempt),
    ("behind_records", "Records that wait behind a batch that is tried again.", lambda s: s.behind_records),
    ("paused", "1 while the trigger is paused or its mapping disabled.", lambda s: float(s.state == "paused")),
    ("checkpoint_age_seconds", "For how long progress has not been stored; 0 when all is.", lambda s: s.unsaved_s),
)
#: What a queue's status tells as it is: name, help, value.
_QUEUE_GAUGES: tuple[tuple[str, str, Callable[[QueueStatus], float]], ...] = (
    ("messages", "Messages that the queue holds, those in flight and delayed ones too.", lambda s: s.messages),
    ("oldest_age_seconds", "Age of the oldest message.", lambda status: status.oldest_s),
    ("batches", "Batches that the function handles now.", lambda status: status.in_hand),
    ("concurrency", "Batches that may be handled at a time now.", lambda status: status.concurrency),
    ("messages_per_second", "Messages done, over the last ten seconds.", lambda status: status.rate_per_s),
    ("paused", "1 while the trigger is paused or its mapping disabled.", lambda s: float(s.state == "paused")),
)
#: What is due while a batch is tried again: name, help, when (ms).
_TRIGGER_TIMES: tuple[tuple[str, str, Callable[[ShardStatus], int | None]], ...] = (
    ("next_attempt", "Time until a failed batch is tried again.", lambda status: status.next_attempt_ms),
    ("expires_in", "Time until a failed batch is given up for its age.", lambda status: status.expires_ms),
)


def _rendered(name: str, kind: str, help_text: str, samples: list[Sample]) -> str:
    """One family: its two comments and a line for each sample."""
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
        lines.append(f"{name}{{{shown}}} {_number(value)}" if shown else f"{name} {_number(value)}")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
