"""Who is told when an event is over: its destination, and the function's dead-letter queue."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pelton.functions.asynchronous.deciding import Condition
from pelton.functions.asynchronous.destinations import EventDestinations, MessageRefused
from pelton.functions.asynchronous.records import DeadLetter, dead_letter, destination_record
from pelton.functions.asynchronous.settings import EventSettings
from pelton.functions.names import parse_function_name, unqualified
from pelton.functions.service import Functions
from pelton.storage.async_events import AsyncEvent, add_event
from pelton.storage.transaction import WriteTransaction

_FUNCTION = ":lambda:"


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to one place."""

    arn: str
    content: DeadLetter
    trace: str | None

    @property
    def is_for_function(self) -> bool:
        """Whether a function is invoked with it."""
        return _FUNCTION in self.arn


class Telling:
    """Makes messages of events that are over, and sends them within a transaction."""

    def __init__(self, functions: Functions, destinations: EventDestinations) -> None:
        self._functions = functions
        self._destinations = destinations

    def messages(self, event: AsyncEvent, settings: EventSettings, now_ms: int) -> Iterator[Message]:
        """What is to be sent; nothing where nobody asked for it."""
        assert event.verdict is not None, "it is over"
        has_succeeded = event.verdict["condition"] == Condition.SUCCESS.value
        trace = event.verdict.get("trace") or event.trace
        destination = settings.on_success if has_succeeded else settings.on_failure
        if destination is not None:
            record = destination_record(event, event.verdict, now_ms).decode()
            yield Message(destination, DeadLetter(record, {}), trace)
        function = self._functions.get(f"{event.function}:{event.qualifier}" if event.qualifier else event.function)
        if not has_succeeded and function is not None and function.dead_letter is not None:
            yield Message(function.dead_letter, dead_letter(event, event.verdict), trace)

    def prepare(self, transaction: WriteTransaction, message: Message, now_ms: int) -> Callable[[], None]:
        """What sends it within the transaction; nothing is written before.

        Raises:
            DestinationFailed: a queue is not there.
            MessageRefused: a function is not there, or a queue does not take it.
        """
        if not message.is_for_function:
            return self._destinations.prepare(transaction, message.arn, message.content, message.trace)
        parts = parse_function_name(message.arn)
        if parts is None or self._functions.get(message.arn) is None:
            raise MessageRefused(f"the function {message.arn} does not exist")
        random = self._functions.random
        event = AsyncEvent(
            function=unqualified(message.arn),
            qualifier=parts.qualifier or "",
            request_id=str(uuid.UUID(int=random.getrandbits(128), version=4)),
            trace=message.trace,
            accepted_ms=now_ms,
            due_ms=now_ms,
            payload=message.content.body.encode(),
        )

        def send() -> None:
            add_event(transaction, event)

        return send
