"""ShardProcessor step by step: what each rule of section 4 makes it do next, and what once went wrong."""

from __future__ import annotations

import zlib
from random import Random

import orjson

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.pieces import RETRIES_EXHAUSTED, SKIPPED, TOO_OLD
from pelton.triggers.processor import Action, Discard, Invoke, ProcessorContext, ShardProcessor, Wait
from pelton.triggers.protocols import Page, SourceRecord
from tests.triggers.simulated_function import Meaning, Said

NOW = 1_761_000_000_000
HOUR_MS = 3_600_000
FAILURE = Said(meaning=Meaning.FAILED, payload=b'{"errorMessage":"no"}', function_error="Unhandled")
SUCCESS = Said(meaning=Meaning.SUCCEEDED, payload=b"null")


def processor(stored: JsonObject | None = None, queue: int = 10_000, **settings: object) -> ShardProcessor:
    context = ProcessorContext(
        retention_ms=24 * HOUR_MS,
        random=Random(1),
        number_text=lambda number: f"n{number}",
        partition_key=lambda record: record.keys,
        queue_records_max=queue,
    )
    made = ShardProcessor(MappingSettings(**settings), context, SequenceNumber(0))  # type: ignore[arg-type]
    if stored is not None:
        made.restore(orjson.loads(orjson.dumps(stored)))
    return made


def record(number: int, key: str = "k", created_ms: int = NOW, event: bytes = b"{}") -> SourceRecord:
    return SourceRecord(SequenceNumber(number), created_ms, event, key.encode())


def page(*records: SourceRecord, is_end: bool = False, has_more: bool = False) -> Page:
    return Page(records, SequenceNumber(records[-1].number if records else 0), has_more=has_more, is_end=is_end)


def invoked(actions: list[Action]) -> list[list[int]]:
    return [[each.number for each in action.piece.records] for action in actions if isinstance(action, Invoke)]


def given_up(actions: list[Action]) -> list[tuple[str | None, list[int], int]]:
    return [
        (action.piece.condition, [each.number for each in action.piece.records], action.piece.invoke_count)
        for action in actions
        if isinstance(action, Discard)
    ]


def waits(actions: list[Action]) -> list[int]:
    return [action.until_ms for action in actions if isinstance(action, Wait)]


def names(*numbers: int) -> Said:
    failures = [{"itemIdentifier": f"n{number}"} for number in numbers]
    return Said(meaning=Meaning.STOPPED, payload=orjson.dumps({"batchItemFailures": failures}))


def keys_of_lanes(lanes: int, wanted: tuple[int, ...]) -> list[str]:
    """A key for each of these lanes."""
    return [next(key for key in map(str, range(10_000)) if zlib.crc32(key.encode()) % lanes == lane) for lane in wanted]


def run_until_given_up(worker: ShardProcessor, answer: Said) -> list[list[int]]:
    """Every batch, until something is given up; time moves to whatever is waited for."""
    now_ms, batches = NOW, []
    while not given_up(actions := worker.decide(now_ms)):
        if invoked(actions):
            batches += invoked(actions)
            worker.answered(0, answer, now_ms)
        else:
            now_ms = waits(actions)[0]
    return batches


# 4.5: retry, age, bisect.


def test_n_retries_mean_n_plus_one_invocations() -> None:
    worker = processor(retry_attempts_max=3)
    worker.add(page(record(1), record(2)), NOW)

    batches = run_until_given_up(worker, FAILURE)

    assert batches == [[1, 2]] * 4
    piece = worker.lanes[0].piece
    assert piece is not None
    assert (piece.condition, piece.invoke_count) == (RETRIES_EXHAUSTED, 4)


def test_no_retries_mean_one_invocation() -> None:
    worker = processor(retry_attempts_max=0)
    worker.add(page(record(1)), NOW)

    assert run_until_given_up(worker, FAILURE) == [[1]]


def test_the_last_of_six_failing_is_delivered_five_times_with_three_retries() -> None:
    worker = processor(retry_attempts_max=3, reports_item_failures=True)
    worker.add(page(*(record(number) for number in range(1, 7))), NOW)

    batches = run_until_given_up(worker, names(6))

    assert batches == [[1, 2, 3, 4, 5, 6]] + [[6]] * 4
    piece = worker.lanes[0].piece
    assert piece is not None
    assert (piece.invoke_count, piece.note and piece.note.function_error) == (4, None)


