"""``settle()``: wait until every reaction to what is written now is done, and every reaction to those.

It covers the positions at the call, and the changes whose cause descends from them, to a bounded depth:
what others write meanwhile is not waited for, and functions that feed each other for ever are named.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from pelton.stack.core import Core
from pelton.storage.catalog import SequenceNumber, Stream
from pelton.storage.change import LogRecord
from pelton.storage.invocations import invocation_of_trace
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


async def settle(core: Core, pause: Callable[[], Awaitable[bool]]) -> None:
    """Wait until nothing is outstanding.

    Args:
        core: whose triggers to wait for.
        pause: waits a little, or moves virtual time to the next timer; False when its patience is at an end.

    Raises:
        NotSettled: patience ended, or every generation of reactions wrote something that caused another.
    """
    covered = core.tip()
    for _ in range(DEPTH_MAX):
        while outstanding := core.outstanding(covered):
            if not await pause():
                raise NotSettled("not settled", outstanding)
        # Rows of invocations ride a commit: an empty write takes them along, so that causes can be told.
        await core.storage.write(_nothing)
        newest = newest_descendant(core, covered)
        if newest is None:
            return
        covered = newest
    raise NotSettled(f"not settled after {DEPTH_MAX} generations of reactions to reactions", _cycle(core, covered))


def _nothing(_transaction: WriteTransaction) -> None:
    """Change nothing."""


def newest_descendant(core: Core, covered: SequenceNumber) -> SequenceNumber | None:
    """The newest change that a reaction to the covered ones made after them; None when there is none."""
    with core.storage.snapshot() as snapshot:
        numbers = [
            record.sequence_number
            for record in _records_after(core, snapshot, covered)
            if _descends(snapshot, record, covered)
        ]
    return max(numbers, default=None)


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


def _descends(snapshot: Snapshot, record: LogRecord, covered: SequenceNumber) -> bool:
    if record.cause is None:
        return False
    row = invocation_of_trace(snapshot, record.cause)
    return row is not None and row.first is not None and row.first <= covered


def _cycle(core: Core, covered: SequenceNumber) -> list[str]:
    """The functions that the newest changes came from."""
    with core.storage.snapshot() as snapshot:
        records = _records_after(core, snapshot, SequenceNumber(covered - 1))
        rows = [invocation_of_trace(snapshot, record.cause) for record in records if record.cause is not None]
    return sorted({f"{row.function} reacts to what it causes" for row in rows if row is not None})
