"""Shards over their life: listed in pages, closed, split, rolled over, and gone with their records (1.3 to 1.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from pelton.arns import DEFAULT_ACCOUNT
from pelton.storage.catalog import Stream
from pelton.storage.transaction import WriteTransaction
from pelton.testing import LocalPelton
from pelton.testing.wire import ENDPOINT
from tests.streams.test_streams_api import DAY_S, iterator, make, put, read, records, refusal, shards
from tests.triggers.reacting import now

UNKNOWN_SHARD = "shardId-00000000000000000000-00000000"


@pytest.fixture
def pelton(tmp_path: Path) -> Iterator[LocalPelton]:
    with LocalPelton(data_dir=tmp_path / "data") as running:
        yield running


@pytest.fixture
def api(pelton: LocalPelton) -> Any:
    """A client that sends what botocore itself would refuse."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return pelton._clients.session().client("dynamodbstreams", endpoint_url=ENDPOINT, config=config)


def stream_of(pelton: LocalPelton, name: str = "users") -> Stream:
    table = pelton.core.storage.snapshot().table(DEFAULT_ACCOUNT, "us-east-1", name)
    assert table is not None and table.stream is not None
    return table.stream


def split(pelton: LocalPelton, shard_id: str) -> None:
    stream, now_ms = stream_of(pelton), pelton.clock.now_ms()
    now(pelton.core.storage, lambda transaction: transaction.split_shard(stream.id, shard_id, now_ms))


def roll(pelton: LocalPelton, shard_id: str) -> None:
    stream, now_ms = stream_of(pelton), pelton.clock.now_ms()

    def decide(transaction: WriteTransaction) -> None:
        transaction.roll_shard(stream.id, shard_id, now_ms)

    now(pelton.core.storage, decide)


def number(shard: dict[str, Any], end: str) -> int:
    return int(shard["SequenceNumberRange"][f"{end}SequenceNumber"])


@pytest.mark.parametrize(("divide", "children"), [(split, 2), (roll, 1)])
def test_a_closed_shard_names_its_end_and_its_children_begin_above_it(
    pelton: LocalPelton, divide: Callable[[LocalPelton, str], None], children: int
) -> None:
    arn = make(pelton)
    for identifier in "abcdefgh":
        put(pelton, identifier)
    (open_shard,) = shards(pelton, arn)
    assert re.fullmatch(r"shardId-\d{20}-[0-9a-f]{8}", open_shard["ShardId"])
    assert "EndingSequenceNumber" not in open_shard["SequenceNumberRange"]

    divide(pelton, open_shard["ShardId"])
    for identifier in "abcdefgh":
        put(pelton, identifier, n={"N": "2"})
    parent, *born = shards(pelton, arn)

    assert [child["ParentShardId"] for child in born] == [parent["ShardId"]] * children
    assert all(number(child, "Starting") > number(parent, "Ending") for child in born)
    before = [int(record["dynamodb"]["SequenceNumber"]) for record in records(pelton, arn)]
    after = [[int(r["dynamodb"]["SequenceNumber"]) for r in records(pelton, arn, 1 + at)] for at in range(children)]
    assert (len(before), sum(map(len, after))) == (8, 8)
    assert max(before) <= number(parent, "Ending")
    for numbers, child in zip(after, born, strict=True):
        assert all(low < high for low, high in pairwise(numbers))
        assert all(each >= number(child, "Starting") for each in numbers)


def test_a_closed_shard_ends_with_no_further_iterator(pelton: LocalPelton, api: Any) -> None:
    arn = make(pelton)
    for identifier in "abc":
        put(pelton, identifier)
    place = iterator(pelton, arn)
    roll(pelton, shards(pelton, arn)[0]["ShardId"])

    first = read(pelton, place, Limit=2)
    rest = read(pelton, first["NextShardIterator"])

    assert [len(first["Records"]), len(rest["Records"])] == [2, 1]
    assert "NextShardIterator" not in rest
    latest = read(pelton, iterator(pelton, arn, "LATEST"))
    assert (latest["Records"], latest.get("NextShardIterator")) == ([], None)


