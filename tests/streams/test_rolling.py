"""Open shards roll over by themselves when they reach an age, with or without traffic (1.7)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pelton.arns import DEFAULT_ACCOUNT
from pelton.settings import Settings
from pelton.storage.catalog import Shard
from pelton.testing import LocalPelton
from tests.streams.test_streams_api import DAY_S, make, put, records, shards

HOUR_S = 3600.0
AGE_S = 4 * HOUR_S
PROJECT = """
service: shop
provider: {name: aws, runtime: python3.11}
functions:
  note:
    handler: handlers.note
    events: [{stream: {arn: !GetAtt Users.StreamArn, type: dynamodb}}]
resources:
  Resources:
    Users:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: users
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        StreamSpecification: {StreamViewType: KEYS_ONLY}
"""
HANDLERS = """
from pathlib import Path


def note(event, context):
    with (Path(__file__).parent / "seen").open("a") as seen:
        seen.writelines(record["dynamodb"]["Keys"]["id"]["S"] + "\\n" for record in event["Records"])
"""


def stored_shards(pelton: LocalPelton) -> tuple[Shard, ...]:
    table = pelton.core.storage.snapshot().table(DEFAULT_ACCOUNT, "us-east-1", "users")
    assert table is not None and table.stream is not None
    return table.stream.shards


def is_open(shard: dict[str, Any]) -> bool:
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def test_pelton_rolls_shards_over_every_four_hours() -> None:
    assert Settings().shard_age_max_ms == AGE_S * 1000


@pytest.mark.parametrize("roots", [1, 4])
def test_an_idle_shard_closes_at_its_age_and_one_child_goes_on(tmp_path: Path, roots: int) -> None:
    with LocalPelton(data_dir=tmp_path, shards=roots, roll_every_s=AGE_S) as pelton:
        arn = make(pelton)
        pelton.advance(AGE_S - 1)
        assert len(shards(pelton, arn)) == roots

        pelton.advance(61)

        listed = shards(pelton, arn)
        first, children = listed[:roots], listed[roots:]
        assert [is_open(shard) for shard in listed] == [False] * roots + [True] * roots
        assert {child["ParentShardId"] for child in children} == {shard["ShardId"] for shard in first}


def test_after_a_day_as_many_shards_are_listed_as_a_day_has(tmp_path: Path) -> None:
    with LocalPelton(data_dir=tmp_path, roll_every_s=AGE_S) as pelton:
        arn = make(pelton)

        pelton.advance(3 * DAY_S)

        listed = shards(pelton, arn)
        assert 6 <= len(listed) <= 8
        assert [child["ParentShardId"] for child in listed[1:]] == [shard["ShardId"] for shard in listed[:-1]]


def test_a_function_sees_every_record_once_and_in_order_through_all_of_it(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "serverless.yml").write_text(PROJECT)
    (project / "handlers.py").write_text(HANDLERS)
    with LocalPelton(project, data_dir=tmp_path / "data", roll_every_s=AGE_S) as pelton:
        written = [f"user{number}" for number in range(40)]
        for identifier in written:
            put(pelton, identifier)
            pelton.advance(HOUR_S)
        pelton.settle()

        assert stored_shards(pelton)[-1].number > 8
        assert (project / "seen").read_text().split() == written


def test_a_shard_that_grew_old_while_pelton_was_stopped_rolls_over_after_the_start(tmp_path: Path) -> None:
    with LocalPelton(data_dir=tmp_path, roll_every_s=AGE_S) as pelton:
        arn = make(pelton)
        put(pelton, "before")
        later_ms = pelton.clock.now_ms() + round(AGE_S * 1500)

    with LocalPelton(data_dir=tmp_path, roll_every_s=AGE_S, now_ms=later_ms) as pelton:
        pelton.advance(60)
        put(pelton, "after")
        assert [len(records(pelton, arn, shard)) for shard in (0, 1)] == [1, 1]
        starts = [int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) for shard in shards(pelton, arn)]
        assert all(a < b for a, b in pairwise(starts))


def test_without_an_age_no_shard_rolls_over(tmp_path: Path) -> None:
    with LocalPelton(data_dir=tmp_path) as pelton:
        arn = make(pelton)

        pelton.advance(3 * DAY_S)

        assert len(shards(pelton, arn)) == 1


def test_a_function_that_slept_for_days_goes_on_with_what_is_left(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "serverless.yml").write_text(PROJECT)
    (project / "handlers.py").write_text(HANDLERS)
    with LocalPelton(project, data_dir=tmp_path / "data", roll_every_s=AGE_S) as pelton:
        put(pelton, "seen")
        pelton.settle()
        api: Any = pelton.client("lambda")
        (mapping,) = api.list_event_source_mappings()["EventSourceMappings"]
        api.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        put(pelton, "lost")
        pelton.advance(3 * DAY_S)
        put(pelton, "left")

        api.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        pelton.settle()
        pelton.advance(AGE_S + 60)
        put(pelton, "next")
        pelton.settle()

        assert (project / "seen").read_text().split() == ["seen", "left", "next"]
