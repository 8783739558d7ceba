"""Queues as destinations and dead-letter queues of asynchronous invocations.

A message reaches its queue in the very transaction that ends its event. What is refused is named with the cure.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pelton.functions.asynchronous.destinations import DestinationFailed, MessageRefused
from pelton.functions.asynchronous.records import DeadLetter
from pelton.functions.errors import InvalidParameterValue
from pelton.queues.errors import QueueError
from pelton.queues.messages import Sender, message_of
from pelton.queues.names import FIFO_SUFFIX, parts_of_arn
from pelton.queues.sending import store_message
from pelton.queues.service import Queues
from pelton.storage.queues import find_queue
from pelton.storage.transaction import Snapshot, WriteTransaction

_OTHERS = re.compile(r"arn:aws[a-z-]*:(sns|s3|events):.*")
_KINDS = {"sns": "SNS topics", "s3": "S3 buckets", "events": "event buses"}


class QueueDestinations:
    """Sends records of events that are over to queues of this Pelton."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    def check(self, snapshot: Snapshot, arn: str) -> None:
        """Refuse what is no destination here.

        Raises:
            InvalidParameterValue: another service's, a FIFO queue's, or that of a queue that is not there.
        """
        if other := _OTHERS.fullmatch(arn):
            raise InvalidParameterValue(
                f"The destination ARN {arn} is not supported by Pelton: {_KINDS[other[1]]} need moto (the extra "
                "pelton[aws]), which it does not start. Name an SQS queue or a function."
            )
        parts = parts_of_arn(arn)
        if parts is None:
            raise InvalidParameterValue(f"The destination ARN {arn} is invalid.")
        if parts[2].endswith(FIFO_SUFFIX):
            raise InvalidParameterValue(f"The destination ARN {arn} is invalid: FIFO queues are not supported.")
        if find_queue(snapshot, *parts) is None:
            raise InvalidParameterValue(
                f"The destination ARN {arn} is invalid: there is no such queue. Create it first."
            )

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