def test_bisecting_eight_records_leaves_the_poison_alone() -> None:
    worker = processor(retry_attempts_max=0, is_bisecting=True)
    worker.add(page(*(record(number) for number in range(1, 9))), NOW)
    batches: list[list[int]] = []
    discarded: list[list[int]] = []

    while not worker.is_idle:
        actions = worker.decide(NOW)
        batches += invoked(actions)
        discarded += [numbers for _, numbers, _ in given_up(actions)]
        if given_up(actions):
            worker.given_up(0, NOW)
        else:
            worker.answered(0, FAILURE if 6 in batches[-1] else SUCCESS, NOW)

    assert batches == [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4], [5, 6, 7, 8], [5, 6], [5], [6], [7, 8]]
    assert discarded == [[6]]


def test_a_function_that_cannot_be_invoked_uses_up_no_retry() -> None:
    worker = processor(retry_attempts_max=0)
    worker.add(page(record(1)), NOW)
    now_ms = NOW

    for _ in range(100):
        actions = worker.decide(now_ms)
        assert invoked(actions) == [[1]]
        worker.not_invoked(0, "throttled", now_ms)
        now_ms = waits(worker.decide(now_ms))[0]

    assert now_ms - NOW > HOUR_MS
    assert given_up(worker.decide(now_ms)) == []


def test_retries_wait_one_second_doubling_to_a_minute() -> None:
    worker = processor()
    worker.add(page(record(1)), NOW)
    now_ms, delays = NOW, []

    for _ in range(9):
        worker.decide(now_ms)
        worker.answered(0, FAILURE, now_ms)
        until_ms = waits(worker.decide(now_ms))[0]
        delays.append(until_ms - now_ms)
        now_ms = until_ms

    for delay, full in zip(delays, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000], strict=True):
        assert 0.8 * full <= delay <= full


def test_a_record_too_old_when_first_read_is_given_up_uninvoked() -> None:
    worker = processor(record_age_max_s=60)
    worker.add(page(record(1, created_ms=NOW - 60_001), record(2, created_ms=NOW - 60_000)), NOW)

    actions = worker.decide(NOW)
    assert given_up(actions) == [(TOO_OLD, [1], 1)]
    worker.given_up(0, NOW)
    assert invoked(worker.decide(NOW)) == [[2]]


def test_without_an_age_limit_what_was_never_offered_is_offered_late() -> None:
    worker = processor()
    worker.add(page(record(1, created_ms=NOW - 48 * HOUR_MS)), NOW)

    assert invoked(worker.decide(NOW)) == [[1]]


def test_a_failing_record_leaves_with_the_streams_retention() -> None:
    worker = processor()
    worker.add(page(record(1, created_ms=NOW)), NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)

    assert given_up(worker.decide(NOW + 24 * HOUR_MS + 1)) == [(TOO_OLD, [1], 1)]


def test_an_old_record_behind_a_younger_one_is_not_delivered_past_its_age() -> None:
    worker = processor(record_age_max_s=60)
    worker.add(page(record(1), record(2, created_ms=NOW - 90_000), record(3)), NOW)

    assert invoked(worker.decide(NOW)) == [[1]]
    worker.answered(0, SUCCESS, NOW)
    assert given_up(worker.decide(NOW)) == [(TOO_OLD, [2], 1)]
    worker.given_up(0, NOW)
    assert invoked(worker.decide(NOW)) == [[3]]


def test_a_clock_set_back_does_not_hold_up_a_retry() -> None:
    worker = processor()
    worker.add(page(record(1)), NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)

    assert invoked(worker.decide(NOW - HOUR_MS)) == [[1]]


def test_a_clock_set_back_does_not_stretch_a_batching_window() -> None:
    worker = processor(batching_window_s=5)
    worker.add(page(record(1)), NOW)

    assert waits(worker.decide(NOW - HOUR_MS)) == [NOW - HOUR_MS + 5000]


# 4.3 and 4.1: batches and lanes.


