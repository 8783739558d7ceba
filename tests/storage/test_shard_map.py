"""Streams and shards: numbers, ranges, lineage."""

import pytest

from pelton.items.keys import key_hash
from pelton.storage.catalog import HASH_SPACE, SequenceNumber, Stream
from pelton.storage.engine import Storage
from pelton.storage.reading import ShardUnknown
from pelton.storage.shards import ShardClosed
from tests.storage.storing import key_of, now, orders, put, records, replayed, stored


def with_stream(storage: Storage, shards: int = 1) -> Stream:
    stream = orders(storage, shards=shards).stream
    assert stream is not None
    return stream


def current(storage: Storage, stream: Stream) -> Stream:
    found = storage.snapshot().stream(stream.arn)
    assert found is not None
    return found


@pytest.mark.parametrize("count", [1, 3, 4])
def test_shards_of_a_new_stream_cover_every_hash_once(storage: Storage, count: int) -> None:
    shards = with_stream(storage, count).shards

    assert [shard.hash_from for shard in shards] == [0, *(shard.hash_to for shard in shards[:-1])]
    assert shards[-1].hash_to == HASH_SPACE


def test_a_shard_is_named_as_the_service_names_it(storage: Storage) -> None:
    (shard,) = with_stream(storage).shards

    prefix, moment, suffix = shard.id.split("-")
    assert (prefix, len(moment), len(suffix)) == ("shardId", 20, 8)


def test_a_record_lies_in_the_shard_of_its_key(storage: Storage) -> None:
    stream = with_stream(storage, 4)
    for number in range(40):
        now(storage, put(f"k{number}", "1"))

    for shard in stream.shards:
        for record in storage.snapshot().records(
            stream, shard.id, after=SequenceNumber(0), limit=100, bytes_max=1 << 20
        ):
            identifier = record.keys.decode().split('"')[5]
            assert shard.hash_from <= key_hash(key_of(identifier)) < shard.hash_to
    assert replayed(storage, stream) == stored(storage)


def test_children_of_a_split_halve_the_range_and_start_above_the_end(storage: Storage) -> None:
    stream = with_stream(storage)
    now(storage, put("a", "1"))

    now(storage, lambda transaction: transaction.split_shard(stream.id, stream.shards[0].id, 9))

    parent, left, right = current(storage, stream).shards
    assert parent.ending is not None
    assert (left.parent, right.parent) == (parent.id, parent.id)
    assert (left.hash_from, left.hash_to, right.hash_to) == (0, HASH_SPACE // 2, HASH_SPACE)
    assert min(left.starting, right.starting) > parent.ending >= 1


def test_a_shard_rolled_at_once_still_ends_after_it_started(storage: Storage) -> None:
    stream = with_stream(storage)

    now(storage, lambda transaction: transaction.roll_shard(stream.id, stream.shards[0].id, 9))
    now(storage, put("a", "1"))

    parent, child = current(storage, stream).shards
    assert parent.ending is not None
    assert parent.starting <= parent.ending < child.starting
    (record,) = records(storage, stream)
    assert record.sequence_number >= child.starting


def test_a_closed_shard_cannot_be_split_again(storage: Storage) -> None:
    stream = with_stream(storage)
    now(storage, lambda transaction: transaction.split_shard(stream.id, stream.shards[0].id, 9))

    with pytest.raises(ShardClosed):
        now(storage, lambda transaction: transaction.split_shard(stream.id, stream.shards[0].id, 9))


def test_a_stream_enabled_again_in_the_same_millisecond_has_another_arn(storage: Storage) -> None:
    table = orders(storage)
    now(storage, lambda transaction: transaction.disable_stream(table, 9))

    again = now(storage, lambda transaction: transaction.enable_stream(table, "KEYS_ONLY", table.created_ms))

    assert again.stream is not None
    assert table.stream is not None
    assert again.stream.arn != table.stream.arn
    assert again.latest_stream == (again.stream.arn, again.stream.label)
    assert storage.snapshot().stream(table.stream.arn) is not None


def test_a_page_stops_at_its_limit_and_its_bytes_but_holds_one_record(storage: Storage) -> None:
    stream = with_stream(storage)
    for number in range(5):
        now(storage, put(f"k{number}", "x" * 1000))

    def page(after: int, limit: int, bytes_max: int) -> list[int]:
        found = storage.snapshot().records(
            stream, stream.shards[0].id, after=SequenceNumber(after), limit=limit, bytes_max=bytes_max
        )
        return [record.sequence_number for record in found]

    assert page(0, 2, 1 << 20) == [1, 2]
    assert page(2, 10, 2500) == [3, 4]
    assert page(4, 10, 1) == [5]
    assert page(5, 10, 1) == []


def test_an_unknown_shard_is_named(storage: Storage) -> None:
    stream = with_stream(storage)

    with pytest.raises(ShardUnknown, match="shardId-nowhere"):
        storage.snapshot().records(stream, "shardId-nowhere", after=SequenceNumber(0), limit=1, bytes_max=1)
