"""ListStreams and DescribeStream. Source: DynamoDB Streams API reference; texts as DynamoDB Local gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pelton.arns import table_name_of
from pelton.errors import ValidationFailed
from pelton.items.schema import KeySchema
from pelton.operations import JsonObject, RequestContext
from pelton.storage.catalog import Shard, Stream
from pelton.storage.transaction import Snapshot
from pelton.streams.errors import stream_not_found
from pelton.streams.numbers import wire_number

_PAGE_MAX = 100
_OPV = "One or more parameter values were invalid: "


def list_streams(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    """Streams whose records can still be read; an unknown table has none, which is no error."""
    limit = _limit(body, f"{_OPV}Limit cannot be greater than the maximum allowed size: {_PAGE_MAX}")
    table_name = table_name_of(body["TableName"]) if body.get("TableName") else None
    start = body.get("ExclusiveStartStreamArn")

    def decide(snapshot: Snapshot) -> JsonObject:
        streams = [
            stream
            for stream in snapshot.streams(context.account, context.region)
            if table_name in (None, stream.table_name)
        ]
        if start is not None:
            streams = _after(streams, start)
        reply: JsonObject = {"Streams": [_entry(stream) for stream in streams[:limit]]}
        if len(streams) > limit:
            reply["LastEvaluatedStreamArn"] = streams[limit - 1].arn
        return reply

    return decide


def describe_stream(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    """A stream and a page of its shards, oldest first; with a ShardFilter only the children of one shard."""
    arn = stream_arn_of(body)
    limit = _limit(body, f"{_OPV}Limit cannot be greater than the maximum: {_PAGE_MAX}")
    start = body.get("ExclusiveStartShardId")
    if start is not None:
        check_shard_id(start, "exclusiveStartShardId")
    parent = _filtered_parent(body)

    def decide(snapshot: Snapshot) -> JsonObject:
        stream = visible_stream(snapshot, arn, context)
        shards = [shard for shard in stream.shards if parent in (None, shard.parent)]
        if start is not None:
            shards = _later_shards(shards, start)
        description = _description(stream, shards[:limit])
        if len(shards) > limit:
            description["LastEvaluatedShardId"] = shards[limit - 1].id
        return {"StreamDescription": description}

    return decide


def stream_arn_of(body: JsonObject) -> str:
    """The request's StreamArn.

    Raises:
        ValidationFailed: it is missing or empty.
    """
    arn = body.get("StreamArn")
    if not isinstance(arn, str) or not arn:
        raise ValidationFailed("Invalid StreamArn")
    return arn


def visible_stream(snapshot: Snapshot, arn: str, context: RequestContext) -> Stream:
    """The stream with that ARN in the caller's account and region.

    Raises:
        ResourceNotFound: there is none, or its records are gone.
    """
    stream = snapshot.stream(arn)
    if stream is None or (stream.account, stream.region) != (context.account, context.region):
        raise stream_not_found(arn)
    return stream


def check_shard_id(shard_id: str, member: str) -> None:
    """Refuse a shard id that no shard can have: 28 to 65 characters by the model."""
    rule = None
    if len(shard_id) < 28:
        rule = "greater than or equal to 28"
    elif len(shard_id) > 65:
        rule = "less than or equal to 65"
    if rule:
        raise ValidationFailed(
            f"1 validation error detected: Value '{shard_id}' at '{member}' failed to satisfy constraint: "
            f"Member must have length {rule}"
        )


def check_at_least_one(value: int, member: str) -> None:
    """Refuse a number below 1 with the service's text."""
    if value < 1:
        raise ValidationFailed(
            f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        )


def _limit(body: JsonObject, text_above: str) -> int:
    limit: int = _PAGE_MAX if body.get("Limit") is None else body["Limit"]
    check_at_least_one(limit, "limit")
    if limit > _PAGE_MAX:
        raise ValidationFailed(text_above)
    return limit


def _filtered_parent(body: JsonObject) -> str | None:
    """The shard whose children are asked for; CHILD_SHARDS is the only filter there is."""
    shard_filter = body.get("ShardFilter")
    if not shard_filter:
        return None
    if shard_filter.get("Type") != "CHILD_SHARDS":
        raise ValidationFailed(f"{_OPV}Invalid ShardFilter: Type must be CHILD_SHARDS")
    parent = shard_filter.get("ShardId")
    if not parent:
        raise ValidationFailed(f"{_OPV}Invalid ShardFilter: ShardId must be given with CHILD_SHARDS")
    check_shard_id(parent, "shardFilter.shardId")
    return str(parent)


def _after(streams: list[Stream], arn: str) -> list[Stream]:
    """Streams listed after that one. One that is gone meanwhile leaves its place: ARNs tell it by their label."""
    arns = [stream.arn for stream in streams]
    if arn in arns:
        return streams[arns.index(arn) + 1 :]
    label = arn.rsplit("/stream/", 1)[-1]
    return [stream for stream in streams if stream.label > label]


def _later_shards(shards: list[Shard], shard_id: str) -> list[Shard]:
    """Shards listed after that one; one trimmed meanwhile was older than all that are left."""
    ids = [shard.id for shard in shards]
    return shards[ids.index(shard_id) + 1 :] if shard_id in ids else [s for s in shards if s.id > shard_id]


def _entry(stream: Stream) -> JsonObject:
    return {"StreamArn": stream.arn, "TableName": stream.table_name, "StreamLabel": stream.label}


def _description(stream: Stream, shards: Sequence[Shard]) -> JsonObject:
    return {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED" if stream.disabled_ms is None else "DISABLED",
        "StreamViewType": stream.view_type,
        "CreationRequestDateTime": stream.created_ms / 1000,
        "TableName": stream.table_name,
        "KeySchema": _key_schema(stream.schema),
        "Shards": [_shard(shard) for shard in shards],
    }


def _key_schema(schema: KeySchema) -> list[JsonObject]:
    keys = [{"AttributeName": attribute.name, "KeyType": "HASH"} for attribute in schema.partition]
    return keys + [{"AttributeName": attribute.name, "KeyType": "RANGE"} for attribute in schema.sort]


def _shard(shard: Shard) -> JsonObject:
    numbers = {"StartingSequenceNumber": wire_number(shard.starting)}
    if shard.ending is not None:
        numbers["EndingSequenceNumber"] = wire_number(shard.ending)
    shown: JsonObject = {"ShardId": shard.id, "SequenceNumberRange": numbers}
    if shard.parent is not None:
        shown["ParentShardId"] = shard.parent
    return shown
