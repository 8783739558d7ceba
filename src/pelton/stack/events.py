"""What happens while Pelton runs, as lines for people: kept for ``pelton logs`` and shown by the terminal."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from enum import Enum

from pelton.operations import JsonObject

#: Lines kept in memory for ``pelton logs``; older ones are gone.
LINES_KEPT = 10_000
#: A follower that is this many lines behind loses the oldest of them.
LINES_BEHIND_MAX = 10_000


class Kind(Enum):
    """What an event tells of."""

    REQUEST = "request"  #: a request to the application was answered
    REACTION = "reaction"  #: a trigger's batch succeeded
    STUCK = "stuck"  #: a trigger's batch failed and its stream waits
    WRITES = "writes"  #: changes were committed
    LOG = "log"  #: a line that a function wrote
    PLATFORM = "platform"  #: START, END and REPORT lines: kept, and not shown by the terminal
    NOTE = "note"  #: something about the project or Pelton itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line: when, what kind, about what, and the text."""

    at_ms: int
    kind: Kind
    subject: str  #: function key, ``POST /users``, or a room's name
    text: str
    is_problem: bool = False

    def as_json(self) -> JsonObject:
        """The event as ``pelton logs --json`` prints it."""
        return {**asdict(self), "kind": self.kind.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events someone asks for."""

    subjects: frozenset[str] = frozenset()  #: keys of functions; none: all
    since_ms: int = 0
    text: str = ""  #: that must be in an event's text, in any case of its letters

    def includes(self, event: Event) -> bool:
        """Whether the event is one of them."""
        if event.at_ms < self.since_ms or (self.subjects and event.subject not in self.subjects):
            return False
        return self.text.lower() in event.text.lower()


class EventLog:
    """The newest events, and those who follow them."""

    def __init__(self) -> None:
        self._kept: deque[Event] = deque(maxlen=LINES_KEPT)
        self._listeners: list[Callable[[Event], None]] = []

    def add(self, event: Event) -> None:
        """Keep an event and hand it to every listener."""
        self._kept.append(event)
        for listener in tuple(self._listeners):
            listener(event)

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``listener`` with every further event; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def since(self, wanted: Wanted, *, follow: bool) -> AsyncIterator[Event]:
        """Kept events that are wanted, oldest first; then, to follow, new ones."""
        fresh: deque[Event] = deque(maxlen=LINES_BEHIND_MAX)
        arrived = asyncio.Event()

        def on_event(event: Event) -> None:
            fresh.append(event)
            arrived.set()

        end = self.listen(on_event) if follow else lambda: None
        try:
            for event in tuple(self._kept):
                if wanted.includes(event):
                    yield event
            while follow:
                await arrived.wait()
                arrived.clear()
                while fresh:
                    event = fresh.popleft()
                    if wanted.includes(event):
                        yield event
        finally:
            end()
