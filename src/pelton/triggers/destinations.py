"""On-failure destinations: where discarded records are told of, before the checkpoint moves past them.

A queue of our own gets Amazon's particulars in the very transaction that moves the checkpoint; a folder gets
particulars and records, synced to disk before that transaction. What fails is tried again: nothing goes past it.
Source: Lambda developer guide, "Retaining discarded batch records"; ``custom.pelton.failures`` is Pelton's own.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import orjson

from pelton.functions.errors import InvalidParameterValue
from pelton.queues.messages import Sender
from pelton.queues.names import FIFO_SUFFIX, parts_of_arn
from pelton.queues.sending import put_message
from pelton.queues.service import Queues
from pelton.storage.queues import find_queue
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.elsewhere import Elsewhere, NotTaken, bucket_of, is_elsewhere, is_topic, object_key
from pelton.triggers.particulars import failure_particulars
from pelton.triggers.protocols import Discarded

#: Runs what blocks, such as a sync to disk, beside the event loop.
Beside = Callable[[Callable[[], None]], Awaitable[None]]


class DestinationFailed(Exception):
    """The destination cannot take the records now; the text says why and what to do."""


def checked_destination(arn: str) -> str:
    """The ARN of a standard queue, a standard topic or a bucket; whether it is there, ``Destinations.check`` tells.

    Raises:
        InvalidParameterValue: it is another service's, that of a FIFO queue or topic, or none at all.
    """
    if is_elsewhere(arn):
        if is_topic(arn) and arn.endswith(FIFO_SUFFIX):
            raise InvalidParameterValue(f"The destination ARN {arn} is invalid: FIFO topics are not supported.")
        return arn
    parts = parts_of_arn(arn)
    if parts is None:
        raise InvalidParameterValue(f"The destination ARN {arn} is invalid.")
    if parts[2].endswith(FIFO_SUFFIX):
        raise InvalidParameterValue(f"The destination ARN {arn} is invalid: FIFO queues are not supported.")
    return arn


def check_existing(snapshot: Snapshot, arn: str | None) -> None:
    """Refuse a destination that does not exist.

    Raises:
        InvalidParameterValue: there is no such queue.
    """
    parts = parts_of_arn(arn) if arn is not None else None
    if parts is not None and find_queue(snapshot, *parts) is None:
        raise InvalidParameterValue(f"The destination ARN {arn} is invalid: there is no such queue. Create it first.")


class Destinations:
    """Delivers discarded batches."""

    def __init__(self, queues: Queues, *, random: Random, beside: Beside, elsewhere: Elsewhere | None = None) -> None:
        """``elsewhere`` answers for topics and buckets; None: nothing does."""
        self._queues = queues
        self._random = random
        self._beside = beside
        self._elsewhere = elsewhere
        self.folder: Path | None = None  #: that gets every discarded batch; None: none does

    async def check(self, arn: str | None) -> None:
        """Refuse a topic or a bucket that nothing answers for, or that is not there; queues are looked at elsewhere.

        Raises:
            InvalidParameterValue: see above.
        """
        if arn is None or not is_elsewhere(arn):
            return
        try:
            is_there = await self._answering(arn).has(arn)
        except NotTaken as error:
            raise InvalidParameterValue(f"The destination ARN {arn} is invalid: {error}") from None
        if not is_there:
            what = "topic" if is_topic(arn) else "bucket"
            raise InvalidParameterValue(
                f"The destination ARN {arn} is invalid: there is no such {what}. Create it first."
            )

    async def make(self, arn: str | None) -> None:
        """Make the topic or bucket that a project names, unless it is there.

        Raises:
            InvalidParameterValue: nothing answers for it.
        """
        if arn is not None and is_elsewhere(arn):
            try:
                await self._answering(arn).make(arn)
            except NotTaken as error:
                raise InvalidParameterValue(f"The destination ARN {arn} is invalid: {error}") from None

    def _answering(self, arn: str) -> Elsewhere:
        if self._elsewhere is not None:
            return self._elsewhere
        kind = "SNS topics" if is_topic(arn) else "S3 buckets"
        raise InvalidParameterValue(
            f"The destination ARN {arn} is not supported here: {kind} need moto, which is not installed (pip install "
            "'pelton[aws]'). Or name an SQS queue; custom.pelton.failures names a folder that gets the records too."
        )

    async def put_aside(self, discarded: Discarded) -> None:
        """Write the batch into the folder, if there is one, and tell the topic or bucket; returns when all have it.

        Raises:
            DestinationFailed: the folder cannot be written, or the topic or bucket did not take it.
        """
        await self._tell_elsewhere(discarded)
        folder = self.folder
        if folder is None:
            return
        body = orjson.dumps(self._file(discarded), option=orjson.OPT_INDENT_2)
        try:
            await self._beside(lambda: _write(folder, _file_name(discarded), body))
        except OSError as error:
            raise DestinationFailed(f"{folder} cannot be written: {error.strerror or error}") from error

    async def _tell_elsewhere(self, discarded: Discarded) -> None:
        arn = discarded.destination
        if arn is None or not is_elsewhere(arn):
            return
        if self._elsewhere is None:
            raise DestinationFailed("moto, which answers for it, is not installed (pip install 'pelton[aws]')")
        bucket = bucket_of(arn)
        try:
            if bucket is None:
                await self._elsewhere.publish(arn, orjson.dumps(self._particulars(discarded)).decode())
            else:
                body = orjson.dumps({**self._particulars(discarded), "payload": _payload(discarded)})
                await self._elsewhere.put(bucket, object_key(discarded, self._random), body)
        except NotTaken as error:
            raise DestinationFailed(str(error)) from error

    def send(self, transaction: WriteTransaction, discarded: Discarded) -> None:
        """Send the particulars to the mapping's queue, if it has one.

        Raises:
            DestinationFailed: the queue was deleted.
        """
        parts = parts_of_arn(discarded.destination) if discarded.destination is not None else None
        if parts is None:
            return
        queue = find_queue(transaction, *parts)
        if queue is None:
            raise DestinationFailed(f"the queue {parts[2]} was deleted: create it again, or name another one")
        body = orjson.dumps(self._particulars(discarded)).decode()
        sender = Sender(parts[0], self._queues.clock.now_ms(), None)
        put_message(transaction, queue, body, sender, self._queues.new_id())

    def sent(self, discarded: Discarded) -> None:
        """The transaction is committed: receivers that wait for the queue look."""
        if discarded.destination is not None:
            self._queues.wake((discarded.destination,))

    def _particulars(self, discarded: Discarded) -> dict[str, object]:
        request_id = discarded.request_id or str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        return failure_particulars(discarded, request_id)

    def _file(self, discarded: Discarded) -> dict[str, object]:
        """As Lambda writes to a bucket: the particulars, and the event; the error beside them."""
        return {**self._particulars(discarded), "error": discarded.reason, "payload": _payload(discarded)}


def _payload(discarded: Discarded) -> dict[str, object]:
    """The event, its records as they stand."""
    return {"Records": [orjson.Fragment(record.event) for record in discarded.records]}


def _file_name(discarded: Discarded) -> str:
    moment = datetime.fromtimestamp(discarded.discarded_ms / 1000, tz=UTC)
    stamp = f"{moment:%Y-%m-%dT%H.%M.%S}.{discarded.discarded_ms % 1000:03d}"
    return f"{stamp}-{discarded.function_name}-{discarded.first_text}-{discarded.last_text}.json"


def _write(folder: Path, name: str, body: bytes) -> None:
    """Write the file whole or not at all, and have it on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}"
    with unfinished.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / name)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
