"""Schedules at work: each waits for its next time on the Clock and hands the event on, to be run asynchronously.

What was missed while Pelton was stopped is not made up for. A clock that jumped over a time runs it once.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import orjson

from pelton.clock import Clock, Timer
from pelton.operations import JsonObject
from pelton.triggers.schedule_expressions import Next

#: The wall clock is looked at this often at least: it may be set, and the machine may sleep.
_LOOK_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule of a function."""

    name: str  #: of its rule
    function_arn: str
    function_key: str
    expression: str
    next: Next
    arn: str  #: of the rule, or of the schedule of EventBridge Scheduler
    input: bytes | None = None  #: JSON text that the function gets in place of the event
    is_enabled: bool = True


#: Takes the ARN of a function and its event; what it returns names the invocation.
Invoke = Callable[[str, bytes], Awaitable[str]]


class Schedules:
    """The schedules of a project."""

    def __init__(self, invoke: Invoke, *, clock: Clock, random: Random) -> None:
        self._invoke = invoke
        self._clock = clock
        self._random = random
        self._schedules: dict[str, Schedule] = {}
        self._began_ms: dict[str, int] = {}
        self._due_ms: dict[str, int | None] = {}
        self._timers: dict[str, Timer] = {}
        self._firing: set[asyncio.Task[str]] = set()
        self._is_started = False

    def declare(self, schedules: Sequence[Schedule]) -> None:
        """Let there be exactly these; one that has not changed goes on in its rhythm."""
        declared = {schedule.name: schedule for schedule in schedules}
        for name, schedule in tuple(self._schedules.items()):
            if name not in declared or declared[name].expression != schedule.expression:
                self._began_ms.pop(name, None)
        self._schedules = declared
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._is_started:
            self._begin()

    def start(self) -> None:
        """Begin to wait."""
        self._is_started = True
        self._begin()

    def close(self) -> None:
        """Fire nothing more."""
        self._is_started = False
        for timer in self._timers.values():
            timer.cancel()

    def all(self) -> list[tuple[Schedule, int | None]]:
        """All schedules by name, with when they are due next; None: never, or it is not enabled."""
        return [(self._schedules[name], self._due_ms.get(name)) for name in sorted(self._schedules)]

    async def fire(self, schedule: Schedule, at_ms: int) -> str:
        """Run a schedule's function as if it were that time; names the invocation."""
        payload = schedule.input if schedule.input is not None else orjson.dumps(self._event(schedule, at_ms))
        return await self._invoke(schedule.function_arn, payload)

    def _begin(self) -> None:
        now_ms = self._clock.now_ms()
        for name, schedule in self._schedules.items():
            self._began_ms.setdefault(name, now_ms)
            self._due_ms[name] = schedule.next(now_ms, self._began_ms[name]) if schedule.is_enabled else None
            self._wait(name)

    def _wait(self, name: str) -> None:
        due_ms = self._due_ms[name]
        if due_ms is not None:
            wait_s = min(max((due_ms - self._clock.now_ms()) / 1000, 0.0), _LOOK_S)
            self._timers[name] = self._clock.call_later(wait_s, lambda: self._look(name))

    def _look(self, name: str) -> None:
        """Fire what is due, and wait for the next."""
        schedule, due_ms, now_ms = self._schedules[name], self._due_ms[name], self._clock.now_ms()
        assert due_ms is not None, "it was waited for"
        if now_ms >= due_ms:
            firing = asyncio.get_running_loop().create_task(self._fired(schedule, due_ms))
            self._firing.add(firing)
            firing.add_done_callback(self._firing.discard)
            self._due_ms[name] = schedule.next(now_ms, self._began_ms[name])
        self._wait(name)

    async def _fired(self, schedule: Schedule, due_ms: int) -> str:
        return await self.fire(schedule, due_ms)

    def _event(self, schedule: Schedule, at_ms: int) -> JsonObject:
        """The event of a rule, or of EventBridge Scheduler, whose detail is text."""
        _, _, _, region, account, resource = schedule.arn.split(":", 5)
        is_rule = resource.startswith("rule/")
        return {
            "version": "0",
            "id": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "detail-type": "Scheduled Event",
            "source": "aws.events" if is_rule else "aws.scheduler",
            "account": account,
            "time": f"{datetime.fromtimestamp(at_ms // 1000, tz=UTC):%Y-%m-%dT%H:%M:%SZ}",
            "region": region,
            "resources": [schedule.arn],
            "detail": {} if is_rule else "{}",
        }
