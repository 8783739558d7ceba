"""Order per key, with real writers, real workers and real splits."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import pytest

from tests.end_to_end.recording import recording_project, seen
from tests.end_to_end.running import Up, wait_for

WRITERS = 64


def count_up(up: Up, key: str, times: int) -> None:
    """Raise the item's number by one, so often, with a client of its own."""
    client = up.client("dynamodb")
    for _ in range(times):
        client.update_item(
            TableName="things",
            Key={"id": {"S": key}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )


def in_order(rows: list[tuple[str, int]]) -> dict[str, list[int]]:
    """Versions by key, each once, as first seen; fails when one is seen after a newer one."""
    versions: dict[str, list[int]] = {}
    for key, version in rows:
        known = versions.setdefault(key, [])
        if version in known:
            continue  # Delivered again: at least once is what is promised.
        assert not known or version == known[-1] + 1, f"{key}: {version} after {known[-1]}"
        known.append(version)
    return versions


@pytest.mark.parametrize("shards", ["1", "4"])
def test_64_writers_on_one_key_are_seen_in_order_by_each_function(tmp_path: Path, shards: str) -> None:
    project = recording_project(tmp_path / "project", "first", "second")
    total = WRITERS * 3

    with Up(project, tmp_path / "data", "--shards", shards, "--no-watch") as up:
        with ThreadPoolExecutor(WRITERS) as writers:
            list(writers.map(lambda _: count_up(up, "one", 3), range(WRITERS)))
        for function in ("first", "second"):
            wait_for(lambda name=function: len(seen(project, name)) >= total, f"{function} to see {total} versions")

    for function in ("first", "second"):
        assert in_order(seen(project, function)) == {"one": list(range(1, total + 1))}


def test_a_shard_is_split_while_it_is_written_and_each_key_stays_in_order(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    keys = [f"key{number}" for number in range(8)]

    with Up(project, tmp_path / "data", "--no-watch") as up:
        with ThreadPoolExecutor(len(keys)) as writers:
            working = [writers.submit(count_up, up, key, 40) for key in keys]
            wait_for(lambda: len(seen(project, "first")) > 40, "the first records")
            split = up.command("split", "things")
            for work in working:
                work.result()
        wait_for(lambda: len(seen(project, "first")) >= 320, "all versions")
        arn = up.client("dynamodb").describe_table(TableName="things")["Table"]["LatestStreamArn"]
        shards = up.client("dynamodbstreams").describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]

    assert split.returncode == 0, split.stderr
    assert in_order(seen(project, "first")) == {key: list(range(1, 41)) for key in keys}
    parents = sorted(shard.get("ParentShardId", "") for shard in shards)
    assert [len(list(group)) for _, group in groupby(parents)] == [1, 2]


def test_shards_roll_over_while_they_are_written_and_each_key_stays_in_order(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    keys = [f"key{number}" for number in range(8)]

    with Up(project, tmp_path / "data", "--shards", "2", "--no-watch") as up:
        with ThreadPoolExecutor(len(keys)) as writers:
            working = [writers.submit(count_up, up, key, 20) for key in keys]
            wait_for(lambda: len(seen(project, "first")) > 20, "the first records")
            rolled = json.loads(up.command("roll", "things", "--json").stdout)["rolled"]
            one = up.command("roll", "things", "--shard", rolled[0]["child"])
            closed = up.command("roll", "things", "--shard", rolled[0]["shard"])
            for work in working:
                work.result()
        wait_for(lambda: len(seen(project, "first")) >= 160, "all versions")

    assert in_order(seen(project, "first")) == {key: list(range(1, 21)) for key in keys}
    assert [len(rolled), one.returncode] == [2, 0]
    assert one.stdout.startswith(f"{rolled[0]['child']} is closed; its child is shardId-")
    assert "name one open shard with --shard" in closed.stderr
