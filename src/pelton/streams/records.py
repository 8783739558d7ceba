"""Stream records as JSON, joined from the bytes the log holds: images are never parsed here.

Two forms of one record: GetRecords' (``api_record``) and the Lambda event's (``event_record``). A view type
is a projection at read: the log may hold more images than the stream shows.
Source: DynamoDB Streams API reference, Record; Lambda guide, "Using AWS Lambda with Amazon DynamoDB".
"""

from __future__ import annotations

import json
from hashlib import blake2b

from pelton.storage.catalog import SequenceNumber, Stream
from pelton.storage.change import LogRecord
from pelton.streams.numbers import parse_number, wire_number

__all__ = ["RecordWriter", "parse_number", "wire_number"]

_SHOWS_NEW = frozenset({"NEW_IMAGE", "NEW_AND_OLD_IMAGES"})
_SHOWS_OLD = frozenset({"OLD_IMAGE", "NEW_AND_OLD_IMAGES"})


class RecordWriter:
    """Writes the records of one stream; what all of them share is encoded once."""

    def __init__(self, stream: Stream) -> None:
        self._shows_new = stream.view_type in _SHOWS_NEW
        self._shows_old = stream.view_type in _SHOWS_OLD
        self._seed = blake2b(stream.arn.encode(), digest_size=16).digest()
        region = _text(stream.region)
        self._api_head = b'{"awsRegion":%s,"dynamodb":' % region
        self._view = b',"StreamViewType":%s}' % _text(stream.view_type)
        self._event_middle = b'","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":%s,"dynamodb":' % region
        self._event_end = b',"eventSourceARN":%s}' % _text(stream.arn)

    def event_id(self, number: SequenceNumber) -> str:
        """Id of a record: 32 hex digits, the same at every reading, unique over all streams."""
        return blake2b(number.to_bytes(8, "big"), digest_size=16, key=self._seed).hexdigest()

    def api_record(self, record: LogRecord) -> bytes:
        """The record as GetRecords shows it."""
        user = (
            b',"userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"}' if record.is_service else b""
        )
        return b'%s%s,"eventID":"%s","eventName":"%s","eventSource":"aws:dynamodb","eventVersion":"1.1"%s}' % (
            self._api_head,
            self._change(record),
            self.event_id(record.sequence_number).encode(),
            record.event_name.encode(),
            user,
        )

    def event_record(self, record: LogRecord) -> bytes:
        """The record as a function receives it: with the stream's ARN, and ``userIdentity`` in lower case."""
        user = (
            b',"userIdentity":{"principalId":"dynamodb.amazonaws.com","type":"Service"}' if record.is_service else b""
        )
        return b'{"eventID":"%s","eventName":"%s%s%s%s%s' % (
            self.event_id(record.sequence_number).encode(),
            record.event_name.encode(),
            self._event_middle,
            self._change(record),
            user,
            self._event_end,
        )

    def _change(self, record: LogRecord) -> bytes:
        """The ``dynamodb`` member. SizeBytes counts the keys beside the images shown, as the service does."""
        size = record.keys_size
        parts = [b'{"ApproximateCreationDateTime":%d,"Keys":%s' % (record.created_ms // 1000, record.keys)]
        if self._shows_new and record.new_image is not None:
            size += record.new_size
            parts.append(b',"NewImage":%s' % record.new_image)
        if self._shows_old and record.old_image is not None:
            size += record.old_size
            parts.append(b',"OldImage":%s' % record.old_image)
        number = wire_number(record.sequence_number).encode()
        parts.append(b',"SequenceNumber":"%s","SizeBytes":%d%s' % (number, size, self._view))
        return b"".join(parts)


def _text(value: str) -> bytes:
    """A JSON string."""
    return json.dumps(value).encode()
