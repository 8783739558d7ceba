"""Readers of one stream beside one another: clients of GetRecords, and a function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pelton.testing import LocalPelton
from tests.end_to_end.recording import recording_project, seen

WRITES = 30


class Reader:
    """A client that goes from iterator to iterator."""

    def __init__(self, client: Any, place: str) -> None:
        self._client = client
        self._place = place
        self.seen: list[tuple[str, int]] = []

    def read(self, limit: int) -> None:
        answer = self._client.get_records(ShardIterator=self._place, Limit=limit)
        self._place = answer["NextShardIterator"]
        images = [record["dynamodb"]["NewImage"] for record in answer["Records"]]
        self.seen += [(image["id"]["S"], int(image["n"]["N"])) for image in images]


def test_two_clients_and_a_function_each_see_every_record_in_order(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    with LocalPelton(project, data_dir=tmp_path / "data") as pelton:
        arn = pelton.client("dynamodb").describe_table(TableName="things")["Table"]["LatestStreamArn"]
        streams = pelton.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        place = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        slow, fast = (Reader(streams, streams.get_shard_iterator(**place)["ShardIterator"]) for _ in range(2))
        for number in range(WRITES):
            item = {"id": {"S": f"k{number % 3}"}, "n": {"N": str(number)}}
            pelton.client("dynamodb").put_item(TableName="things", Item=item)
            fast.read(1000)
            slow.read(1)
            if number % 7 == 0:
                pelton.settle()
        pelton.settle()

    written = [(f"k{number % 3}", number) for number in range(WRITES)]
    assert slow.seen == fast.seen == seen(project, "first") == written
