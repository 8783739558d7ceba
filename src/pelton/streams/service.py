"""The operations of DynamoDB Streams, by name. Source: service model streams.dynamodb 2012-08-10."""

from __future__ import annotations

from collections.abc import Mapping

from pelton.operations import Access, Operation
from pelton.streams.listing import describe_stream, list_streams
from pelton.streams.reading import get_records, get_shard_iterator


def operations() -> Mapping[str, Operation]:
    """All four operations; they read, and change nothing."""
    prepared = {
        "ListStreams": list_streams,
        "DescribeStream": describe_stream,
        "GetShardIterator": get_shard_iterator,
        "GetRecords": get_records,
    }
    return {name: Operation(name=name, access=Access.READ, prepare=prepare) for name, prepare in prepared.items()}
