"""What a queue's runner tells people: one line when messages fail, one when it works again."""

from __future__ import annotations

from collections.abc import Callable

from pelton.triggers.events import TriggerEvent, TriggerEventKind
from pelton.triggers.queue_mappings import QueueMapping


class QueueNarrator:
    """Tells about one mapping."""

    def __init__(self, mapping: Callable[[], QueueMapping], tell: Callable[[TriggerEvent], None]) -> None:
        self._mapping = mapping
        self._tell = tell
        self._is_gone = False
        self.last_error: str | None = None  #: of the newest failure; cleared by the next success

    def failed(self, count: int, reason: str, visible_ms: int) -> None:
        """The function failed, for all or for some messages of a batch."""
        self.last_error = reason
        then = "they come again when their visibility timeout is over, or go to the queue's dead letters"
        self._say(TriggerEventKind.BATCH_FAILED, f"{self._messages(count)} failed: {reason}. Next: {then}", visible_ms)

    def refused(self, count: int, reason: str, next_ms: int) -> None:
        """There was no room for the function."""
        self.last_error = reason
        text = f"{self._messages(count)} could not be handed over: {reason}. Next: tried again; no receive is used up"
        self._say(TriggerEventKind.BATCH_FAILED, text, next_ms)

    def succeeded(self) -> None:
        """A batch is done; worth a line after failures only."""
        self._is_gone = False
        if self.last_error is not None:
            self.last_error = None
            self._say(TriggerEventKind.RECOVERED, "works again")

    def gone(self) -> None:
        """The queue was deleted: told once."""
        if not self._is_gone:
            self._is_gone = True
            name = self._mapping().queue_name
            text = f"the queue {name} does not exist any more. The mapping stays, and goes on when it is made again"
            self._say(TriggerEventKind.STREAM_GONE, text)

    def stopped(self, error: Exception) -> None:
        """A fault of ours, or of the disk."""
        self._say(TriggerEventKind.STOPPED, f"a fault in Pelton: {type(error).__name__}: {error}; it is tried again")

    def _messages(self, count: int) -> str:
        return f"{count} message{'s' if count != 1 else ''} of queue {self._mapping().queue_name}"

    def _say(self, kind: TriggerEventKind, text: str, next_attempt_ms: int | None = None) -> None:
        mapping = self._mapping()
        self._tell(
            TriggerEvent(
                kind=kind,
                text=f"{mapping.function_name}: {text}",
                function_name=mapping.function_name,
                mapping_uuid=mapping.uuid,
                next_attempt_ms=next_attempt_ms,
            )
        )
