"""ReceiveMessage: messages become invisible, not gone; who receives them deletes them, or sees them again.

Receiving waits (long polling) without looking again and again: for a send, or for the next message to become
visible. A receive of a FIFO queue that repeats an attempt id gets the same messages, as long as nobody changed them.
Source: SQS API reference, ReceiveMessage; developer guide, visibility timeout, dead-letter queues.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.queues.attributes import number
from pelton.queues.errors import InvalidParameterValue
from pelton.queues.fifo import ATTEMPT, checked_id, is_fifo, not_of_this_type, received_again, remember_attempt
from pelton.queues.service import Queues, queue_of
from pelton.queues.shown import Shown, shown_message
from pelton.queues.taking import bury_dead, next_receivable_ms, receivable_now, take
from pelton.storage.queues import Queue
from pelton.storage.transaction import WriteTransaction

MESSAGES_MAX = 10
WAIT_MAX_S = 20
VISIBILITY_MAX_S = 43_200

_Decision = Callable[[], Awaitable[JsonObject]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a request asks for, checked; None: as the queue says."""

    body: JsonObject
    context: RequestContext
    limit: int
    visibility_s: int | None
    wait_s: int | None
    attempt: str | None
    shown: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one look at the queue gave."""

    messages: list[JsonObject]
    arn: str
    wait_s: int  #: the queue's own, when the request has none
    next_visible_ms: int | None
    moved_to: str | None = None  #: ARN of the dead-letter queue that got messages


def receiving_operation(queues: Queues) -> Operation:
    """ReceiveMessage."""

    def receive(body: JsonObject, context: RequestContext) -> _Decision:
        wish = _wish(body, context)
        return lambda: _received(queues, wish)

    return Operation(name="ReceiveMessage", access=Access.CALL, prepare=receive)


async def _received(queues: Queues, wish: Wish) -> JsonObject:
    began = queues.clock.monotonic()
    look = await _look(queues, wish)
    wait_s = look.wait_s if wish.wait_s is None else wish.wait_s
    if not look.messages and wait_s:
        with queues.waiting(look.arn) as woken:
            while not queues.is_closed:
                look = await _look(queues, wish)  # Again: what was sent before the waiting began woke nobody.
                left_s = wait_s - (queues.clock.monotonic() - began)
                if look.messages or left_s <= 0:
                    break
                await queues.wait(woken, min(left_s, _until_visible_s(queues, look)))
    return {"Messages": look.messages} if look.messages else {}


def _until_visible_s(queues: Queues, look: _Look) -> float:
    if look.next_visible_ms is None:
        return WAIT_MAX_S
    return (look.next_visible_ms - queues.clock.now_ms()) / 1000


async def _look(queues: Queues, wish: Wish) -> _Look:
    def decide(transaction: WriteTransaction) -> _Look:
        return _take(transaction, queues, wish)

    look = await queues.write(decide)
    if look.moved_to is not None:
        queues.wake((look.moved_to,))
    return look


def _take(transaction: WriteTransaction, queues: Queues, wish: Wish) -> _Look:
    """Receive what can be received now."""
    queue = queue_of(transaction, wish.body, wish.context)
    now_ms = queues.clock.now_ms()
    visibility_s = number(queue.attributes, "VisibilityTimeout") if wish.visibility_s is None else wish.visibility_s
    attempt = _attempt(queue, wish.attempt)
    messages = received_again(transaction, queue, attempt, now_ms, now_ms + visibility_s * 1000) if attempt else []
    moved_to = None
    if not messages:
        moved_to = bury_dead(transaction, queue, now_ms, wish.limit)
        found = receivable_now(transaction, queue, now_ms, wish.limit)
        messages = [take(transaction, queues, queue, message, visibility_s) for message in found]
        if attempt and messages:
            remember_attempt(transaction, queue, attempt, messages, now_ms)
    return _Look(
        messages=[shown_message(message, wish.shown) for message in messages],
        arn=queue.arn,
        wait_s=number(queue.attributes, "ReceiveMessageWaitTimeSeconds"),
        next_visible_ms=next_receivable_ms(transaction, queue, now_ms),
        moved_to=moved_to,
    )


def _attempt(queue: Queue, attempt: str | None) -> str | None:
    """The attempt id of a receive, which FIFO queues alone have."""
    if attempt is None:
        return None
    if not is_fifo(queue):
        raise not_of_this_type(ATTEMPT, attempt)
    return checked_id(ATTEMPT, attempt)


def _wish(body: JsonObject, context: RequestContext) -> Wish:
    limit, wait_s = body.get("MaxNumberOfMessages"), body.get("WaitTimeSeconds")
    visibility_s = body.get("VisibilityTimeout")
    if limit is not None and not 1 <= limit <= MESSAGES_MAX:
        raise _out_of_range("MaxNumberOfMessages", limit, f"Must be between 1 and {MESSAGES_MAX}, if provided.")
    if wait_s is not None and not 0 <= wait_s <= WAIT_MAX_S:
        raise _out_of_range("WaitTimeSeconds", wait_s, f"Must be >= 0 and <= {WAIT_MAX_S}, if provided.")
    if visibility_s is not None:
        check_visibility(visibility_s)
    return Wish(
        body=body,
        context=context,
        limit=limit or 1,
        visibility_s=visibility_s,
        wait_s=wait_s,
        attempt=body.get(ATTEMPT),
        shown=Shown.asked(body),
    )


def check_visibility(seconds: int) -> None:
    """Refuse a visibility timeout outside of 0 to 12 hours.

    Raises:
        InvalidParameterValue: it is.
    """
    if not 0 <= seconds <= VISIBILITY_MAX_S:
        raise _out_of_range("VisibilityTimeout", seconds, f"Must be between 0 and {VISIBILITY_MAX_S}.")


def _out_of_range(name: str, value: int, rule: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Value {value} for parameter {name} is invalid. Reason: {rule}")
