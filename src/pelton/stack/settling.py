"""``settle()``: wait until every reaction to what is written now is done, and every reaction to those.

It covers the positions at the call (changes and asynchronous events), all messages in queues that functions handle,
and what descends from them by its cause, to a bounded depth: what others write meanwhile is not waited for, and
functions that feed each other for ever are named.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple

from pelton.stack.core import Core
from pelton.storage.async_events import causes_of_events
from pelton.storage.catalog import SequenceNumber, Stream
from pelton.storage.change import LogRecord
from pelton.storage.invocations import InvocationRow, invocation_of_trace
from pelton.storage.transaction import Snapshot, WriteTransaction

#: Generations of reactions to reactions before it is called a cycle.
DEPTH_MAX = 50
RECORDS_MAX = 1000
BYTES_MAX = 1 << 20


class NotSettled(Exception):
    """Time is up, or reactions never end; ``outstanding`` says what is not done."""

    def __init__(self, reason: str, outstanding: list[str]) -> None:
        super().__init__(f"{reason}: {'; '.join(outstanding)}")
        self.outstanding = outstanding


class Covered(NamedTuple):
    """What is waited for: changes and asynchronous events up to these numbers."""

    records: SequenceNumber
    events: int


class _Endless(Exception):
    """Invocations caused each other for so many generations that they will not end."""


async def settle(core: Core, pause: Callable[[], Awaitable[bool]]) -> None:
    """Wait until nothing is outstanding.

    Args:
        core: whose triggers to wait for.
        pause: waits a little, or moves virtual time to the next timer; False when its patience is at an end.

    Raises:
        NotSettled: patience ended, or every generation of reactions wrote something that caused another.
    """
    covered = Covered(core.tip(), core.asynchronous.newest())
    for _ in range(DEPTH_MAX):
        while outstanding := core.outstanding(*covered):
            if not await pause():
                raise NotSettled("not settled", outstanding)
        # Rows of invocations ride a commit: an empty write takes them along, so that causes can be told.
        await core.storage.write(_nothing)
        try:
            newest = newest_descendant(core, covered)
        except _Endless:
            break
        if newest is None:
            return
        covered = newest
    raise NotSettled(f"not settled after {DEPTH_MAX} generations of reactions to reactions", _cycle(core, covered))


def _nothing(_transaction: WriteTransaction) -> None:
    """Change nothing."""


def newest_descendant(core: Core, covered: Covered) -> Covered | None:
    """The newest change and event that reactions to the covered ones made after them; None when there is none."""
    with core.storage.snapshot() as snapshot:
        records = [
            record.sequence_number
            for record in _records_after(core, snapshot, covered.records)
            if _descends(snapshot, record.cause, covered)
        ]
        events = [
            number
            for number, cause in causes_of_events(snapshot, covered.events)
            if _descends(snapshot, cause, covered)
        ]
    if not records and not events:
        return None
    return Covered(max(records, default=covered.records), max(events, default=covered.events))


def _records_after(core: Core, snapshot: Snapshot, after: SequenceNumber) -> Iterator[LogRecord]:
    """Later records of every stream that a function reacts to."""
    for arn in {mapping.stream_arn for mapping in core.triggers.mappings()}:
        if stream := snapshot.stream(arn):
            for shard in stream.shards:
                yield from _records_of(snapshot, stream, shard.id, after)


def _records_of(snapshot: Snapshot, stream: Stream, shard_id: str, after: SequenceNumber) -> Iterator[LogRecord]:
    while page := snapshot.records(stream, shard_id, after=after, limit=RECORDS_MAX, bytes_max=BYTES_MAX):
        yield from page
        after = page[-1].sequence_number


def _descends(snapshot: Snapshot, cause: str | None, covered: Covered) -> bool:
    """Whether the invocation that a trace names was caused, at whatever remove, by something covered."""
    for _ in range(DEPTH_MAX):
        row = None if cause is None else invocation_of_trace(snapshot, cause)
        if row is None:
            return False
        if _is_covered(row, covered):
            return True
        cause = (row.detail or {}).get("cause")
    raise _Endless


def _is_covered(row: InvocationRow, covered: Covered) -> bool:
    detail = row.detail or {}
    event = detail.get("event")
    if "queue" in detail:  # All messages are waited for, so all that handled them is covered.
        return True
    return (row.first is not None and row.first <= covered.records) or (event is not None and event <= covered.events)


def _cycle(core: Core, covered: Covered) -> list[str]:
    """The functions that the newest changes came from."""
    with core.storage.snapshot() as snapshot:
        records = _records_after(core, snapshot, SequenceNumber(covered.records - 1))
        rows = [invocation_of_trace(snapshot, record.cause) for record in records if record.cause is not None]
        waiting = core.asynchronous.outstanding(core.asynchronous.newest())
    return [*sorted({f"{row.function} reacts to what it causes" for row in rows if row is not None}), *waiting]
