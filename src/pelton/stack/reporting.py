"""What the rooms tell, turned into lines for people."""

from __future__ import annotations

from collections.abc import Callable

from pelton.clock import Clock
from pelton.functions.invocation import Invocation, LogKind, LogLine, Outcome
from pelton.functions.service import Functions
from pelton.stack.events import Event, EventLog, Kind
from pelton.triggers.events import TriggerEvent, TriggerEventKind

_KINDS = {LogKind.FUNCTION: Kind.LOG, LogKind.PLATFORM: Kind.PLATFORM, LogKind.ADVICE: Kind.NOTE}
#: Trigger events that are good or neutral news.
_HARMLESS = {TriggerEventKind.RECOVERED, TriggerEventKind.BACKLOG, TriggerEventKind.PASS_ENDED}


class Reporting:
    """Callbacks for the rooms; each adds one event."""

    def __init__(self, events: EventLog, clock: Clock, functions: Functions) -> None:
        self._events = events
        self._clock = clock
        self._functions = functions

    def note(self, subject: str, text: str, *, is_problem: bool = False) -> None:
        """Something about the project or Pelton itself."""
        self._add(Kind.NOTE, subject, text, is_problem=is_problem)

    def noted(self, subject: str) -> Callable[[str], None]:
        """A log callable whose lines are problems of ``subject``."""
        return lambda text: self.note(subject, text, is_problem=True)

    def on_log(self, line: LogLine) -> None:
        """A line that a function, or Pelton about it, wrote."""
        is_problem = line.kind is LogKind.ADVICE
        self._add(_KINDS[line.kind], self._key(line.function_name), line.text, is_problem=is_problem)

    def on_outcome(self, invocation: Invocation, outcome: Outcome) -> None:
        """An invocation ended; a trigger's success is a reaction (its failure is told by the trigger)."""
        origin = invocation.origin
        if origin is None or not outcome.succeeded or not origin.keys() & {"stream", "queue"}:
            return
        count, is_queue = origin["records"], "queue" in origin
        kind = "message" if is_queue else "record"
        what = f"{count} {kind}{'s' if count != 1 else ''} of {origin['queue' if is_queue else 'table']}"
        self._add(Kind.REACTION, self._key(invocation.function_name), f"{what}, {outcome.duration_ms:.0f} ms")

    def on_trigger(self, event: TriggerEvent) -> None:
        """Something happened to a trigger."""
        is_problem = event.kind not in _HARMLESS
        kind = Kind.STUCK if event.kind is TriggerEventKind.BATCH_FAILED else Kind.NOTE
        self._add(kind, self._key(event.function_name), event.text, is_problem=is_problem)

    def on_event_trouble(self, function: str, text: str) -> None:
        """Something went wrong with the asynchronous events of the function with that ARN."""
        self._add(Kind.NOTE, self._key(function), text, is_problem=True)

    def on_request(self, line: str, function_key: str | None, *, is_problem: bool) -> None:
        """The gateway answered a request: ``POST /users 200 12 ms``."""
        subject = function_key or "gateway"
        self._add(Kind.REQUEST, subject, line, is_problem=is_problem)

    def _key(self, name: str) -> str:
        function = self._functions.get(name)
        return function.key if function else name

    def _add(self, kind: Kind, subject: str, text: str, *, is_problem: bool = False) -> None:
        event = Event(at_ms=self._clock.now_ms(), kind=kind, subject=subject, text=text, is_problem=is_problem)
        self._events.add(event)
