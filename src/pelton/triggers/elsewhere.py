"""SNS topics and S3 buckets as destinations: told through whatever answers for those services, where something does.

Topics get the particulars as they stand; a bucket gets an object with the event beside them.
Source: Lambda developer guide, "Retaining discarded batch records"; the object's name as recorded from the service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from pelton.operations import JsonObject
from pelton.triggers.protocols import Discarded

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?")
_BUCKET = re.compile(r"arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])")


NO_ATTRIBUTES: Mapping[str, JsonObject] = MappingProxyType({})


class NotTaken(Exception):
    """The other service did not do it; the text says why."""


class Elsewhere(Protocol):
    """What answers for SNS and S3."""

    async def has(self, arn: str) -> bool:
        """Whether the topic or bucket is there. Raises NotTaken when nothing answers."""

    async def make(self, arn: str) -> None:
        """Make the topic or bucket, unless it is there. Raises NotTaken."""

    async def publish(self, topic_arn: str, message: str, attributes: Mapping[str, JsonObject] = NO_ATTRIBUTES) -> None:
        """Publish a message to a topic, with attributes of SQS's form. Raises NotTaken."""

    async def put(self, bucket: str, key: str, body: bytes) -> None:
        """Store an object. Raises NotTaken."""


def is_topic(arn: str) -> bool:
    """Whether the ARN is a topic's, FIFO or not."""
    return _TOPIC.fullmatch(arn) is not None


def is_elsewhere(arn: str) -> bool:
    """Whether the ARN is a topic's or a bucket's."""
    return is_topic(arn) or bucket_of(arn) is not None


def bucket_of(arn: str) -> str | None:
    """The name of the bucket whose ARN that is; None: of none."""
    found = _BUCKET.fullmatch(arn)
    return None if found is None else found[1]


def record_key(function: str, now_ms: int, random: Random) -> str:
    """``aws/lambda/async/FUNCTION/2025/10/20/2025-10-20T22.41.07-RANDOM``: the record of an asynchronous event."""
    return f"aws/lambda/async/{function}/{_name(now_ms, random)}"


def object_key(discarded: Discarded, random: Random) -> str:
    """``aws/lambda/UUID/SHARD/2025/10/20/2025-10-20T22.41.07-RANDOM``."""
    return f"aws/lambda/{discarded.mapping_uuid}/{discarded.shard_id}/{_name(discarded.discarded_ms, random)}"


def _name(now_ms: int, random: Random) -> str:
    moment = datetime.fromtimestamp(now_ms // 1000, tz=UTC)
    return f"{moment:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{UUID(int=random.getrandbits(128), version=4)}"
