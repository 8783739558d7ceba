"""What asynchronous invocations need of queues, declared here: they live in a room beside this one."""

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
        """Refuse what is no destination here.

        Raises:
            InvalidParameterValue: another service's, a FIFO queue's, or that of a queue that is not there.
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
