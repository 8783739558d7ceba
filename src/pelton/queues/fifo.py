"""FIFO queues: messages of one group in their order, one after another, and each of them once.

While messages of a group are in flight no other of the group is received. A message sent again within five
minutes under its deduplication id is answered like the first and not stored; that memory lies in storage.
Source: SQS developer guide, "FIFO queue delivery logic", "Exactly-once processing"; texts as recorded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

from pelton.operations import JsonObject
from pelton.queues.attributes import is_deduplicated_by_group, of_fifo
from pelton.queues.errors import InvalidParameterValue, MissingParameter
from pelton.queues.names import FIFO_SUFFIX
from pelton.storage.message_groups import ready_groups
from pelton.storage.messages import Message, add_to_group, find_message, oldest_of_group, set_visible
from pelton.storage.queues import Queue
from pelton.storage.sent_before import (
    ReceivedBefore,
    SentBefore,
    received_before,
    remember_received,
    remember_sent,
    sent_before,
)
from pelton.storage.transaction import Snapshot, WriteTransaction

#: How long ids of sends and receives are remembered.
MEMORY_MS = 5 * 60 * 1000
GROUP, DEDUPLICATION = "MessageGroupId", "MessageDeduplicationId"
ATTEMPT = "ReceiveRequestAttemptId"

_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
#: The service's numbers have 20 digits and rise with gaps.
_NUMBERS_FROM = 18_800_000_000_000_000_000
_NUMBER_STEP = 256
_GROUPS_AT_A_TIME = 10


def is_fifo(queue: Queue) -> bool:
    """Whether the queue is a FIFO queue: its name says so."""
    return queue.name.endswith(FIFO_SUFFIX)


def sequence_number(message: Message) -> str:
    """SequenceNumber of a stored message: rises within its group."""
    return str(_NUMBERS_FROM + message.id * _NUMBER_STEP)


def checked_id(name: str, value: str) -> str:
    """An id that a client chose: of a group, of a message, or of a receive.

    Raises:
        InvalidParameterValue: it has other characters, or is too long.
    """
    if not _ID.fullmatch(value):
        raise InvalidParameterValue(
            f"Value {value} for parameter {name} is invalid. Reason: {name} can only include alphanumeric and "
            "punctuation characters. 1 to 128 in length."
        )
    return value


def not_of_this_type(name: str, value: object) -> InvalidParameterValue:
    """The error for a parameter that the other type of queue has."""
    return InvalidParameterValue(
        f"Value {value} for parameter {name} is invalid. Reason: "
        "The request include parameter that is not valid for this queue type."
    )


def fifo_attributes(entry: JsonObject, queue: Queue) -> JsonObject:
    """The group and the deduplication id of a message that is sent.

    Raises:
        MissingParameter, InvalidParameterValue: one is missing or has another form.
    """
    group, given = entry.get(GROUP), entry.get(DEDUPLICATION)
    if group is None or group == "":
        raise MissingParameter(GROUP)
    checked_id(GROUP, group)
    if given is not None:
        return {GROUP: group, DEDUPLICATION: checked_id(DEDUPLICATION, given)}
    if of_fifo(queue.attributes, "ContentBasedDeduplication") != "true":
        raise InvalidParameterValue(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )
    return {GROUP: group, DEDUPLICATION: hashlib.sha256(entry["MessageBody"].encode()).hexdigest()}


def add_once(transaction: WriteTransaction, queue: Queue, message: Message, now_ms: int) -> Message:
    """Put a message into its group, unless it was sent before; the message as it is, or was, stored."""
    group, dedup_id = message.system[GROUP], message.system[DEDUPLICATION]
    scope = group if is_deduplicated_by_group(queue.attributes) else ""
    before = sent_before(transaction, queue.id, scope, dedup_id, now_ms)
    if before is not None:
        return replace(message, id=before.message, message_id=before.message_id)
    stored = add_to_group(transaction, queue.bucket, group, message)
    sent = SentBefore(stored.id, stored.message_id)
    remember_sent(transaction, queue.id, scope, dedup_id, sent, now_ms + MEMORY_MS)
    return stored


def receivable_in_order(snapshot: Snapshot, queue: Queue, now_ms: int, limit: int) -> Sequence[Message]:
    """Messages that can be received now: as many as possible of the group that waits longest, then of the next."""
    found: list[Message] = []
    after = (-1, 0)
    while len(found) < limit:
        groups = ready_groups(snapshot, queue.bucket, now_ms, after, _GROUPS_AT_A_TIME)
        for _, group in groups:
            found += _shown(oldest_of_group(snapshot, group, queue.oldest_ms(now_ms), limit - len(found)), now_ms)
            if len(found) >= limit:
                break
        if len(groups) < _GROUPS_AT_A_TIME:
            break
        after = groups[-1]
    return found


def _shown(messages: Sequence[Message], now_ms: int) -> Sequence[Message]:
    """Those before the first that cannot be received yet: it was delayed, and holds up what follows."""
    for index, message in enumerate(messages):
        if message.visible_ms > now_ms:
            return messages[:index]
    return messages


def received_again(
    transaction: WriteTransaction, queue: Queue, attempt: str, now_ms: int, visible_ms: int
) -> Sequence[Message]:
    """What a receive of that attempt id got, hidden anew; empty when it is not known or something has changed."""
    before = received_before(transaction, queue.id, attempt, now_ms)
    messages = [find_message(transaction, queue.bucket, each.message) for each in before]
    there = [
        message
        for message, each in zip(messages, before, strict=True)
        if message is not None and (message.receipt, message.visible_ms) == (each.receipt, each.visible_ms)
    ]
    if len(there) < len(before) or any(message.visible_ms <= now_ms for message in there):
        return []
    for message in there:
        set_visible(transaction, message, visible_ms)
    shown = [replace(message, visible_ms=visible_ms) for message in there]
    remember_attempt(transaction, queue, attempt, shown, now_ms)
    return shown


def remember_attempt(
    transaction: WriteTransaction, queue: Queue, attempt: str, messages: Sequence[Message], now_ms: int
) -> None:
    """Remember what a receive got, for another one with its attempt id."""
    received = [ReceivedBefore(message.id, message.receipt or "", message.visible_ms) for message in messages]
    remember_received(transaction, queue.id, attempt, received, now_ms + MEMORY_MS)
