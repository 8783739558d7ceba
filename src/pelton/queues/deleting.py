"""DeleteMessage and ChangeMessageVisibility, and their batches: what a receiver does with what it received.

Only the newest receipt of a message deletes it; an older one succeeds and leaves the message, as the service says.
Source: SQS API reference, DeleteMessage, ChangeMessageVisibility.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.queues.batches import answered, entries_of
from pelton.queues.errors import InvalidParameterValue, MessageNotInflight, MissingParameter
from pelton.queues.receipts import message_in_receipt
from pelton.queues.receiving import check_visibility
from pelton.queues.service import Queues, queue_of
from pelton.storage.messages import find_message, remove_message, set_visible
from pelton.storage.queues import Queue
from pelton.storage.transaction import WriteTransaction

_Write = Callable[[WriteTransaction], JsonObject]
_Call = Callable[[], Awaitable[JsonObject]]
_Handle = Callable[[WriteTransaction, Queue, JsonObject], None]


def deleting_operations() -> tuple[Operation, ...]:
    """DeleteMessage and DeleteMessageBatch."""

    def delete(body: JsonObject, context: RequestContext) -> _Write:
        return lambda transaction: _one(transaction, body, context, _delete)

    def delete_batch(body: JsonObject, context: RequestContext) -> _Write:
        entries = entries_of(body, "DeleteMessageBatchRequestEntry")
        return lambda transaction: _each(transaction, (body, entries), context, _delete)

    return (
        Operation(name="DeleteMessage", access=Access.WRITE, prepare=delete),
        Operation(name="DeleteMessageBatch", access=Access.WRITE, prepare=delete_batch),
    )


def visibility_operations(queues: Queues) -> tuple[Operation, ...]:
    """ChangeMessageVisibility and ChangeMessageVisibilityBatch; waiting receivers look again."""

    def handle(transaction: WriteTransaction, queue: Queue, entry: JsonObject) -> None:
        _change_visibility(transaction, queue, entry, queues.clock.now_ms())

    def change(body: JsonObject, context: RequestContext) -> _Call:
        return _waking(queues, context, lambda transaction: _one(transaction, body, context, handle), body)

    def change_batch(body: JsonObject, context: RequestContext) -> _Call:
        entries = entries_of(body, "ChangeMessageVisibilityBatchRequestEntry")
        write: _Write = lambda transaction: _each(transaction, (body, entries), context, handle)  # noqa: E731
        return _waking(queues, context, write, body)

    return (
        Operation(name="ChangeMessageVisibility", access=Access.CALL, prepare=change),
        Operation(name="ChangeMessageVisibilityBatch", access=Access.CALL, prepare=change_batch),
    )


def _waking(queues: Queues, context: RequestContext, write: _Write, body: JsonObject) -> _Call:
    def decide(transaction: WriteTransaction) -> tuple[JsonObject, str]:
        return write(transaction), queue_of(transaction, body, context).arn

    async def run() -> JsonObject:
        answer, arn = await queues.write(decide)
        queues.wake((arn,))
        return answer

    return run


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


def _delete(transaction: WriteTransaction, queue: Queue, entry: JsonObject) -> None:
    receipt = entry.get("ReceiptHandle")
    message = find_message(transaction, queue.bucket, message_in_receipt(queue, receipt))
    if message is not None and message.receipt == receipt:
        remove_message(transaction, message.id)


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
    set_visible(transaction, message.id, now_ms + seconds * 1000)
