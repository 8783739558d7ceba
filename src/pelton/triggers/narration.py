"""What a runner tells people: one line when a stream begins to wait, one when it goes on."""

from __future__ import annotations

from collections.abc import Callable

from pelton.triggers.events import TriggerEvent, TriggerEventKind
from pelton.triggers.lanes import Lane
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.pieces import SKIPPED, TOO_OLD, Piece
from pelton.triggers.protocols import Discarded


class Narrator:
    """Tells about one mapping on one shard."""

    def __init__(
        self, mapping: Callable[[], EventSourceMapping], shard_id: str, tell: Callable[[TriggerEvent], None]
    ) -> None:
        self._mapping = mapping
        self._shard_id = shard_id
        self._tell = tell
        self._failing: set[int] = set()  # Lanes whose last invocation failed.

    def failed(self, index: int, lane: Lane, tried: tuple[Piece, str], holds_up: str, now_ms: int) -> None:
        """An invocation failed, or did not happen: what was tried, why it failed, and what waits behind it."""
        self._failing.add(index)
        piece, reason = tried
        at_ms = lane.retry_at_ms
        following = lane.piece
        if at_ms is not None:
            again = f"the same records again in {max(at_ms - now_ms, 0) / 1000:.1f} s"
            then = f"{again}; the stream waits for it: {holds_up}"
        elif following is not None and following.condition is not None:
            why = "skipped" if following.condition == SKIPPED else "its retries are used up"
            then = f"{why}: the records go to the failure store"
        else:
            then = f"the batch is cut in two, {records_text(following)} first" if following else "it goes on"
        what = f"attempt {piece.tries} with {records_text(piece)} failed"
        self._say(TriggerEventKind.BATCH_FAILED, f"{what}: {reason}. Next: {then}", at_ms)

    def succeeded(self, lane: int) -> None:
        """An invocation succeeded; worth a line after failures only."""
        if lane in self._failing:
            self._failing.discard(lane)
            self._say(TriggerEventKind.RECOVERED, "works again")

    def discarded(self, discarded: Discarded) -> None:
        """Records were given up."""
        why = _WHY.get(discarded.condition, "the retries are used up")
        count = len(discarded.records)
        told = f", {discarded.destination} was told" if discarded.destination else ""
        self._say(
            TriggerEventKind.DISCARDED,
            f"{count} record{'s' if count != 1 else ''} given up ({discarded.condition}: {why}) and kept in the "
            f"failure store{told}: {discarded.first_text} to {discarded.last_text}. Last error: {discarded.reason}",
        )

    def undeliverable(self, discarded: Discarded, trouble: str, next_ms: int) -> None:
        """Records were given up, and their destination does not take them."""
        numbers = f"{discarded.first_text} to {discarded.last_text}"
        text = f"{trouble}. The stream waits at {numbers}; the records are kept, and it is tried again"
        self._say(TriggerEventKind.UNDELIVERABLE, text, next_ms)

    def gap(self) -> None:
        """Records were trimmed between the checkpoint and the oldest record there is."""
        self._say(
            TriggerEventKind.GAP,
            "its checkpoint is older than what the log keeps: records not delivered by then are gone. It goes on with "
            "the oldest record there is",
        )

    def gone(self, reason: str) -> None:
        """The shard or its stream is no more."""
        self._say(TriggerEventKind.STREAM_GONE, reason)

    def stopped(self, error: Exception) -> None:
        """A fault of ours."""
        self._say(TriggerEventKind.STOPPED, f"a fault in Pelton: {type(error).__name__}: {error}; it is tried again")

    def _say(self, kind: TriggerEventKind, text: str, next_attempt_ms: int | None = None) -> None:
        mapping = self._mapping()
        self._tell(
            TriggerEvent(
                kind=kind,
                text=f"{mapping.function_name}: {text}",
                function_name=mapping.function_name,
                mapping_uuid=mapping.uuid,
                shard_id=self._shard_id,
                next_attempt_ms=next_attempt_ms,
            )
        )


_WHY = {TOO_OLD: "they grew too old", SKIPPED: "by the operator"}


def records_text(piece: Piece | None) -> str:
    """``3 records``, for people."""
    count = len(piece.records) if piece is not None else 0
    return f"{count} record{'s' if count != 1 else ''}"
