"""DeleteMessage and ChangeMessageVisibility, and their batches: what a receiver does with what it received.

Only the newest receipt of a message deletes it; an older one succeeds and leaves the message, as the service says,
and is refused by a FIFO queue, as is one whose time is over.
Source: SQS API reference, DeleteMessage, ChangeMessageVisibility.
"""

from __future__ import annotations

from collections.abc import Callable

from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.queues.batches import answered, entries_of
from pelton.queues.errors import InvalidParameterValue, MessageNotInflight, MissingParameter
from pelton.queues.fifo import is_fifo
from pelton.queues.receipts import message_in_receipt
from pelton.queues.receiving import check_visibility
from pelton.queues.service import Queues, queue_of
from pelton.storage.messages import find_message, remove_message, set_visible
from pelton.storage.queues import Queue
from pelton.storage.transaction import WriteTransaction

_Write = Callable[[WriteTransaction], JsonObject]
_Handle = Callable[[WriteTransaction, Queue, JsonObject], None]


def deleting_operations(queues: Queues) -> tuple[Operation, ...]:
    """DeleteMessage and DeleteMessageBatch; receivers that wait for a group hear when it goes on."""

    def handle(transaction: WriteTransaction, queue: Queue, entry: JsonObject) -> None:
        _delete(transaction, queue, entry, queues.clock.now_ms())
        if is_fifo(queue):
            queues.wake((queue.arn,))

    return _operations("DeleteMessage", handle)


def visibility_operations(queues: Queues) -> tuple[Operation, ...]:
    """ChangeMessageVisibility and ChangeMessageVisibilityBatch; waiting receivers look again."""

    def handle(transaction: WriteTransaction, queue: Queue, entry: JsonObject) -> None:
        _change_visibility(transaction, queue, entry, queues.clock.now_ms())
        queues.wake((queue.arn,))

    return _operations("ChangeMessageVisibility", handle)


def _operations(name: str, handle: _Handle) -> tuple[Operation, ...]:
    """The operation on one message, and on a batch of them."""

    def one(body: JsonObject, context: RequestContext) -> _Write:
        return lambda transaction: _one(transaction, body, context, handle)

    def batch(body: JsonObject, context: RequestContext) -> _Write:
        entries = entries_of(body, f"{name}BatchRequestEntry")
        return lambda transaction: _each(transaction, (body, entries), context, handle)

    return (
        Operation(name=name, access=Access.WRITE, prepare=one),
        Operation(name=f"{name}Batch", access=Access.WRITE, prepare=batch),
    )


def _one(transaction: WriteTransaction, body: JsonObject, context: RequestContext, handle: _Handle) -> JsonObject:
    handle(transaction, queue_of(transaction, body, context), body)
    return {}


def _each(
    transaction: WriteTransaction,
    request: tuple[JsonObject, list[JsonObject]],
    context: RequestContext,
    handle: _Handle,
) -> JsonObject:
    body, entries = request
    queue = queue_of(transaction, body, context)

    def handled(entry: JsonObject) -> JsonObject:
        handle(transaction, queue, entry)
        return {}

    return answered(entries, handled)


def _delete(transaction: WriteTransaction, queue: Queue, entry: JsonObject, now_ms: int) -> None:
    receipt = entry.get("ReceiptHandle")
    message = find_message(transaction, queue.bucket, message_in_receipt(queue, receipt))
    if message is None:
        return
    is_newest = message.receipt == receipt
    if is_fifo(queue) and not (is_newest and message.visible_ms > now_ms):
        # Somebody else may have it, and what comes after it is held back for them.
        raise InvalidParameterValue(
            f"Value {receipt} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
        )
    if is_newest:
        remove_message(transaction, message)


def _change_visibility(transaction: WriteTransaction, queue: Queue, entry: JsonObject, now_ms: int) -> None:
    receipt, seconds = entry.get("ReceiptHandle"), entry.get("VisibilityTimeout")
    message_id = message_in_receipt(queue, receipt)
    if seconds is None:
        raise MissingParameter("VisibilityTimeout")
    check_visibility(seconds)
    message = find_message(transaction, queue.bucket, message_id)
    if message is None:
        raise InvalidParameterValue(
            f"Value {receipt} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not "
            "available for visibility timeout change."
        )
    if message.receipt != receipt or message.visible_ms <= now_ms:
        raise MessageNotInflight
    set_visible(transaction, message, now_ms + seconds * 1000)
