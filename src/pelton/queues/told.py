"""GetQueueAttributes: what is told of a queue. Source: SQS API reference, GetQueueAttributes."""

from __future__ import annotations

from collections.abc import Sequence

from pelton.queues.attributes import COUNTED, KNOWN, effective
from pelton.queues.errors import InvalidAttributeName
from pelton.storage.messages import count_messages
from pelton.storage.queues import Queue
from pelton.storage.transaction import Snapshot


def told_attributes(snapshot: Snapshot, queue: Queue, names: Sequence[str], now_ms: int) -> dict[str, str]:
    """The attributes of those names that the queue has; ``All`` is every one.

    Raises:
        InvalidAttributeName: there is no such attribute.
    """
    for name in names:
        if name not in KNOWN:
            raise InvalidAttributeName(name)
    told = {
        "QueueArn": queue.arn,
        "CreatedTimestamp": str(queue.created_ms // 1000),
        "LastModifiedTimestamp": str(queue.changed_ms // 1000),
        **effective(queue.attributes),
    }
    if "All" in names or set(COUNTED) & set(names):
        counts = count_messages(snapshot, queue.bucket, now_ms, queue.oldest_ms(now_ms))
        told.update(zip(COUNTED, map(str, counts), strict=True))
    return told if "All" in names else {name: told[name] for name in names if name in told}
