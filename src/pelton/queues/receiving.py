"""ReceiveMessage: messages become invisible, not gone; who receives them deletes them, or sees them again.

What was received as often as the redrive policy allows goes to the dead-letter queue instead. Receiving waits
(long polling) without looking again and again: for a send, or for the next message to become visible.
Source: SQS API reference, ReceiveMessage; developer guide, visibility timeout, dead-letter queues.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.queues.attributes import number, redrive_of
from pelton.queues.errors import InvalidParameterValue
from pelton.queues.names import parts_of_arn
from pelton.queues.receipts import new_receipt
from pelton.queues.service import Queues, queue_of
from pelton.queues.shown import Shown, shown_message
from pelton.storage.messages import Message, move_message, next_visible_ms, receivable, receive_message
from pelton.storage.queues import Queue, find_queue
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
    moved_to = _bury_dead(transaction, queue, now_ms, wish.limit)
    found = receivable(transaction, queue.bucket, now_ms, queue.oldest_ms(now_ms), wish.limit)
    return _Look(
        messages=[_taken(transaction, queues, (queue, message), wish) for message in found],
        arn=queue.arn,
        wait_s=number(queue.attributes, "ReceiveMessageWaitTimeSeconds"),
        next_visible_ms=next_visible_ms(transaction, queue.bucket, now_ms),
        moved_to=moved_to,
    )


def _taken(transaction: WriteTransaction, queues: Queues, what: tuple[Queue, Message], wish: Wish) -> JsonObject:
    queue, message = what
    now_ms = queues.clock.now_ms()
    seconds = number(queue.attributes, "VisibilityTimeout") if wish.visibility_s is None else wish.visibility_s
    receipt = new_receipt(queue, message, queues.new_token())
    receive_message(transaction, message.id, receipt, now_ms, now_ms + seconds * 1000)
    received = replace(
        message,
        received=message.received + 1,
        receipt=receipt,
        first_received_ms=now_ms if message.first_received_ms is None else message.first_received_ms,
    )
    return shown_message(received, wish.shown)


def _bury_dead(transaction: WriteTransaction, queue: Queue, now_ms: int, limit: int) -> str | None:
    """Move messages that were received too often out of the way; the ARN of the queue that got some.

    A dead-letter queue that was deleted takes nothing: its messages go on being received.
    """
    redrive = redrive_of(queue.attributes)
    parts = parts_of_arn(redrive.target_arn) if redrive is not None else None
    target = find_queue(transaction, *parts) if parts is not None else None
    if redrive is None or target is None or target.id == queue.id:
        return None
    has_moved = False
    while True:
        found = receivable(transaction, queue.bucket, now_ms, queue.oldest_ms(now_ms), limit)
        dead = [message for message in found if message.received >= redrive.receives_max]
        for message in dead:
            buried = replace(message, system={**message.system, "DeadLetterQueueSourceArn": queue.arn})
            move_message(transaction, buried, target.bucket, now_ms)
        has_moved |= bool(dead)
        if not dead:
            return target.arn if has_moved else None


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
