"""When records make a batch, by count, by time and by payload."""

from __future__ import annotations

import pytest

from pelton.storage.catalog import SequenceNumber
from pelton.triggers.batching import PAYLOAD_BYTES_MAX, BatchRules, RecordQueue
from pelton.triggers.payload import event_bytes
from pelton.triggers.pieces import piece_of
from pelton.triggers.protocols import SourceRecord
from pelton.triggers.windows import TumblingWindow, window_of

NOW = 1_761_000_000_000


def queue_of(*events: bytes, created_ms: int = NOW) -> RecordQueue:
    queue = RecordQueue()
    for number, event in enumerate(events, 1):
        queue.append(SourceRecord(SequenceNumber(number), created_ms, event, b"k"), NOW)
    return queue


def rules(batch_size: int = 100, window_ms: int = 0) -> BatchRules:
    return BatchRules(batch_size=batch_size, window_ms=window_ms)


def test_without_a_window_anything_is_a_batch_at_once() -> None:
    assert queue_of(b"{}").ready_at(rules(), None, NOW) == NOW


def test_nothing_is_never_a_batch() -> None:
    assert RecordQueue().ready_at(rules(), None, NOW) is None


def test_the_window_runs_from_the_first_record() -> None:
    queue = queue_of(b"{}")
    queue.append(SourceRecord(SequenceNumber(2), NOW, b"{}", b"k"), NOW + 4000)

    assert queue.ready_at(rules(window_ms=5000), None, NOW + 4000) == NOW + 5000


def test_a_full_batch_does_not_wait() -> None:
    assert queue_of(b"{}", b"{}").ready_at(rules(batch_size=2, window_ms=5000), None, NOW + 1) == NOW + 1


def test_a_full_payload_does_not_wait() -> None:
    queue = queue_of(*[b"x" * 2_000_000] * 4)

    assert queue.ready_at(rules(window_ms=5000), None, NOW + 1) == NOW + 1


def test_the_next_window_begins_when_the_invocation_before_has_ended() -> None:
    queue = queue_of(b"{}", b"{}")
    queue.take(rules(batch_size=1), None)
    queue.reopen(NOW + 60_000)

    assert queue.ready_at(rules(window_ms=5000), None, NOW + 60_000) == NOW + 65_000


@pytest.mark.parametrize("state", [b"{}", b'{"s":"' + b"x" * 1_000_000 + b'"}'])
@pytest.mark.parametrize("size", [400_000, 1_048_575, 1_048_576, 3_145_000, 6_000_000])
def test_a_batch_is_cut_so_that_its_event_fits(size: int, state: bytes) -> None:
    window = window_of(NOW, 60).with_state(state)
    queue = queue_of(*[b"x" * size] * 20)

    while len(queue):
        taken = queue.take(rules(), window)
        event = event_bytes(piece_of(taken), window, shard_id="s" * 65, stream_arn="a" * 1024)
        assert len(event) <= PAYLOAD_BYTES_MAX or len(taken) == 1


def test_a_single_record_goes_even_beside_a_large_state() -> None:
    """Two images of 400 KB are the most a record holds; escapes may make its JSON six times as long."""
    queue = queue_of(b"x" * 7_000_000, b"{}")

    assert [record.number for record in queue.take(rules(), None)] == [1]
    assert [record.number for record in queue.take(rules(), None)] == [2]
    assert queue.bytes == 0


def test_a_batch_ends_with_its_tumbling_window() -> None:
    window = TumblingWindow(start_ms=NOW, end_ms=NOW + 10_000)
    queue = queue_of(b"{}", b"{}")
    queue.append(SourceRecord(SequenceNumber(3), NOW + 10_000, b"{}", b"k"), NOW)

    assert queue.ready_at(rules(window_ms=300_000), window, NOW) == NOW
    assert [record.number for record in queue.take(rules(), window)] == [1, 2]


def test_what_is_drained_is_gone() -> None:
    queue = queue_of(b"{}", b"{}")

    assert [record.number for record in queue.drain()] == [1, 2]
    assert (len(queue), queue.bytes, queue.head) == (0, 0, None)
