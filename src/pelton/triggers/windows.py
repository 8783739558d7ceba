"""Tumbling windows: spans of record time that do not overlap, aligned to multiples of their length.

A window carries the state its function returns from one invocation to the next, and ends with a final
invocation. Each lane of a shard has windows of its own: what runs side by side cannot hand a state along.
Source: Lambda guide, "Stateful processing with tumbling windows".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson

from pelton.operations import JsonObject

STATE_BYTES_MAX = 1_000_000  #: a state larger than this ends its window early
#: How long after its end a window waits for records that were dated inside it and are being committed. The service
#: waits for up to two minutes.
LATE_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TumblingWindow:
    """The window a shard is in."""

    start_ms: int
    end_ms: int
    state: bytes = b"{}"  #: JSON object: what the last invocation returned
    is_early: bool = False  #: its state grew too large: it ends before its time

    @property
    def over_ms(self) -> int:
        """When it ends by time: no record dated inside it comes any more."""
        return self.end_ms + LATE_MS

    def with_state(self, state: bytes) -> TumblingWindow:
        """The window after an invocation returned that state: too large a one ends it early."""
        return replace(self, state=state, is_early=len(state) > STATE_BYTES_MAX)

    def holds(self, created_ms: int) -> bool:
        """Whether a record of that time belongs to it. A late one does: its own window has been closed."""
        return created_ms < self.end_ms


def window_of(created_ms: int, length_s: int) -> TumblingWindow:
    """The window in which a record of that time falls; ``length_s`` 1 to 900."""
    length_ms = length_s * 1000
    start_ms = created_ms - created_ms % length_ms
    return TumblingWindow(start_ms=start_ms, end_ms=start_ms + length_ms)


def window_members(window: TumblingWindow, *, shard_id: str, stream_arn: str, is_final: bool) -> bytes:
    """What an event has beside ``Records`` inside a window, from the comma on."""
    members = {
        "window": {"start": _moment(window.start_ms), "end": _moment(window.end_ms)},
        "state": orjson.Fragment(window.state),
        "shardId": shard_id,
        "eventSourceARN": stream_arn,
        "isFinalInvokeForWindow": is_final,
        "isWindowTerminatedEarly": window.is_early,
    }
    return b"," + orjson.dumps(members)[1:-1]


def window_json(window: TumblingWindow) -> JsonObject:
    """The window as the durable state keeps it."""
    return {
        "start": window.start_ms,
        "end": window.end_ms,
        "state": orjson.loads(window.state),
        "early": window.is_early,
    }


def window_from_json(stored: JsonObject) -> TumblingWindow:
    """A window as ``window_json`` wrote it."""
    return TumblingWindow(
        start_ms=stored["start"], end_ms=stored["end"], state=orjson.dumps(stored["state"]), is_early=stored["early"]
    )


def _moment(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"
