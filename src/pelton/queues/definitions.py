"""A queue's definition in storage: made, the same again, or changed. Decisions for one write transaction each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from pelton.queues.attributes import allows_redrive, check_together, effective, number, redrive_of
from pelton.queues.errors import InvalidParameterValue, QueueNameExists
from pelton.queues.names import FIFO_SUFFIX, parts_of_arn
from pelton.storage.queues import Queue, create_queue, find_queue, replace_queue
from pelton.storage.transaction import Snapshot, WriteTransaction


class Identity(NamedTuple):
    """Whose queue, where, and its name."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return f"arn:aws:sqs:{self.region}:{self.account}:{self.name}"


def named(account: str, region: str, name: str) -> Identity:
    """The identity of a queue."""
    return Identity(account, region, name)


def create(
    transaction: WriteTransaction,
    identity: Identity,
    attributes: Mapping[str, str],
    tags: Mapping[str, str],
    now_ms: int,
) -> Queue:
    """A new queue, or the one that is there already when it has the same values of these attributes.

    Raises:
        QueueNameExists: it is there with another value.
        InvalidParameterValue: its dead-letter queue does not exist, or takes none of its messages.
    """
    there = find_queue(transaction, *identity)
    if there is not None:
        has = effective(there.attributes)
        for name, value in attributes.items():
            if value != has.get(name, ""):
                raise QueueNameExists(name)
        return there
    _check_dead_letters(transaction, identity.arn, attributes)
    return create_queue(
        transaction,
        account=identity.account,
        region=identity.region,
        name=identity.name,
        retention_s=number(attributes, "MessageRetentionPeriod"),
        attributes=attributes,
        tags=tags,
        now_ms=now_ms,
    )


def set_attributes(transaction: WriteTransaction, queue: Queue, attributes: Mapping[str, str], now_ms: int) -> Queue:
    """The queue with these attributes changed; an empty document takes the attribute away.

    Raises:
        InvalidParameterValue: as ``create``.
        InvalidAttributeValue: see ``check_together``.
    """
    _check_dead_letters(transaction, queue.arn, attributes)
    changed = {name: value for name, value in {**queue.attributes, **attributes}.items() if value}
    check_together(changed)
    if changed == queue.attributes:
        return queue
    made = replace(queue, attributes=changed, retention_s=number(changed, "MessageRetentionPeriod"), changed_ms=now_ms)
    replace_queue(transaction, made)
    return made


def bring_in_line(
    transaction: WriteTransaction,
    identity: Identity,
    attributes: Mapping[str, str],
    tags: Mapping[str, str],
    now_ms: int,
) -> Queue:
    """The queue with exactly these attributes and tags: made, or changed; its messages stay.

    Raises:
        InvalidParameterValue: as ``create``.
    """
    there = find_queue(transaction, *identity)
    if there is None:
        return create(transaction, identity, attributes, tags, now_ms)
    _check_dead_letters(transaction, identity.arn, attributes)
    if (there.attributes, there.tags) == (attributes, tags):
        return there
    retention_s = number(attributes, "MessageRetentionPeriod")
    made = replace(there, attributes=attributes, tags=tags, retention_s=retention_s, changed_ms=now_ms)
    replace_queue(transaction, made)
    return made


def _check_dead_letters(snapshot: Snapshot, source_arn: str, attributes: Mapping[str, str]) -> None:
    redrive = redrive_of(attributes)
    if redrive is None:
        return
    parts = parts_of_arn(redrive.target_arn)
    target = find_queue(snapshot, *parts) if parts is not None else None
    start = f"Value {attributes['RedrivePolicy']} for parameter RedrivePolicy is invalid. Reason: "
    if target is None:
        raise InvalidParameterValue(f"{start}Dead letter target does not exist.")
    if source_arn.endswith(FIFO_SUFFIX) is not target.name.endswith(FIFO_SUFFIX):
        raise InvalidParameterValue(f"{start}Dead-letter queue must be same type of queue as the source.")
    if not allows_redrive(target.attributes, source_arn):
        raise InvalidParameterValue(
            f"{start}Queue {redrive.target_arn} does not allow {source_arn} to use it as a dead letter queue."
        )
