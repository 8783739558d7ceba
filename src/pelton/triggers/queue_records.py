"""A message as a function receives it, and as filters see it. Pure.

Source: Lambda guide, "Using Lambda with Amazon SQS", example events; "Properly filtering Amazon SQS messages".
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from pelton.operations import JsonObject
from pelton.queues.digests import attributes_digest, digest
from pelton.queues.shown import system_attributes
from pelton.storage.messages import Message
from pelton.storage.queues import Queue


class TakenMessage(NamedTuple):
    """A message that was received for a function."""

    message: Message
    event: bytes  #: its record in the function's event, complete


def record_of(message: Message, queue: Queue) -> JsonObject:
    """The record of a received message; attributes that were never sent are not there."""
    record: JsonObject = {
        "messageId": message.message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": system_attributes(message),
        "messageAttributes": {name: _value(value) for name, value in (message.attributes or {}).items()},
        "md5OfBody": digest(message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": queue.region,
    }
    if message.attributes:
        record["md5OfMessageAttributes"] = attributes_digest(message.attributes)
    return record


def filtered_form(record: JsonObject) -> bytes:
    """The record as filter patterns see it: a body that is JSON is looked into, any other is text."""
    try:
        body = orjson.loads(record["body"])
    except orjson.JSONDecodeError:
        body = record["body"]
    return orjson.dumps({**record, "body": body})


def event_bytes(messages: tuple[TakenMessage, ...]) -> bytes:
    """The event of a batch, joined from its records' bytes."""
    return b'{"Records":[%s]}' % b",".join([taken.event for taken in messages])


def _value(value: JsonObject) -> JsonObject:
    shown: JsonObject = {}
    if "StringValue" in value:
        shown["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        shown["binaryValue"] = value["BinaryValue"]
    return {**shown, "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
