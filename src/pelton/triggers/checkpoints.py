"""Durable state of one mapping's processors, in the embedded storage.

Saving rides: it joins the next group commit, or one of its own within 100 ms, and stores the newest state at
that moment, so many saves cost one row.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.checkpoints import Checkpoint, checkpoints, put_checkpoint, remove_checkpoint
from pelton.storage.engine import Storage
from pelton.storage.failures import DiscardedBatch, add_failure, remove_waiting
from pelton.storage.transaction import WriteTransaction
from pelton.triggers.destinations import DestinationFailed, Destinations
from pelton.triggers.protocols import Discarded

_log = logging.getLogger("pelton.triggers")

#: Tells what else is known of records that are given up, in the transaction that keeps them.
Noted = Callable[[WriteTransaction, Discarded], JsonObject]


class Result(NamedTuple):
    """What an invocation came to, and when (ms)."""

    at_ms: int
    has_succeeded: bool


class StoredCheckpoints:
    """State by shard id, of one mapping."""

    def __init__(
        self, storage: Storage, mapping_uuid: str, destinations: Destinations | None = None, noted: Noted | None = None
    ) -> None:
        """``noted`` says what else is to be kept with records that are given up."""
        self._storage = storage
        self._noted = noted
        self._destinations = destinations
        self._mapping = mapping_uuid
        self._waiting: dict[str, Callable[[], JsonObject]] = {}
        self._missed: dict[str, Callable[[], JsonObject]] = {}  #: whose last save failed: stored with the next of any
        self._is_closed = False

    async def load(self) -> Mapping[str, JsonObject]:
        """State by shard id, as last saved."""
        with self._storage.snapshot() as snapshot:
            stored = checkpoints(snapshot, self._mapping)
        return {shard: json.loads(kept.state) for shard, kept in stored.items() if kept.state is not None}

    def save(self, shard_id: str, state: Callable[[], JsonObject]) -> None:
        """Have the state stored within 100 ms."""
        if self._is_closed:
            return
        is_waiting = shard_id in self._waiting
        self._waiting[shard_id] = state  # The newest way to ask, too: that a shard has ended must not be lost.
        if is_waiting:
            return
        self._storage.ride(partial(self._put_waiting, shard_id), partial(self._stored, shard_id, state))

    async def discard(self, discarded: Discarded, state: Callable[[], JsonObject]) -> None:
        """Keep discarded records, tell their destination, and store the state after them, in one transaction.

        Raises:
            DestinationFailed: the destination did not take them: they are kept, and the state is not stored.
            Exception: the disk failed.
        """
        destinations, batch = self._destinations, _failure(discarded)

        def decide(transaction: WriteTransaction) -> None:
            if destinations is not None:
                destinations.send(transaction, discarded)
            self._keep(transaction, batch, discarded)
            self._put(transaction, discarded.shard_id, state())

        try:
            if destinations is not None:
                await destinations.put_aside(discarded)
            await self._storage.write(decide)
        except DestinationFailed:
            # The log forgets them after a day; the failure store does not while they wait.
            waiting = replace(batch, is_waiting=True)
            await self._storage.write(lambda transaction: self._keep(transaction, waiting, discarded))
            raise
        if destinations is not None:
            destinations.sent(discarded)

    async def forget(self, shard_id: str) -> None:
        """Remove the state of a shard that is gone."""
        await self._storage.write(lambda transaction: remove_checkpoint(transaction, self._mapping, shard_id))

    async def flush(self) -> None:
        """Wait until everything saved is durable: commits keep their order, so an empty one behind them tells."""
        await self._storage.write(self._put_all_waiting)

    def close(self) -> None:
        """Store nothing more: the mapping was deleted."""
        self._is_closed = True
        self._waiting.clear()
        self._missed.clear()

    def _put_all_waiting(self, transaction: WriteTransaction) -> None:
        self._put_missed(transaction)
        for shard_id in tuple(self._waiting):
            self._put_waiting(shard_id, transaction)

    def _put_missed(self, transaction: WriteTransaction) -> None:
        """A parent's end must not be missing beside what its child has done: after a restart it would come again."""
        for shard_id, state in self._missed.items():
            self._put(transaction, shard_id, state())

    def _put_waiting(self, shard_id: str, transaction: WriteTransaction) -> None:
        self._put_missed(transaction)
        state = self._waiting.pop(shard_id, None)
        if state is not None:
            self._put(transaction, shard_id, state())

    def _put(self, transaction: WriteTransaction, shard_id: str, state: JsonObject) -> None:
        if not self._is_closed:
            put_checkpoint(transaction, self._mapping, shard_id, checkpoint_of(state))

    def _keep(self, transaction: WriteTransaction, batch: DiscardedBatch, discarded: Discarded) -> None:
        """Put the batch into the failure store, once however often it is tried."""
        if self._noted is not None and not batch.is_waiting:
            batch = replace(batch, detail={**batch.detail, **self._noted(transaction, discarded)})
        remove_waiting(transaction, batch)
        add_failure(transaction, batch, [record.event for record in discarded.records])

    def _stored(self, shard_id: str, state: Callable[[], JsonObject], outcome: object) -> None:
        """A failed save is repeated with the next one; until then records may come twice after a restart."""
        if not isinstance(outcome, BaseException):
            self._missed.clear()
        elif not self._is_closed and not isinstance(outcome, asyncio.CancelledError):
            self._missed[shard_id] = state
            _log.warning("a trigger's position was not stored: %s", outcome)


def checkpoint_of(state: JsonObject) -> Checkpoint:
    """A processor's state as storage keeps it: its position stands beside it.

    Written with the standard library: another engine's numbers do not fit orjson's 64 bits.
    """
    position = min(lane["through"] for lane in state["lanes"])
    return Checkpoint(SequenceNumber(position), json.dumps(state).encode())


def started_at(position: SequenceNumber) -> JsonObject:
    """The state of a processor that has done everything up to a position, and nothing after it."""
    lane: JsonObject = {"through": position, "pieces": [], "window": None, "retry_at": None}
    return {"read": position, "lanes": [lane]}


def with_result(state: JsonObject, result: Result | None) -> JsonObject:
    """The state, and beside it what the mapping's last invocation came to."""
    return state if result is None else {**state, "result": list(result)}


def last_result(states: Iterable[JsonObject]) -> Result | None:
    """The newest result beside any of a mapping's states; None when it has invoked nothing yet."""
    return max((Result(*state["result"]) for state in states if state.get("result")), default=None)


def finished(state: JsonObject) -> JsonObject:
    """The state of a shard that was read to its end: its children may begin."""
    return {**state, "finished": True}


def is_finished(state: JsonObject) -> bool:
    """Whether the shard was read to its end."""
    return bool(state.get("finished"))


def _failure(discarded: Discarded) -> DiscardedBatch:
    return DiscardedBatch(
        mapping=discarded.mapping_uuid,
        shard=discarded.shard_id,
        first=discarded.first,
        last=discarded.last,
        reason=discarded.condition,
        detail={
            "functionName": discarded.function_name,
            "functionArn": discarded.function_arn,
            "streamArn": discarded.stream_arn,
            "startSequenceNumber": discarded.first_text,
            "endSequenceNumber": discarded.last_text,
            "approximateInvokeCount": discarded.invoke_count,
            "requestId": discarded.request_id,
            "functionError": discarded.function_error,
            "executedVersion": discarded.executed_version,
            "error": discarded.reason,
            "destination": discarded.destination,
        },
        discarded_ms=discarded.discarded_ms,
    )
