"""The records of a claimed page: items as INSERTs, or what has become of them, under fresh numbers. Pure."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from pelton.items.canonical import item_size
from pelton.items.keys import key_of
from pelton.items.types import Item
from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber, Stream
from pelton.storage.change import LogRecord, StoredItem
from pelton.streams.numbers import wire_number
from pelton.streams.records import RecordWriter
from pelton.triggers.protocols import SourceRecord


class Images(NamedTuple):
    """What a record says of an item."""

    event_name: str
    keys: Item
    new: StoredItem | None
    old: bytes | None


class PageWriter:
    """Writes the records of one stream's pages."""

    def __init__(self, stream: Stream, now_ms: int) -> None:
        self._schema = stream.schema
        self._writer = RecordWriter(stream)
        self._now_ms = now_ms

    def inserted(self, item: StoredItem, number: SequenceNumber) -> SourceRecord:
        """An item as the INSERT of it."""
        return self.written(Images("INSERT", key_of(self._schema, orjson.loads(item.body)), item, None), number)

    def written(self, images: Images, number: SequenceNumber) -> SourceRecord:
        """A record made now."""
        keys = orjson.dumps(images.keys)
        record = LogRecord(
            sequence_number=number,
            event_name=images.event_name,
            keys=keys,
            new_image=None if images.new is None else images.new.body,
            old_image=images.old,
            keys_size=item_size(images.keys),
            new_size=0 if images.new is None else images.new.size,
            old_size=0 if images.old is None else item_size(orjson.loads(images.old)),
            created_ms=self._now_ms,
            is_service=False,
            cause=None,
        )
        return SourceRecord(number, self._now_ms, self._writer.event_record(record), keys)

    def again(self, event: JsonObject, number: SequenceNumber) -> SourceRecord:
        """A kept event as it was, under a new number: a partial batch answer names that one."""
        change = {**event["dynamodb"], "SequenceNumber": wire_number(number)}
        body = orjson.dumps({**event, "dynamodb": change})
        return SourceRecord(number, self._now_ms, body, orjson.dumps(change["Keys"]))