def test_children_are_found_by_the_shard_filter(pelton: LocalPelton, api: Any) -> None:
    arn = make(pelton)
    root = shards(pelton, arn)[0]["ShardId"]
    split(pelton, root)
    left, right = (shard["ShardId"] for shard in shards(pelton, arn)[1:])
    roll(pelton, left)

    def children(parent: str) -> list[str]:
        found = api.describe_stream(StreamArn=arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": parent})
        return [shard["ShardId"] for shard in found["StreamDescription"]["Shards"]]

    assert children(root) == [left, right]
    assert len(children(left)) == 1
    assert children(right) == []
    assert children(UNKNOWN_SHARD) == []
    for wrong in (
        {"Type": "PARENTS", "ShardId": root},
        {"Type": "CHILD_SHARDS"},
        {"Type": "CHILD_SHARDS", "ShardId": "x"},
    ):
        assert refusal(api.describe_stream, StreamArn=arn, ShardFilter=wrong)[0] == "ValidationException"


def test_shards_are_described_in_pages(pelton: LocalPelton, api: Any) -> None:
    arn = make(pelton)
    for _ in range(4):
        roll(pelton, shards(pelton, arn)[-1]["ShardId"])
    everything = [shard["ShardId"] for shard in shards(pelton, arn)]

    found, start = [], {}
    while True:
        page = api.describe_stream(StreamArn=arn, Limit=2, **start)["StreamDescription"]
        found += [shard["ShardId"] for shard in page["Shards"]]
        if "LastEvaluatedShardId" not in page:
            break
        start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    assert found == everything
    assert len(everything) == 5


def test_a_trimmed_parent_is_listed_no_more_though_its_child_names_it(pelton: LocalPelton) -> None:
    arn = make(pelton)
    put(pelton, "a")
    parent = shards(pelton, arn)[0]["ShardId"]
    roll(pelton, parent)
    pelton.advance(DAY_S + 3600)
    put(pelton, "b")

    (child,) = shards(pelton, arn)

    assert child["ParentShardId"] == parent
    ask = pelton.client("dynamodbstreams").get_shard_iterator
    assert refusal(ask, StreamArn=arn, ShardId=parent, ShardIteratorType="TRIM_HORIZON") == (
        "ResourceNotFoundException",
        "Requested resource not found: Shard does not exist",
    )


def test_an_iterator_whose_record_aged_out_since_says_so(pelton: LocalPelton) -> None:
    arn = make(pelton)
    put(pelton, "old")
    pelton.advance(DAY_S - 300)
    place = iterator(pelton, arn)

    pelton.advance(600)
    put(pelton, "new")

    assert refusal(read, pelton, place) == (
        "TrimmedDataAccessException",
        "The operation attempted to read past the oldest stream record in a shard.",
    )


def test_a_page_that_is_cut_leads_on_although_others_records_age_out(pelton: LocalPelton) -> None:
    arn = make(pelton)
    put(pelton, "first")
    other = make(pelton, name="others")
    put(pelton, "theirs", "others")
    pelton.advance(3600)
    put(pelton, "second")
    pelton.advance(DAY_S - 3600 - 60)
    following = read(pelton, iterator(pelton, arn), Limit=1)["NextShardIterator"]

    pelton.advance(300)

    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in read(pelton, following)["Records"]] == ["second"]
    assert records(pelton, other) == []


def test_a_time_is_a_place_too(pelton: LocalPelton, api: Any) -> None:
    arn = make(pelton)
    began = pelton.clock.now_ms() / 1000
    for identifier in "abc":
        put(pelton, identifier)
        pelton.advance(10)

    def keys(at: float) -> str:
        found = read(pelton, iterator(pelton, arn, "AT_TIMESTAMP", Timestamp=at))["Records"]
        return "".join(record["dynamodb"]["Keys"]["id"]["S"] for record in found)

    assert [keys(began - 1000), keys(began), keys(began + 5), keys(began + 10), keys(began + 25)] == [
        "abc",
        "abc",
        "bc",
        "bc",
        "",
    ]
    place = {"StreamArn": arn, "ShardId": shards(pelton, arn)[0]["ShardId"], "ShardIteratorType": "AT_TIMESTAMP"}
    assert refusal(api.get_shard_iterator, **place, Timestamp=began + 3600)[0] == "ValidationException"
    assert refusal(api.get_shard_iterator, **place)[0] == "ValidationException"


DETECTED = "1 validation error detected: "
SHORT = "Member must have length greater than or equal to"
OPV = "One or more parameter values were invalid: "


def test_bad_input_is_refused_with_the_services_words(pelton: LocalPelton, api: Any) -> None:
    arn = make(pelton)
    place = {"StreamArn": arn, "ShardId": shards(pelton, arn)[0]["ShardId"]}
    iterator_of, described = api.get_shard_iterator, api.describe_stream
    at_least = f"{DETECTED}Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or "
    for call, members, code, text in [
        (api.list_streams, {"Limit": 0}, "ValidationException", at_least + "equal to 1"),
        (described, {"StreamArn": arn, "Limit": 0}, "ValidationException", at_least + "equal to 1"),
        (described, {}, "ValidationException", "Invalid StreamArn"),
        (
            described,
            {"StreamArn": "foo"},
            "ResourceNotFoundException",
            "Requested resource not found: Stream: foo not found",
        ),
        (
            described,
            {"StreamArn": arn, "ExclusiveStartShardId": "abc"},
            "ValidationException",
            f"{DETECTED}Value 'abc' at 'exclusiveStartShardId' failed to satisfy constraint: {SHORT} 28",
        ),
        (
            iterator_of,
            {"StreamArn": arn, "ShardIteratorType": "LATEST"},
            "ValidationException",
            "No ShardId specified.",
        ),
        (
            iterator_of,
            {**place, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "1"},
            "ValidationException",
            f"{DETECTED}Value '1' at 'sequenceNumber' failed to satisfy constraint: {SHORT} 21",
        ),
        (
            iterator_of,
            {**place, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "9" * 21},
            "ValidationException",
            "Invalid SequenceNumber",
        ),
        (
            iterator_of,
            {**place, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "x" * 21},
            "ValidationException",
            "Invalid SequenceNumber",
        ),
        (
            iterator_of,
            {**place, "ShardIteratorType": "TRIM_HORIZON", "SequenceNumber": "4" + "0" * 20},
            "ValidationException",
            f"{OPV}SequenceNumber should not be passed for this iterator type",
        ),
        (
            api.get_records,
            {"ShardIterator": iterator(pelton, arn), "Limit": 0},
            "ValidationException",
            at_least + "equal to 1",
        ),
        (api.get_records, {"ShardIterator": ""}, "ValidationException", "Invalid ShardIterator"),
        (api.get_records, {}, "ValidationException", "Invalid ShardIterator"),
    ]:
        assert refusal(call, **members) == (code, text), members


def test_an_iterator_of_a_stream_that_is_gone_finds_no_stream(pelton: LocalPelton) -> None:
    arn = make(pelton)
    pelton.client("dynamodb").update_table(TableName="users", StreamSpecification={"StreamEnabled": False})
    pelton.advance(DAY_S - 60)
    place = iterator(pelton, arn)

    pelton.advance(600)

    assert refusal(read, pelton, place) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Stream: {arn} not found",
    )
