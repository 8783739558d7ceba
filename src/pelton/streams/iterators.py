"""Shard iterators: positions, not cursors. The text holds all there is to know; the server keeps nothing.

    <streamArn>|<version>|<base64 of JSON [shard id, after, issued ms]>

Reading twice with one iterator gives the same records twice. Source: DynamoDB Streams API reference,
GetShardIterator; the form is the service's own (clients log it and some split it at ``|``).
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass

import orjson

from pelton.errors import ValidationFailed
from pelton.storage.catalog import SequenceNumber

#: How long an iterator may be used after it was issued.
ITERATOR_LIFE_MS = 15 * 60 * 1000
_VERSION = "1"
_FAR = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardIterator:
    """A place in a shard: before the first record with a number > ``after``."""

    stream_arn: str
    shard_id: str
    after: SequenceNumber
    issued_ms: int

    def is_expired(self, now_ms: int) -> bool:
        """Whether it was issued more than 15 minutes ago."""
        return now_ms - self.issued_ms > ITERATOR_LIFE_MS


def iterator_text(iterator: ShardIterator) -> str:
    """The iterator as clients hold it."""
    place = orjson.dumps([iterator.shard_id, iterator.after, iterator.issued_ms])
    return f"{iterator.stream_arn}|{_VERSION}|{b64encode(place).decode()}"


def parse_iterator(text: object) -> ShardIterator:
    """The iterator of a text made by ``iterator_text``.

    Raises:
        ValidationFailed: anything else.
    """
    if not isinstance(text, str):
        raise ValidationFailed("Invalid ShardIterator")
    try:
        arn, version, place = text.split("|")
        shard_id, after, issued_ms = orjson.loads(b64decode(place, validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise ValidationFailed("Invalid ShardIterator") from error
    if version != _VERSION or not _are_whole(after, issued_ms) or not isinstance(shard_id, str):
        raise ValidationFailed("Invalid ShardIterator")
    return ShardIterator(stream_arn=arn, shard_id=shard_id, after=SequenceNumber(after), issued_ms=issued_ms)


def _are_whole(*values: object) -> bool:
    """Whether all are numbers that a position or a time can be: what is larger has no place in the log."""
    return all(type(value) is int and 0 <= value < _FAR for value in values)
