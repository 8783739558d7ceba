"""A message from what a client sent, checked. Pure. Source: SQS API reference, SendMessage; texts as recorded."""

from __future__ import annotations

import re
from typing import NamedTuple

from pelton.operations import JsonObject
from pelton.queues.attributes import number
from pelton.queues.digests import attributes_bytes, value_bytes
from pelton.queues.errors import InvalidMessageContents, InvalidParameterValue, MissingParameter, NotSupported
from pelton.queues.fifo import DEDUPLICATION, GROUP, checked_id, fifo_attributes, is_fifo, not_of_this_type
from pelton.storage.messages import Message
from pelton.storage.queues import Queue

ATTRIBUTES_MAX = 10
DELAY_MAX_S = 900
TRACE_HEADER = "AWSTraceHeader"

#: Characters that XML allows; the others are refused.
_ALLOWED = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_ATTRIBUTE_NAME = re.compile(r"(?!(?i:aws\.|amazon\.)|\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TYPES = ("String", "Number", "Binary")


class Sender(NamedTuple):
    """Who sends, when, and by which invocation."""

    account: str
    now_ms: int
    trace: str | None


def message_of(entry: JsonObject, queue: Queue, sender: Sender, message_id: str) -> Message:
    """The message of a SendMessage request, or of one entry of a batch.

    Raises:
        QueueError: something about it is refused.
    """
    body = checked_body(entry)
    attributes = entry.get("MessageAttributes") or None
    _check_attributes(attributes or {})
    size, size_max = message_bytes(entry), number(queue.attributes, "MaximumMessageSize")
    if size > size_max:
        text = f"One or more parameters are invalid. Reason: Message must be shorter than {size_max} bytes."
        raise InvalidParameterValue(text)
    delay_s = _delay_s(entry, queue)
    return Message(
        message_id=message_id,
        body=body,
        attributes=attributes,
        system={**_system(entry, sender), **_of_type(entry, queue)},
        sent_ms=sender.now_ms,
        visible_ms=sender.now_ms + delay_s * 1000,
    )


def checked_body(entry: JsonObject) -> str:
    """The body.

    Raises:
        MissingParameter, InvalidMessageContents: it is absent, or holds characters that XML does not know.
    """
    body: str = entry.get("MessageBody") or ""
    if not body:
        raise MissingParameter("MessageBody")
    if not _ALLOWED.fullmatch(body):
        raise InvalidMessageContents(
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
            "#xE000 to #xFFFD | #x10000 to #x10FFFF"
        )
    return body


def message_bytes(entry: JsonObject) -> int:
    """What counts of a message: body and attributes. They need not have been checked."""
    return len((entry.get("MessageBody") or "").encode()) + attributes_bytes(entry.get("MessageAttributes") or {})


def _delay_s(entry: JsonObject, queue: Queue) -> int:
    delay_s = entry.get("DelaySeconds")
    if delay_s is None or (delay_s == 0 and is_fifo(queue)):
        return number(queue.attributes, "DelaySeconds")
    if is_fifo(queue):
        raise not_of_this_type("DelaySeconds", delay_s)
    if not 0 <= delay_s <= DELAY_MAX_S:
        raise InvalidParameterValue(
            f"Value {delay_s} for parameter DelaySeconds is invalid. Reason: "
            f"DelaySeconds must be >= 0 and <= {DELAY_MAX_S}."
        )
    return int(delay_s)


def _system(entry: JsonObject, sender: Sender) -> JsonObject:
    """What goes with the message beside its attributes."""
    system: JsonObject = {"SenderId": sender.account}
    if sender.trace is not None:
        system[TRACE_HEADER] = sender.trace
    for name, value in (entry.get("MessageSystemAttributes") or {}).items():
        if name != TRACE_HEADER:
            raise InvalidParameterValue(f"Message system attribute name '{name}' is invalid.")
        _check_value(name, value, "system")
        system[TRACE_HEADER] = value.get("StringValue")
    return system


def _of_type(entry: JsonObject, queue: Queue) -> JsonObject:
    """What the queue's type adds: group and deduplication id; a standard queue's group is a tenant."""
    if is_fifo(queue):
        return fifo_attributes(entry, queue)
    if entry.get(DEDUPLICATION) is not None:
        raise not_of_this_type(DEDUPLICATION, entry[DEDUPLICATION])
    group = entry.get(GROUP)
    return {} if group is None else {GROUP: checked_id(GROUP, group)}


def _check_attributes(attributes: JsonObject) -> None:
    if len(attributes) > ATTRIBUTES_MAX:
        raise InvalidParameterValue(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{ATTRIBUTES_MAX}]."
        )
    for name, value in attributes.items():
        if not _ATTRIBUTE_NAME.fullmatch(name):
            raise InvalidParameterValue(f"Message (user) attribute name '{name}' is invalid.")
        _check_value(name, value, "user")


def _check_value(name: str, value: JsonObject, kind: str) -> None:
    if value.get("StringListValues") or value.get("BinaryListValues"):
        raise NotSupported("Message attribute list values in SendMessage operation are not supported.")
    data_type = value.get("DataType")
    if not data_type:
        raise InvalidParameterValue(
            f"The message ({kind}) attribute '{name}' must contain a non-empty message attribute type."
        )
    base = data_type.partition(".")[0]
    if base not in _TYPES or len(data_type.encode()) > 256:
        raise InvalidParameterValue(
            f"The message ({kind}) attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    field = "BinaryValue" if base == "Binary" else "StringValue"
    if value.keys() & {"BinaryValue", "StringValue"} != {field} or not value_bytes(value):
        raise InvalidParameterValue(
            f"The message ({kind}) attribute '{name}' must contain a non-empty message attribute value for message "
            f"attribute type '{data_type}'."
        )
    if base == "Number" and not _NUMBER.fullmatch(value["StringValue"]):
        raise InvalidParameterValue(f"Can't cast the value of message ({kind}) attribute '{name}' to a number.")
    if base != "Binary" and not _ALLOWED.fullmatch(value["StringValue"]):
        raise InvalidMessageContents(f"Invalid characters found in the value of message ({kind}) attribute '{name}'.")
