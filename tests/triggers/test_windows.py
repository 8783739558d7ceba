"""Tumbling windows: alignment, what the event says, the state passed along, and every way a window ends."""

from __future__ import annotations

import orjson
import pytest

from pelton.operations import JsonObject
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.payload import event_bytes
from pelton.triggers.processor import Action, Invoke, ShardProcessor
from pelton.triggers.windows import LATE_MS, STATE_BYTES_MAX, window_from_json, window_json, window_of
from tests.triggers.simulated_function import Meaning, Said
from tests.triggers.test_processor import (
    FAILURE,
    HOUR_MS,
    NOW,
    given_up,
    keys_of_lanes,
    page,
    processor,
    record,
    waits,
)

#: 2025-10-20T22:40:00Z, on the minute.
MINUTE = 1_761_000_000_000


def events(actions: list[Action]) -> list[JsonObject]:
    return [
        orjson.loads(event_bytes(action.piece, action.window, shard_id="shard", stream_arn="arn:stream"))
        for action in actions
        if isinstance(action, Invoke)
    ]


def state(value: object) -> Said:
    return Said(meaning=Meaning.SUCCEEDED, payload=orjson.dumps({"state": value}))


def step(worker: ShardProcessor, now_ms: int, answer: Said) -> JsonObject:
    """The one invocation that is due, answered."""
    (event,) = events(worker.decide(now_ms))
    worker.answered(0, answer, now_ms)
    return event


@pytest.mark.parametrize("length_s", [1, 7, 60, 900])
@pytest.mark.parametrize("offset_ms", [0, 1, 999, 61_000])
def test_a_window_is_aligned_to_its_length_and_holds_its_record(length_s: int, offset_ms: int) -> None:
    window = window_of(NOW + offset_ms, length_s)

    assert window.start_ms % (length_s * 1000) == 0
    assert window.end_ms - window.start_ms == length_s * 1000
    assert window.start_ms <= NOW + offset_ms < window.end_ms


