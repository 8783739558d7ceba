"""What triggers need from outside: records (Source), durable state (Checkpoints), functions (Executor).

A source may be the embedded log or a polled Streams API; the processor and the runner cannot tell.
Numbers here are the source's own integers; ``number_text`` gives the form a function sees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber


class SourceRecord(NamedTuple):
    """One change as a function will see it."""

    number: SequenceNumber
    created_ms: int  #: when it was made, milliseconds since the epoch
    event: bytes  #: the record's JSON in the form of the Lambda event, complete
    keys: bytes  #: JSON of its key attributes, always written the same way for the same key
    sent_ms: int | None = None  #: when a pass sent it again: its age counts from then


class Page(NamedTuple):
    """What one read of a shard gave."""

    records: tuple[SourceRecord, ...]  #: oldest first
    read_through: SequenceNumber  #: the shard holds no unread record up to here
    has_more: bool  #: there is more to read at once
    is_end: bool  #: the shard is closed, and this page reaches its end
    is_gap: bool = False  #: records after the asked position are gone: they were trimmed before they were read


class SourceShard(NamedTuple):
    """A shard as its stream lists it."""

    id: str
    parent: str | None
    before: SequenceNumber  #: a reader that starts at its beginning reads after this number


class Unread(NamedTuple):
    """What a shard holds beyond a position."""

    records: int
    oldest_ms: int | None  #: when the oldest of them was made; None when there is none


class ShardGone(Exception):
    """The shard is not listed any more: all its records were trimmed, or its stream is gone."""


class Source(Protocol):
    """The records of one stream."""

    async def shards(self) -> tuple[SourceShard, ...]:
        """Shards that can be read, oldest first. A parent that was trimmed is not among them.

        Raises:
            ShardGone: the stream itself is gone.
        """

    async def read(self, shard_id: str, after: SequenceNumber, limit: int) -> Page:
        """Records with numbers > ``after``; up to ``limit`` (>= 1), possibly fewer than there are.

        Raises:
            ShardGone: see there.
        """

    def subscribe(self, shard_id: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have ``wake`` called whenever the shard may hold more; returns how to stop that."""

    def unread(self, shard_id: str, after: SequenceNumber, at_most: int = ...) -> Unread | None:
        """What the shard holds after that number, so many counted anew at most; None when only reading would tell."""

    def number_text(self, number: SequenceNumber) -> str:
        """The sequence number as the records show it."""

    def partition_key(self, record: SourceRecord) -> bytes:
        """The record's partition key as bytes: records of one item collection have the same."""


class Answer(Protocol):
    """What an invocation came to; ``functions.invocation.Outcome`` is one."""

    @property
    def request_id(self) -> str:
        """Id of the invocation."""

    @property
    def payload(self) -> bytes:
        """What the function returned, or the error object, as JSON."""

    @property
    def function_error(self) -> str | None:
        """``Unhandled`` when the function failed, timed out or died; None when it returned."""

    @property
    def executed_version(self) -> str:
        """Version that ran, ``$LATEST`` as a rule."""


class NotInvoked(Exception):
    """The function was not called at all (missing, throttled, draining): it uses up no attempt."""


class Executor(Protocol):
    """Calls a function and waits for it."""

    async def __call__(self, function: str, event: bytes, origin: JsonObject, /) -> Answer:
        """Invoke the function of that ARN; ``origin`` says which mapping, shard, numbers and attempt it comes from.

        Raises:
            NotInvoked: see there. Its text says why, for people.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """Records given up, with what is known about why: nothing of it is ever thrown away silently."""

    mapping_uuid: str
    function_name: str
    function_arn: str
    stream_arn: str
    shard_id: str
    condition: str  #: RetryAttemptsExhausted or RecordAgeExceeded
    invoke_count: int  #: approximateInvokeCount: tries so far, at least 1
    records: tuple[SourceRecord, ...]
    first: SequenceNumber
    last: SequenceNumber
    first_text: str  #: as the records show them
    last_text: str
    request_id: str | None  #: of the last invocation; None when there was none
    function_error: str | None  #: of the last invocation
    executed_version: str | None
    reason: str  #: the last error, for people
    discarded_ms: int
    destination: str | None = None  #: ARN that the mapping names for discarded batches


class Checkpoints(Protocol):
    """Durable state of the processors of one mapping, one JSON object per shard."""

    async def load(self) -> Mapping[str, JsonObject]:
        """State by shard id, as last saved."""

    def save(self, shard_id: str, state: Callable[[], JsonObject]) -> None:
        """Have the state stored within 100 ms; ``state`` is asked when it is stored, so the newest goes."""

    async def discard(self, discarded: Discarded, state: Callable[[], JsonObject]) -> None:
        """Keep discarded records and the state after them, in one transaction; returns when it is durable.

        Raises:
            Exception: a destination did not take them, or the disk failed: nothing moved; to be tried again.
        """

    async def forget(self, shard_id: str) -> None:
        """Remove the state of a shard that is gone."""

    async def flush(self) -> None:
        """Wait until everything saved is durable."""

    def close(self) -> None:
        """Store nothing more."""