def test_reading_that_pauses_for_lack_of_room_ends_every_batching_window() -> None:
    worker = processor(queue=4, batching_window_s=300, batch_size=100, parallelization_factor=2)
    first, second = keys_of_lanes(2, (0, 1))
    worker.add(page(record(1, first), record(2, first), record(3, first), record(4, second)), NOW)

    assert not worker.wants_records
    assert invoked(worker.decide(NOW)) == [[1, 2, 3], [4]]


def test_a_failing_lane_lets_the_other_go_on_and_holds_the_position() -> None:
    worker = processor(parallelization_factor=2)
    first, second = keys_of_lanes(2, (0, 1))
    worker.add(page(record(1, first), record(2, second)), NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)
    worker.answered(1, SUCCESS, NOW)
    worker.add(page(record(3, first), record(4, second)), NOW)

    assert invoked(worker.decide(NOW)) == [[4]]
    assert worker.position == 0


def test_a_page_the_filter_refuses_whole_moves_the_position_and_invokes_nothing() -> None:
    worker = processor(filters=('{"eventName":["REMOVE"]}',))
    worker.add(page(record(1), record(2)), NOW)

    assert invoked(worker.decide(NOW)) == []
    assert worker.position == 2


# Updates and restarts.


def failing(retries: int = 2, **settings: object) -> tuple[ShardProcessor, tuple[str, str]]:
    """One batch of two keys that has failed once."""
    worker = processor(retry_attempts_max=retries, **settings)
    first, second = keys_of_lanes(2, (0, 1))
    worker.add(page(record(1, first), record(2, second), record(3, first)), NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)
    return worker, (first, second)


def test_an_update_of_the_parallelization_factor_keeps_the_retries_used_up() -> None:
    worker, _ = failing()

    worker.change(MappingSettings(retry_attempts_max=2, parallelization_factor=2))
    until_ms = waits(worker.decide(NOW))[0]

    assert invoked(worker.decide(until_ms)) == [[1, 3], [2]]
    assert [lane.piece and lane.piece.attempts for lane in worker.lanes] == [1, 1]


def test_a_restart_with_another_parallelization_factor_keeps_the_retries_used_up() -> None:
    worker, (first, second) = failing()

    again = processor(worker.state(), retry_attempts_max=2, parallelization_factor=2)
    again.add(page(record(1, first), record(2, second), record(3, first)), NOW)
    until_ms = waits(again.decide(NOW))[0]

    assert invoked(again.decide(until_ms)) == [[1, 3], [2]]
    assert [lane.piece and lane.piece.attempts for lane in again.lanes] == [1, 1]


def test_parts_of_different_lanes_find_their_own_records_after_a_restart() -> None:
    first, second = keys_of_lanes(2, (0, 1))
    worker = processor(retry_attempts_max=2, parallelization_factor=2)
    records = page(record(1, first), record(2, second), record(3, first), record(4, second))
    worker.add(records, NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)
    worker.answered(1, FAILURE, NOW)
    worker.change(MappingSettings(retry_attempts_max=2, parallelization_factor=1))
    worker.decide(NOW)

    again = processor(worker.state(), retry_attempts_max=2)
    again.add(records, NOW)
    until_ms = waits(again.decide(NOW))[0]

    assert invoked(again.decide(until_ms)) == [[1, 3]]
    again.answered(0, SUCCESS, until_ms)
    assert invoked(again.decide(until_ms)) == [[2, 4]]


def test_an_update_of_the_lanes_while_pieces_are_read_again_does_not_stop_the_shard() -> None:
    worker, (first, second) = failing()
    again = processor(worker.state(), retry_attempts_max=2)
    again.change(MappingSettings(retry_attempts_max=2, parallelization_factor=2))

    assert again.decide(NOW) == []
    again.add(page(record(1, first), record(2, second), record(3, first)), NOW)

    assert waits(again.decide(NOW))


def test_a_restored_piece_whose_last_records_were_trimmed_ends_with_its_shard() -> None:
    worker, _ = failing()

    again = processor(worker.state())
    again.add(Page((), SequenceNumber(0), has_more=False, is_end=True), NOW)
    again.decide(NOW)

    assert again.is_finished


def test_records_a_new_filter_refuses_vanish_from_a_restored_piece() -> None:
    worker, (first, second) = failing()
    wanted = b'{"eventName":"INSERT"}'

    again = processor(worker.state(), retry_attempts_max=2, filters=('{"eventName":["INSERT"]}',))
    again.add(page(record(1, first), record(2, second, event=wanted), record(3, first)), NOW)

    assert invoked(again.decide(NOW + 60_000)) == [[2]]


