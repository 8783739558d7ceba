"""Destinations and dead-letter queues of asynchronous invocations: queues, and topics and buckets elsewhere.

A message reaches its queue in the very transaction that ends its event, a topic or bucket before it. What is refused
is named with the cure. Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from pelton.functions.asynchronous.destinations import DestinationFailed, MessageRefused
from pelton.functions.asynchronous.records import DeadLetter
from pelton.functions.errors import InvalidParameterValue
from pelton.queues.errors import QueueError
from pelton.queues.messages import Sender, message_of
from pelton.queues.names import parts_of_arn
from pelton.queues.sending import store_message
from pelton.queues.service import Queues
from pelton.storage.queues import find_queue
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.triggers.destinations import Destinations, check_existing, checked_destination
from pelton.triggers.elsewhere import Elsewhere, NotTaken, bucket_of, is_elsewhere, record_key

_EVENT_BUS = re.compile(r"arn:aws[a-z-]*:events:.*")


class RecordDestinations:
    """Sends records of events that are over to queues of this Pelton, and to topics and buckets."""

    def __init__(self, queues: Queues, destinations: Destinations, elsewhere: Elsewhere | None, random: Random) -> None:
        """``destinations`` knows which topics and buckets there are, ``elsewhere`` answers for them (None: nothing)."""
        self._queues = queues
        self._destinations = destinations
        self._elsewhere = elsewhere
        self._random = random

    def check(self, snapshot: Snapshot, arn: str) -> None:
        """Refuse what is no destination here.

        Raises:
            InvalidParameterValue: another service's, that of a FIFO queue or topic, or of a queue that is not there.
        """
        if _EVENT_BUS.fullmatch(arn):
            raise InvalidParameterValue(
                f"The destination ARN {arn} is not supported by Pelton: there are no event buses here. Name a queue, "
                "a topic or a function."
            )
        check_existing(snapshot, checked_destination(arn))

    async def check_elsewhere(self, arn: str) -> None:
        """Refuse a topic or bucket that nothing answers for, or that is not there; all others pass.

        Raises:
            InvalidParameterValue: see above.
        """
        await self._destinations.check(arn)

    def is_elsewhere(self, arn: str) -> bool:
        """Whether it is a topic or bucket: ``tell`` sends there."""
        return is_elsewhere(arn)

    async def tell(self, arn: str, message: DeadLetter, function: str) -> None:
        """Publish the message, or store it as an object named by function and moment.

        Raises:
            DestinationFailed: it was not taken.
        """
        if self._elsewhere is None:
            raise DestinationFailed("moto, which answers for it, is not installed (pip install 'pelton[aws]')")
        bucket = bucket_of(arn)
        try:
            if bucket is None:
                await self._elsewhere.publish(arn, message.body, message.attributes)
            else:
                key = record_key(function.rsplit(":", 1)[-1], self._queues.clock.now_ms(), self._random)
                await self._elsewhere.put(bucket, key, message.body.encode())
        except NotTaken as error:
            raise DestinationFailed(str(error)) from error

    def prepare(
        self, transaction: WriteTransaction, arn: str, message: DeadLetter, trace: str | None
    ) -> Callable[[], None]:
        """What sends the message within the transaction; nothing is written before.

        Raises:
            DestinationFailed: the queue was deleted.
            MessageRefused: it does not take such a message, e.g. one so large.
        """
        parts = parts_of_arn(arn)
        queue = None if parts is None else find_queue(transaction, *parts)
        if parts is None or queue is None:
            raise DestinationFailed(f"the queue {arn} was deleted: create it again, or name another one")
        entry = {"MessageBody": message.body, "MessageAttributes": dict(message.attributes)}
        sender = Sender(parts[0], self._queues.clock.now_ms(), trace)
        try:
            made = message_of(entry, queue, sender, self._queues.new_id())
        except QueueError as error:
            raise MessageRefused(f"queue {queue.name}: {error.message}") from error

        def send() -> None:
            store_message(transaction, queue, made, sender.now_ms)

        return send

    def sent(self, arn: str) -> None:
        """The transaction is committed: receivers that wait for the queue look."""
        self._queues.wake((arn,))
