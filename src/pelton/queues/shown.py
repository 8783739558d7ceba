"""A received message on the wire: with the attributes that were asked for, and no others. Pure.

Source: SQS API reference, ReceiveMessage, Message.
"""

from __future__ import annotations

from dataclasses import dataclass

from pelton.operations import JsonObject
from pelton.queues.digests import attributes_digest, digest
from pelton.queues.errors import InvalidAttributeName
from pelton.queues.fifo import sequence_number
from pelton.storage.messages import Message

#: What a receiver can ask for beside a message's own attributes.
SYSTEM_ATTRIBUTES = (
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "MessageGroupId",
    "MessageDeduplicationId",
    "SequenceNumber",
    "AWSTraceHeader",
    "DeadLetterQueueSourceArn",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a receiver wants to see."""

    system: frozenset[str]
    attributes: tuple[str, ...]  #: names, or beginnings that end in ``.*``; ``All`` and ``.*`` are all

    @classmethod
    def asked(cls, body: JsonObject) -> Shown:
        """What a ReceiveMessage request asks for.

        Raises:
            InvalidAttributeName: there is no such system attribute.
        """
        names = [*(body.get("AttributeNames") or ()), *(body.get("MessageSystemAttributeNames") or ())]
        for name in names:
            if name not in (*SYSTEM_ATTRIBUTES, "All"):
                raise InvalidAttributeName(name)
        system = frozenset(SYSTEM_ATTRIBUTES if "All" in names else names)
        return cls(system=system, attributes=tuple(body.get("MessageAttributeNames") or ()))

    def shows(self, name: str) -> bool:
        """Whether a message attribute of that name was asked for."""
        return any(
            wanted in ("All", name) or (wanted.endswith(".*") and name.startswith(wanted[:-2]))
            for wanted in self.attributes
        )


def shown_message(message: Message, shown: Shown) -> JsonObject:
    """The message as its receiver sees it."""
    answer: JsonObject = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": digest(message.body),
        "Body": message.body,
    }
    system = {name: value for name, value in system_attributes(message).items() if name in shown.system}
    if system:
        answer["Attributes"] = system
    attributes = {name: value for name, value in (message.attributes or {}).items() if shown.shows(name)}
    if attributes:
        answer["MessageAttributes"] = attributes
        answer["MD5OfMessageAttributes"] = attributes_digest(attributes)
    return answer


def system_attributes(message: Message) -> JsonObject:
    """All system attributes that a received message has."""
    system = {
        **message.system,
        "SentTimestamp": str(message.sent_ms),
        "ApproximateReceiveCount": str(message.received),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_ms),
    }
    if message.group is not None:
        system["SequenceNumber"] = sequence_number(message)
    return system