def test_an_open_window_outlives_a_restart_with_another_parallelization_factor() -> None:
    worker = processor(tumbling_window_s=60)
    worker.add(page(record(1)), NOW)
    worker.decide(NOW)
    worker.answered(0, Said(meaning=Meaning.SUCCEEDED, payload=b'{"state":{"n":1}}'), NOW)

    again = processor(worker.state(), parallelization_factor=2)
    actions = again.decide(NOW)

    (final,) = [action for action in actions if isinstance(action, Invoke)]
    assert final.piece.is_final
    assert final.window is not None
    assert final.window.state == b'{"n":1}'


def test_a_record_an_older_filter_refused_does_not_come_behind_later_ones_after_a_restart() -> None:
    events = [b'{"n":[1]}', b'{"n":[0]}', b'{"n":[1]}']
    records = [record(number, event=event) for number, event in enumerate(events, 1)]
    worker = processor(filters=('{"n":[1]}',), is_bisecting=True)
    worker.add(page(*records), NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)

    again = processor(worker.state(), is_bisecting=True)
    again.add(page(*records), NOW)

    assert invoked(again.decide(NOW)) == [[1]]
    again.answered(0, SUCCESS, NOW)
    assert invoked(again.decide(NOW)) == [[3]]


# Skipping, by the operator.


def test_nothing_is_skipped_that_has_not_failed() -> None:
    worker = processor()
    worker.add(page(record(1)), NOW)
    worker.decide(NOW)

    assert worker.skip() == []
    worker.answered(0, SUCCESS, NOW)
    assert worker.skip() == []


def test_what_failed_is_skipped_whole_and_the_rest_goes_on() -> None:
    worker = processor(batch_size=2)
    worker.add(page(record(1), record(2), record(3)), NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)

    assert [len(piece.records) for piece in worker.skip()] == [2]
    assert given_up(worker.decide(NOW)) == [(SKIPPED, [1, 2], 1)]
    worker.given_up(0, NOW)
    assert invoked(worker.decide(NOW)) == [[3]]


def test_a_record_the_function_named_is_skipped_alone() -> None:
    worker = processor(reports_item_failures=True, retry_attempts_max=1)
    worker.add(page(record(1), record(2), record(3)), NOW)
    worker.decide(NOW)
    worker.answered(0, names(2), NOW)

    worker.skip()

    assert given_up(worker.decide(NOW)) == [(SKIPPED, [2], 1)]
    worker.given_up(0, NOW)
    assert invoked(worker.decide(NOW)) == [[3]]
    assert worker.position == 2


def test_what_is_tried_at_the_moment_is_skipped_when_it_fails_again() -> None:
    worker = processor()
    worker.add(page(record(1), record(2)), NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)
    worker.decide(NOW + 1000)

    assert [len(piece.records) for piece in worker.skip()] == [2]
    assert given_up(worker.decide(NOW + 1000)) == []
    worker.answered(0, FAILURE, NOW + 2000)

    assert given_up(worker.decide(NOW + 2000)) == [(SKIPPED, [1, 2], 2)]


def test_what_succeeds_after_all_is_not_skipped_and_neither_is_what_fails_later() -> None:
    worker = processor(batch_size=1)
    worker.add(page(record(1), record(2)), NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)
    worker.decide(NOW + 1000)
    worker.skip()
    worker.answered(0, SUCCESS, NOW + 2000)
    worker.decide(NOW + 2000)
    worker.answered(0, FAILURE, NOW + 2000)

    assert given_up(worker.decide(NOW + 2000)) == []
    assert waits(worker.decide(NOW + 2000)) != []


def test_a_skip_survives_a_restart_before_it_is_carried_out() -> None:
    worker = processor()
    worker.add(page(record(1)), NOW)
    worker.decide(NOW)
    worker.answered(0, FAILURE, NOW)
    worker.skip()
    assert worker.take_checkpoint()

    again = processor(worker.state())
    again.add(page(record(1)), NOW)

    assert given_up(again.decide(NOW)) == [(SKIPPED, [1], 1)]
