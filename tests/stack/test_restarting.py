"""What stays the same over restarts, and what only rises."""

from pathlib import Path

import pytest

from pelton.testing import LocalPelton
from tests.stack.counting import COUNTING_HANDLERS, COUNTING_PROJECT

DAY_S = 24 * 3600.0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "serverless.yml").write_text(COUNTING_PROJECT)
    (tmp_path / "app.py").write_text(COUNTING_HANDLERS)
    return tmp_path


def write(pelton: LocalPelton, *keys: str) -> None:
    for key in keys:
        pelton.client("dynamodb").put_item(TableName="things", Item={"id": {"S": key}})


def numbers(pelton: LocalPelton) -> list[str]:
    client = pelton.client("dynamodbstreams")
    arn = client.list_streams(TableName="things")["Streams"][0]["StreamArn"]
    shard = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][-1]["ShardId"]
    start = client.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = client.get_records(ShardIterator=start["ShardIterator"])["Records"]
    return [record["dynamodb"]["SequenceNumber"] for record in records]


def identity(pelton: LocalPelton) -> tuple[str, list[str]]:
    table = pelton.client("dynamodb").describe_table(TableName="things")["Table"]
    mappings = pelton.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return table["LatestStreamArn"], sorted(mapping["UUID"] for mapping in mappings)


@pytest.mark.parametrize("shards", [1, 4])
def test_after_a_full_trim_and_a_restart_numbers_rise_and_identities_stay(project: Path, shards: int) -> None:
    data = project / "data"
    with LocalPelton(project, data_dir=data, shards=shards) as pelton:
        write(pelton, "a", "b", "c")
        pelton.settle()
        before = pelton.core.tip()
        same = identity(pelton)
        pelton.advance(DAY_S + 3600)
        assert numbers(pelton) == []
        start_ms = pelton.clock.now_ms()

    with LocalPelton(project, data_dir=data, shards=shards, now_ms=start_ms) as pelton:
        assert identity(pelton) == same
        write(pelton, "d")
        pelton.settle()

        assert pelton.core.tip() > before
        assert seen(project) == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_a_checkpoint_survives_a_restart_and_nothing_comes_twice(project: Path) -> None:
    data = project / "data"
    with LocalPelton(project, data_dir=data) as pelton:
        write(pelton, "a", "b")
        pelton.settle()

    with LocalPelton(project, data_dir=data) as pelton:
        pelton.settle()
        write(pelton, "c")
        pelton.settle()

    assert seen(project) == {"a": 1, "b": 1, "c": 1}


def seen(project: Path) -> dict[str, int]:
    lines = (project / "seen").read_text().split()
    return {key: lines.count(key) for key in lines}