def test_an_event_inside_a_window_has_its_members() -> None:
    worker = processor(tumbling_window_s=120)
    worker.add(page(record(1, created_ms=MINUTE + 30_000)), MINUTE + 30_000)

    event = step(worker, MINUTE + 30_000, state({}))

    assert event == {
        "Records": [{}],
        "window": {"start": "2025-10-20T22:40:00Z", "end": "2025-10-20T22:42:00Z"},
        "state": {},
        "shardId": "shard",
        "eventSourceARN": "arn:stream",
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def test_the_state_is_passed_along_and_the_next_window_begins_empty() -> None:
    worker = processor(tumbling_window_s=60, batch_size=1)
    worker.add(page(record(1, created_ms=MINUTE), record(2, created_ms=MINUTE + 59_999)), MINUTE)
    worker.add(page(record(3, created_ms=MINUTE + 60_000)), MINUTE)

    seen = [step(worker, MINUTE, state({"n": number})) for number in range(1, 5)]

    assert [event["state"] for event in seen] == [{}, {"n": 1}, {"n": 2}, {}]
    assert [event["isFinalInvokeForWindow"] for event in seen] == [False, False, True, False]
    assert [len(event["Records"]) for event in seen] == [1, 1, 0, 1]
    assert seen[3]["window"]["start"] == "2025-10-20T22:41:00Z"


def test_a_window_ends_by_time_when_no_record_follows() -> None:
    worker = processor(tumbling_window_s=60)
    worker.add(page(record(1, created_ms=MINUTE)), MINUTE)
    step(worker, MINUTE, state({}))

    over_ms = MINUTE + 60_000 + LATE_MS
    assert waits(worker.decide(MINUTE)) == [over_ms]
    assert step(worker, over_ms, state({}))["isFinalInvokeForWindow"]
    assert worker.decide(over_ms) == [] or not events(worker.decide(over_ms))


def test_a_record_committed_just_after_the_windows_end_still_comes_into_it() -> None:
    worker = processor(tumbling_window_s=60)
    worker.add(page(record(1, created_ms=MINUTE)), MINUTE)
    step(worker, MINUTE, state({"n": 1}))
    late_ms = MINUTE + 60_020
    worker.decide(late_ms)
    worker.add(page(record(2, created_ms=MINUTE + 59_999)), late_ms)

    event = step(worker, late_ms, state({"n": 2}))

    assert (len(event["Records"]), event["state"]) == (1, {"n": 1})
    assert step(worker, late_ms + LATE_MS, state({}))["isFinalInvokeForWindow"]


def test_a_window_does_not_end_by_time_while_more_is_expected() -> None:
    worker = processor(tumbling_window_s=60)
    worker.add(page(record(1, created_ms=MINUTE)), MINUTE)
    step(worker, MINUTE, state({}))

    worker.expect_more()

    assert events(worker.decide(MINUTE + 70_000)) == []


def test_a_window_does_not_end_by_time_while_records_are_unread() -> None:
    worker = processor(tumbling_window_s=60)
    worker.add(page(record(1, created_ms=MINUTE), has_more=True), MINUTE)
    step(worker, MINUTE, state({}))

    assert events(worker.decide(MINUTE + 60_000)) == []


def test_a_window_ends_with_its_shard_and_the_shard_with_it() -> None:
    worker = processor(tumbling_window_s=900)
    worker.add(page(record(1, created_ms=MINUTE), is_end=True), MINUTE)
    step(worker, MINUTE, state({"n": 1}))
    assert not worker.is_finished

    final = step(worker, MINUTE, state({}))

    assert (final["isFinalInvokeForWindow"], final["state"]) == (True, {"n": 1})
    assert worker.is_finished


def test_a_failing_final_invocation_blocks_the_shard() -> None:
    worker = processor(tumbling_window_s=60)
    worker.add(page(record(1, created_ms=MINUTE), record(2, created_ms=MINUTE + 60_000)), MINUTE)
    step(worker, MINUTE, state({}))
    now_ms = MINUTE

    for _ in range(5):
        assert step(worker, now_ms, FAILURE)["isFinalInvokeForWindow"]
        now_ms = waits(worker.decide(now_ms))[0]

    assert worker.position == 1


def test_a_final_invocation_out_of_retries_is_given_up_and_the_next_window_begins() -> None:
    worker = processor(tumbling_window_s=60, retry_attempts_max=0)
    worker.add(page(record(1, created_ms=MINUTE), record(2, created_ms=MINUTE + 60_000)), MINUTE)
    step(worker, MINUTE, state({"n": 1}))
    step(worker, MINUTE, FAILURE)

    assert given_up(worker.decide(MINUTE)) == [("RetryAttemptsExhausted", [], 1)]
    worker.given_up(0, MINUTE)
    assert step(worker, MINUTE, state({}))["state"] == {}


def test_records_given_up_do_not_end_the_window() -> None:
    worker = processor(tumbling_window_s=60, retry_attempts_max=0, batch_size=1)
    worker.add(page(record(1, created_ms=MINUTE), record(2, created_ms=MINUTE), record(3, created_ms=MINUTE)), MINUTE)
    step(worker, MINUTE, state({"n": 1}))
    step(worker, MINUTE, FAILURE)
    worker.decide(MINUTE)
    worker.given_up(0, MINUTE)

    event = step(worker, MINUTE, state({}))

    assert (event["state"], event["isFinalInvokeForWindow"]) == ({"n": 1}, False)


def padded(size: int) -> JsonObject:
    return {"p": "x" * (size - len(b'{"p":""}'))}


def test_a_state_of_the_limit_is_fine() -> None:
    worker = processor(tumbling_window_s=60, batch_size=1)
    worker.add(page(record(1, created_ms=MINUTE), record(2, created_ms=MINUTE)), MINUTE)
    step(worker, MINUTE, state(padded(STATE_BYTES_MAX)))

    event = step(worker, MINUTE, state({}))

    assert (event["isWindowTerminatedEarly"], event["isFinalInvokeForWindow"]) == (False, False)


def test_a_state_past_the_limit_ends_the_window_early() -> None:
    worker = processor(tumbling_window_s=60, batch_size=1)
    worker.add(page(record(1, created_ms=MINUTE), record(2, created_ms=MINUTE)), MINUTE)
    step(worker, MINUTE, state(padded(STATE_BYTES_MAX + 1)))

    final, after = step(worker, MINUTE, state({})), step(worker, MINUTE, state({}))

    assert (final["isWindowTerminatedEarly"], final["isFinalInvokeForWindow"]) == (True, True)
    assert len(final["state"]["p"]) == STATE_BYTES_MAX - 7
    assert (after["state"], len(after["Records"]), after["isWindowTerminatedEarly"]) == ({}, 1, False)


def test_a_state_too_large_in_a_partial_answer_ends_the_window_early_too() -> None:
    worker = processor(tumbling_window_s=60, reports_item_failures=True)
    worker.add(page(record(1, created_ms=MINUTE), record(2, created_ms=MINUTE)), MINUTE)
    answer = {"state": padded(STATE_BYTES_MAX + 1), "batchItemFailures": [{"itemIdentifier": "n2"}]}
    step(worker, MINUTE, Said(meaning=Meaning.STOPPED, payload=orjson.dumps(answer)))

    rest = step(worker, waits(worker.decide(MINUTE))[0], state(padded(STATE_BYTES_MAX + 1)))
    final = step(worker, MINUTE + 2000, state({}))

    assert (len(rest["Records"]), rest["isWindowTerminatedEarly"]) == (1, True)
    assert (final["isFinalInvokeForWindow"], final["isWindowTerminatedEarly"]) == (True, True)


def test_an_open_window_and_its_state_survive_a_restart() -> None:
    worker = processor(tumbling_window_s=60)
    worker.add(page(record(1, created_ms=MINUTE)), MINUTE)
    step(worker, MINUTE, state({"n": [1]}))

    again = processor(worker.state(), tumbling_window_s=60)
    again.add(page(record(2, created_ms=MINUTE + 1)), MINUTE)

    assert step(again, MINUTE, state({}))["state"] == {"n": [1]}


def test_removing_the_tumbling_window_ends_the_open_one() -> None:
    worker = processor(tumbling_window_s=60)
    worker.add(page(record(1, created_ms=MINUTE)), MINUTE)
    step(worker, MINUTE, state({}))

    worker.change(processor().settings)

    assert step(worker, MINUTE, state({}))["isFinalInvokeForWindow"]
    worker.add(page(record(2, created_ms=MINUTE)), MINUTE)
    assert events(worker.decide(MINUTE)) == [{"Records": [{}]}]


def test_a_final_invocation_older_than_the_age_limit_is_given_up() -> None:
    worker = processor(tumbling_window_s=60, record_age_max_s=60)
    worker.add(page(record(1, created_ms=MINUTE)), MINUTE)
    step(worker, MINUTE, state({}))

    assert given_up(worker.decide(MINUTE + HOUR_MS)) == [("RecordAgeExceeded", [], 1)]


def test_a_window_goes_to_json_and_back() -> None:
    window = window_of(NOW, 60).with_state(b'{"a":1}')

    assert window_from_json(orjson.loads(orjson.dumps(window_json(window)))) == window


# Lanes: together with a parallelization factor.


def test_each_lane_has_a_window_and_a_state_of_its_own() -> None:
    first, second = keys_of_lanes(2, (0, 1))
    worker = processor(tumbling_window_s=60, parallelization_factor=2)
    worker.add(page(record(1, first), record(2, second)), NOW)
    assert [event["state"] for event in events(worker.decide(NOW))] == [{}, {}]
    worker.answered(0, state({"lane": 0}), NOW)
    worker.answered(1, state({"lane": 1}), NOW)

    finals = events(worker.decide(NOW + 60_000 + LATE_MS))

    assert [(event["isFinalInvokeForWindow"], event["state"]) for event in finals] == [
        (True, {"lane": 0}),
        (True, {"lane": 1}),
    ]
    assert finals[0]["window"] == finals[1]["window"]


def test_another_parallelization_factor_waits_for_every_open_window() -> None:
    first, second = keys_of_lanes(2, (0, 1))
    worker = processor(tumbling_window_s=60, parallelization_factor=2)
    worker.add(page(record(1, first), record(2, second, created_ms=NOW + 60_000)), NOW)
    worker.decide(NOW)
    worker.answered(0, state({}), NOW)
    worker.answered(1, state({}), NOW)
    worker.add(page(record(3, first, created_ms=NOW + 120_000)), NOW)

    worker.change(MappingSettings(tumbling_window_s=60, parallelization_factor=1))
    (of_first,) = events(worker.decide(NOW + 90_000))
    assert of_first["isFinalInvokeForWindow"]
    worker.answered(0, state({}), NOW + 90_000)

    assert events(worker.decide(NOW + 90_001)) == []  # Record 3 would open another window in the old lane.
    (of_second,) = events(worker.decide(NOW + 180_000 + LATE_MS))
    assert of_second["isFinalInvokeForWindow"]
    worker.answered(1, state({}), NOW + 180_000 + LATE_MS)
    assert len(events(worker.decide(NOW + 180_000 + LATE_MS))) == len(worker.lanes) == 1


def test_lanes_that_wait_for_a_window_do_not_starve_it_of_reading() -> None:
    first, second = keys_of_lanes(2, (0, 1))
    worker = processor(queue=1, tumbling_window_s=60, parallelization_factor=2)
    worker.add(page(record(1, first)), NOW)
    step(worker, NOW, state({}))
    worker.add(page(record(2, second, created_ms=NOW + 60_000), has_more=True), NOW)

    worker.change(MappingSettings(tumbling_window_s=60, parallelization_factor=1))

    (final,) = events(worker.decide(NOW + 1000))
    assert final["isFinalInvokeForWindow"]
