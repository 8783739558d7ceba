"""What asynchronous invocations need of queues, topics and buckets, declared here: they live in other rooms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pelton.functions.asynchronous.records import DeadLetter
from pelton.storage.transaction import Snapshot, WriteTransaction


class DestinationFailed(Exception):
    """A destination cannot take a message now; the text says why and what to do."""


class MessageRefused(Exception):
    """A destination will never take this message; the text says why."""


class EventDestinations(Protocol):
    """Where records of events that are over can go, beside other functions."""

    def check(self, snapshot: Snapshot, arn: str) -> None:
        """Refuse what is no destination here; whether a topic or bucket is there ``check_elsewhere`` tells.

        Raises:
            InvalidParameterValue: another service's, that of a FIFO queue or topic, or of a queue that is not there.
        """

    async def check_elsewhere(self, arn: str) -> None:
        """Refuse a topic or bucket that nothing answers for, or that is not there; all others pass.

        Raises:
            InvalidParameterValue: see above.
        """

    def is_elsewhere(self, arn: str) -> bool:
        """Whether ``tell`` sends there, before the transaction that ends the event, instead of ``prepare`` in it."""

    async def tell(self, arn: str, message: DeadLetter, function: str) -> None:
        """Send the message of a function's event (its ARN) to a topic or bucket; returns when it is there.

        Raises:
            DestinationFailed: it was not taken.
        """

    def prepare(
        self, transaction: WriteTransaction, arn: str, message: DeadLetter, trace: str | None
    ) -> Callable[[], None]:
        """What sends the message within the transaction; nothing is written before. ``sent`` follows after the commit.

        Raises:
            DestinationFailed: it is not there.
            MessageRefused: it does not take such a message.
        """

    def sent(self, arn: str) -> None:
        """The transaction is committed."""
