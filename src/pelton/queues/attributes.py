"""A queue's attributes: what can be set, its ranges and defaults. Values are texts, as on the wire. Pure.

Source: SQS API reference, CreateQueue and SetQueueAttributes. Nothing is accepted without an effect but what
guards a queue on Amazon alone (``Policy``, ``SqsManagedSseEnabled``): it is kept and shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from pelton.queues.errors import InvalidAttributeName, InvalidAttributeValue, InvalidParameterValue, NotSupported
from pelton.queues.names import FIFO_SUFFIX, parts_of_arn

#: Numbers: lowest, highest, default.
_NUMBERS = {
    "DelaySeconds": (0, 900, 0),
    "MaximumMessageSize": (1024, 1_048_576, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600, 345_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20, 0),
    "VisibilityTimeout": (0, 43_200, 30),
}
_FLAGS = {"SqsManagedSseEnabled": "true"}
_DOCUMENTS = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
#: Of FIFO queues: the values there are, the default first.
_OF_FIFO = {
    "ContentBasedDeduplication": ("false", "true"),
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
FIFO = "FifoQueue"
_OF_KEYS = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds")
#: Attributes that are told and cannot be set.
COUNTED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
TOLD = (*COUNTED, "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn")
KNOWN = frozenset({*_NUMBERS, *_FLAGS, *_DOCUMENTS, *_OF_FIFO, FIFO, *_OF_KEYS, *TOLD, "All"})
SETTABLE = frozenset({*_NUMBERS, *_FLAGS, *_DOCUMENTS, *_OF_FIFO, FIFO})

#: Receives after which a message goes to the dead-letter queue.
_RECEIVES = range(1, 1001)


class Redrive(NamedTuple):
    """Where messages go that were received too often."""

    target_arn: str
    receives_max: int


def checked_attributes(attributes: Mapping[str, str], name: str) -> dict[str, str]:
    """Attributes of a queue of that name to be set, each checked by itself; numbers lose leading zeros.

    Raises:
        InvalidAttributeName, InvalidAttributeValue: there is no such attribute, or it is out of its range.
        InvalidParameterValue: RedrivePolicy is none.
        NotSupported: it is not served here.
    """
    is_fifo = name.endswith(FIFO_SUFFIX)
    return {attribute: _checked(attribute, value, is_fifo=is_fifo) for attribute, value in attributes.items()}


def check_together(attributes: Mapping[str, str]) -> None:
    """Check what attributes, set before or now, mean for each other.

    Raises:
        InvalidAttributeValue: groups cannot have a throughput of their own while ids count for the whole queue.
    """
    if of_fifo(attributes, "FifoThroughputLimit") == "perMessageGroupId" and not is_deduplicated_by_group(attributes):
        raise InvalidAttributeValue(
            "FifoThroughputLimit",
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.",
        )


def effective(attributes: Mapping[str, str]) -> dict[str, str]:
    """All attributes that have a value, set or by default."""
    defaults = {name: str(default) for name, (_, _, default) in _NUMBERS.items()}
    if FIFO in attributes:
        defaults.update((name, values[0]) for name, values in _OF_FIFO.items())
    return {**defaults, **_FLAGS, **{name: value for name, value in attributes.items() if value}}


def of_fifo(attributes: Mapping[str, str], name: str) -> str:
    """An attribute of a FIFO queue, set or by default."""
    return attributes.get(name) or _OF_FIFO[name][0]


def is_deduplicated_by_group(attributes: Mapping[str, str]) -> bool:
    """Whether deduplication ids count within a message group alone."""
    return of_fifo(attributes, "DeduplicationScope") == "messageGroup"


def number(attributes: Mapping[str, str], name: str) -> int:
    """A number, set or by default: seconds or bytes."""
    return int(attributes.get(name) or _NUMBERS[name][2])


def redrive_of(attributes: Mapping[str, str]) -> Redrive | None:
    """The redrive policy; None: there is none."""
    text = attributes.get("RedrivePolicy")
    if not text:
        return None
    policy = json.loads(text)
    return Redrive(policy["deadLetterTargetArn"], int(policy["maxReceiveCount"]))


def allows_redrive(attributes: Mapping[str, str], source_arn: str) -> bool:
    """Whether a queue takes dead letters of that one."""
    text = attributes.get("RedriveAllowPolicy")
    policy = json.loads(text) if text else {}
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and source_arn in policy.get("sourceQueueArns", []))


def _checked(name: str, value: str, *, is_fifo: bool) -> str:
    if name in _OF_KEYS and value:
        raise NotSupported(f"{name} is not supported by Pelton, which encrypts nothing: leave it out")
    if name not in SETTABLE:
        raise InvalidAttributeName(name)
    if name in _NUMBERS:
        return _number(name, value)
    if name == FIFO or name in _OF_FIFO:
        return _fifo(name, value, is_fifo=is_fifo)
    if name in _FLAGS:
        if value not in ("true", "false"):
            raise InvalidAttributeValue(name)
        return value
    if value:
        _check_document(name, value)
    return value


def _fifo(name: str, value: str, *, is_fifo: bool) -> str:
    """An attribute of FIFO queues; ``FifoQueue`` itself can only be ``true``."""
    if name == FIFO and value == "false":
        raise InvalidAttributeName(name)
    if value not in _OF_FIFO.get(name, ("true",)):
        raise InvalidAttributeValue(name)
    if name in ("DeduplicationScope", "FifoThroughputLimit") and not is_fifo:
        raise InvalidAttributeName(name, f"You can specify the {name} only when FifoQueue is set to true.")
    if name == FIFO and not is_fifo:
        raise InvalidAttributeValue(name, "Modifying queue type is not supported.")
    if not is_fifo:
        raise InvalidAttributeName(name)
    return value


def _number(name: str, value: str) -> str:
    low, high, _ = _NUMBERS[name]
    if not (value.isascii() and value.isdecimal() and len(value) < 10 and low <= int(value) <= high):
        raise InvalidAttributeValue(name)
    return str(int(value))


def _check_document(name: str, value: str) -> None:
    try:
        document = json.loads(value)
    except ValueError:
        raise InvalidAttributeValue(name) from None
    if not isinstance(document, dict):
        raise InvalidAttributeValue(name)
    if name == "RedrivePolicy":
        _check_redrive(document, value)
    elif name == "RedriveAllowPolicy":
        _check_redrive_allowance(document)


def _check_redrive(policy: dict[str, object], text: str) -> None:
    start = f"Value {text} for parameter RedrivePolicy is invalid. Reason: "
    for member in ("deadLetterTargetArn", "maxReceiveCount"):
        if policy.get(member) in (None, ""):
            raise InvalidParameterValue(f"{start}Redrive policy does not contain mandatory attribute: {member}.")
    if unknown := policy.keys() - {"deadLetterTargetArn", "maxReceiveCount"}:
        raise InvalidParameterValue(f"{start}Redrive policy contains unknown attributes: {', '.join(sorted(unknown))}.")
    if parts_of_arn(str(policy["deadLetterTargetArn"])) is None:
        raise InvalidParameterValue(f"{start}Invalid value for deadLetterTargetArn.")
    count = str(policy["maxReceiveCount"])
    if not (count.isascii() and count.isdecimal() and len(count) < 6 and int(count) in _RECEIVES):
        raise InvalidParameterValue(
            f"{start}Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        )


def _check_redrive_allowance(policy: dict[str, object]) -> None:
    permission = policy.get("redrivePermission")
    sources = policy.get("sourceQueueArns")
    is_list = isinstance(sources, list) and 1 <= len(sources) <= 10 and all(isinstance(each, str) for each in sources)
    is_known = permission in ("allowAll", "denyAll", "byQueue") and policy.keys() <= {
        "redrivePermission",
        "sourceQueueArns",
    }
    if not is_known or (is_list if permission != "byQueue" else not is_list):
        raise InvalidAttributeValue("RedriveAllowPolicy")
