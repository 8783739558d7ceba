"""What follows an attempt at an asynchronous event."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pelton.functions.asynchronous.deciding import (
    Condition,
    Ended,
    after_run,
    after_throttling,
    before_attempt,
)
from pelton.functions.asynchronous.settings import EventSettings
from pelton.storage.async_events import AsyncEvent

EVENT = AsyncEvent(
    function="arn:aws:lambda:us-east-1:000000000000:function:f",
    qualifier="",
    request_id="r",
    trace=None,
    accepted_ms=1_000_000,
    due_ms=1_000_000,
    payload=b"{}",
)


def test_a_failure_is_tried_again_after_one_minute_and_after_two() -> None:
    settings = EventSettings()

    first = after_run(EVENT, settings, 1_000_500, has_succeeded=False)
    assert isinstance(first, AsyncEvent)
    second = after_run(first, settings, 1_060_700, has_succeeded=False)
    assert isinstance(second, AsyncEvent)
    third = after_run(second, settings, 1_190_000, has_succeeded=False)

    assert (first.due_ms, first.attempts) == (1_060_500, 1)
    assert (second.due_ms, second.attempts) == (1_180_700, 2)
    assert third == Ended(Condition.RETRIES_EXHAUSTED, 3)


def test_no_retries_means_one_attempt() -> None:
    step = after_run(EVENT, EventSettings(retries_max=0), 1_000_500, has_succeeded=False)

    assert step == Ended(Condition.RETRIES_EXHAUSTED, 1)


def test_success_ends_it_whatever_came_before() -> None:
    step = after_run(replace(EVENT, attempts=2), EventSettings(), 1_200_000, has_succeeded=True)

    assert step == Ended(Condition.SUCCESS, 3)


def test_a_retry_beyond_the_events_age_is_none() -> None:
    settings = EventSettings(age_s_max=60)

    step = after_run(EVENT, settings, 1_030_000, has_succeeded=False)
    assert isinstance(step, AsyncEvent)

    assert step.due_ms == 1_060_000
    assert before_attempt(step, settings, step.due_ms) == Ended(Condition.EVENT_AGE_EXCEEDED, 1)
    assert before_attempt(step, settings, step.due_ms - 1) is None


def test_what_may_never_run_goes_straight_to_the_failures() -> None:
    assert after_throttling(EVENT, EventSettings(), 1_000_000, may_run_never=True) == Ended(
        Condition.RETRIES_EXHAUSTED, 0
    )


@given(st.integers(0, 200), st.integers(60, 21_600))
def test_throttling_backs_off_from_a_second_to_five_minutes_within_the_age(delays: int, age_s: int) -> None:
    settings = EventSettings(age_s_max=age_s)
    now_ms = EVENT.accepted_ms + 10_000

    step = after_throttling(replace(EVENT, delays=delays, attempts=1), settings, now_ms, may_run_never=False)

    assert isinstance(step, AsyncEvent)
    assert (step.attempts, step.delays) == (1, delays + 1)
    assert step.due_ms == min(now_ms + min(1000 * 2**delays, 300_000), EVENT.accepted_ms + age_s * 1000)
