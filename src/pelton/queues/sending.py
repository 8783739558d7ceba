"""SendMessage and SendMessageBatch: durable when they are answered, and seen by waiting receivers at once.

Source: SQS API reference, SendMessage, SendMessageBatch.
"""

from __future__ import annotations

from collections.abc import Callable

from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.queues.attributes import number
from pelton.queues.batches import answered, entries_of
from pelton.queues.digests import attributes_digest, digest
from pelton.queues.errors import BatchTooLong
from pelton.queues.fifo import add_once, is_fifo, sequence_number
from pelton.queues.messages import TRACE_HEADER, Sender, checked_body, message_bytes, message_of
from pelton.queues.service import Queues, queue_of
from pelton.storage.messages import Message, add_message
from pelton.storage.queues import Queue
from pelton.storage.transaction import WriteTransaction

_Write = Callable[[WriteTransaction], JsonObject]


def sending_operations(queues: Queues) -> tuple[Operation, ...]:
    """SendMessage and SendMessageBatch."""

    def send(body: JsonObject, context: RequestContext) -> _Write:
        checked_body(body)

        def decide(transaction: WriteTransaction) -> JsonObject:
            queue = queue_of(transaction, body, context)
            answer = _sent(transaction, queue, body, _sender(queues, context), queues.new_id())
            queues.wake((queue.arn,))
            return answer

        return decide

    def send_batch(body: JsonObject, context: RequestContext) -> _Write:
        entries = entries_of(body, "SendMessageBatchRequestEntry")

        def decide(transaction: WriteTransaction) -> JsonObject:
            queue = queue_of(transaction, body, context)
            _check_size(queue, entries)
            sender = _sender(queues, context)
            answer = answered(entries, lambda entry: _sent(transaction, queue, entry, sender, queues.new_id()))
            queues.wake((queue.arn,))
            return answer

        return decide

    return (
        Operation(name="SendMessage", access=Access.WRITE, prepare=send),
        Operation(name="SendMessageBatch", access=Access.WRITE, prepare=send_batch),
    )


def put_message(transaction: WriteTransaction, queue: Queue, body: str, sender: Sender, message_id: str) -> None:
    """Send a message on Pelton's own behalf, in a transaction that does more; wake its receivers, then or later.

    Raises:
        InvalidParameterValue: it is larger than the queue takes.
    """
    store_message(transaction, queue, message_of({"MessageBody": body}, queue, sender, message_id), sender.now_ms)


def store_message(transaction: WriteTransaction, queue: Queue, message: Message, now_ms: int) -> Message:
    """Put a message into a queue of either type; of a FIFO queue the message as it is, or was, stored."""
    if is_fifo(queue):
        return add_once(transaction, queue, message, now_ms)
    add_message(transaction, queue.bucket, message)
    return message


def _sender(queues: Queues, context: RequestContext) -> Sender:
    return Sender(context.account, queues.clock.now_ms(), context.trace)


def _check_size(queue: Queue, entries: list[JsonObject]) -> None:
    size, size_max = sum(map(message_bytes, entries)), number(queue.attributes, "MaximumMessageSize")
    if size > size_max:
        raise BatchTooLong(f"Batch requests cannot be longer than {size_max} bytes. You have sent {size} bytes.")


def _sent(
    transaction: WriteTransaction, queue: Queue, entry: JsonObject, sender: Sender, message_id: str
) -> JsonObject:
    message = message_of(entry, queue, sender, message_id)
    stored = store_message(transaction, queue, message, sender.now_ms)
    answer = _receipt(entry, stored)
    return {**answer, "SequenceNumber": sequence_number(stored)} if is_fifo(queue) else answer


def _receipt(entry: JsonObject, message: Message) -> JsonObject:
    """What the sender gets: the id, and digests of what arrived."""
    answer: JsonObject = {"MessageId": message.message_id, "MD5OfMessageBody": digest(message.body)}
    if message.attributes is not None:
        answer["MD5OfMessageAttributes"] = attributes_digest(message.attributes)
    system = entry.get("MessageSystemAttributes")
    if system:
        answer["MD5OfMessageSystemAttributes"] = attributes_digest({TRACE_HEADER: system[TRACE_HEADER]})
    return answer
