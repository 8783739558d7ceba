"""What follows an attempt at an event: another one later, or the end. Pure.

A function's error is tried again after one minute, and after two; throttling is not counted as an attempt and
backs off from one second to five minutes. Source: Lambda developer guide, "How Lambda handles errors and
retries with asynchronous invocation".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from pelton.functions.asynchronous.settings import EventSettings
from pelton.storage.async_events import AsyncEvent

#: Pauses after the first and the second failed attempt.
RETRY_DELAYS_MS = (60_000, 120_000)
#: Backoff while an event is throttled, or its destination cannot take it.
BACKOFF_MS_MIN = 1_000
BACKOFF_MS_MAX = 300_000


class Condition(Enum):
    """How an event ended; the value is Lambda's word for it."""

    SUCCESS = "Success"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    EVENT_AGE_EXCEEDED = "EventAgeExceeded"


@dataclass(frozen=True, slots=True)
class Ended:
    """The event is over."""

    condition: Condition
    attempts: int


#: Over, or the event with the time at which it is due again.
Step = Ended | AsyncEvent


def before_attempt(event: AsyncEvent, settings: EventSettings, now_ms: int) -> Ended | None:
    """Whether the event is too old to be tried; None: try it."""
    if now_ms >= _expires_ms(event, settings):
        return Ended(Condition.EVENT_AGE_EXCEEDED, event.attempts)
    return None


def after_run(event: AsyncEvent, settings: EventSettings, now_ms: int, *, has_succeeded: bool) -> Step:
    """What follows a run of the function."""
    attempts = event.attempts + 1
    if has_succeeded:
        return Ended(Condition.SUCCESS, attempts)
    if attempts > settings.retries_max:
        return Ended(Condition.RETRIES_EXHAUSTED, attempts)
    delay_ms = RETRY_DELAYS_MS[min(attempts, len(RETRY_DELAYS_MS)) - 1]
    return replace(event, attempts=attempts, delays=0, due_ms=_due_ms(event, settings, now_ms + delay_ms))


def after_throttling(event: AsyncEvent, settings: EventSettings, now_ms: int, *, may_run_never: bool) -> Step:
    """What follows an attempt for which there was no room.

    Args:
        may_run_never: the function's reserved concurrency is 0: its events go straight to where failures go.
    """
    if may_run_never:
        return Ended(Condition.RETRIES_EXHAUSTED, event.attempts)
    due_ms = _due_ms(event, settings, now_ms + backoff_ms(event.delays))
    return replace(event, delays=event.delays + 1, due_ms=due_ms)


def backoff_ms(delays: int) -> int:
    """The pause after so many before it."""
    return min(BACKOFF_MS_MIN << min(delays, 20), BACKOFF_MS_MAX)


def _expires_ms(event: AsyncEvent, settings: EventSettings) -> int:
    return event.accepted_ms + settings.age_s_max * 1000


def _due_ms(event: AsyncEvent, settings: EventSettings, wanted_ms: int) -> int:
    """Due as wanted, but no later than the event's age allows: it is given up then."""
    return min(wanted_ms, _expires_ms(event, settings))
