"""TTL: what expires, when, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pelton.errors import ValidationFailed
from pelton.storage.expiry import expired_items
from pelton.tables.expiring import OLDEST_S, Expiring, expiry_step
from pelton.testing.clock import ManualClock
from pelton.testing.local import START_MS, LocalPelton
from tests.tables.conftest import Tables, table_request

NOW_S = START_MS // 1000


@pytest.fixture
def expiring(tmp_path: Path) -> Tables:
    tables = Tables(tmp_path / "data")
    tables.clock.advance(NOW_S - tables.clock.now_ms() / 1000)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    tables.call("CreateTable", table_request(StreamSpecification=stream))
    enable(tables)
    return tables


def enable(tables: Tables, attribute: str = "until", *, enabled: bool = True) -> Any:
    specification = {"Enabled": enabled, "AttributeName": attribute}
    return tables.call("UpdateTimeToLive", {"TableName": "orders", "TimeToLiveSpecification": specification})


def put(tables: Tables, value: Any, attribute: str = "until") -> None:
    tables.put("orders", {"id": {"S": "a"}, attribute: value})


def sweep(tables: Tables) -> bool:
    """One step of the background; whether the item is still there."""
    tables.storage.submit(lambda transaction: expiry_step(transaction, tables.clock.now_ms()), lambda _more: None)
    return tables.get("orders", {"id": {"S": "a"}}) is not None


def test_an_expired_item_is_read_until_it_is_gone(expiring: Tables) -> None:
    put(expiring, {"N": str(NOW_S - 10)})

    assert expiring.get("orders", {"id": {"S": "a"}}) is not None
    assert not sweep(expiring)


def test_the_record_bears_the_services_identity(expiring: Tables) -> None:
    put(expiring, {"N": str(NOW_S - 10)})
    sweep(expiring)

    removed = expiring.records("orders")[-1]

    assert (removed.event_name, removed.is_service) == ("REMOVE", True)
    assert removed.old_image is not None


@pytest.mark.parametrize(
    "value",
    [
        {"N": str(NOW_S + 10)},  # later
        {"N": str(NOW_S * 1000)},  # milliseconds: far in the future
        {"N": str(NOW_S - OLDEST_S - 10)},  # more than five years ago
        {"N": "0"},
        {"N": "-5"},
        {"S": str(NOW_S - 10)},  # no number
        {"L": [{"N": str(NOW_S - 10)}]},
        {"M": {"N": {"N": str(NOW_S - 10)}}},
        {"M": {"N": {"S": str(NOW_S - 10)}}},
        {"NS": [str(NOW_S - 10)]},
    ],
)
def test_what_is_no_time_within_five_years_never_expires(expiring: Tables, value: Any) -> None:
    put(expiring, value)

    assert sweep(expiring)


def test_an_item_that_was_changed_meanwhile_stays(expiring: Tables) -> None:
    put(expiring, {"N": str(NOW_S - 10)})
    put(expiring, {"N": str(NOW_S + 1000)})

    assert sweep(expiring)


def test_index_rows_go_with_the_item(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "data")
    tables.clock.advance(NOW_S - tables.clock.now_ms() / 1000)
    index = {
        "IndexName": "by-id",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    tables.call("CreateTable", table_request(GlobalSecondaryIndexes=[index]))
    enable(tables)
    put(tables, {"N": str(NOW_S - 10)})

    sweep(tables)

    assert tables.call("Scan", {"TableName": "orders", "IndexName": "by-id"})["Count"] == 0


@pytest.mark.parametrize("attribute", ["a.b", 'a"b', "a'b", "a\\b", "a b", "é", "size", "$", "[0]"])
def test_any_attribute_name_can_be_the_one(tmp_path: Path, attribute: str) -> None:
    tables = Tables(tmp_path / "data")
    tables.clock.advance(NOW_S - tables.clock.now_ms() / 1000)
    tables.call("CreateTable", table_request())
    enable(tables, attribute)
    put(tables, {"N": str(NOW_S - 10)}, attribute)

    assert not sweep(tables)


def test_expired_items_are_found_through_the_index(expiring: Tables) -> None:
    table = expiring.table("orders")

    class Explaining:
        """A snapshot that tells how it would find the rows."""

        def select(self, sql: str, bindings: Any = ()) -> Any:
            with expiring.storage.snapshot() as snapshot:
                plan = snapshot.select(f"EXPLAIN QUERY PLAN {sql}", bindings)
            assert f"USING INDEX expiry_{table.id}" in plan[0][3]
            return []

    assert expired_items(Explaining(), table, "until", from_s=0, before_s=1, limit=1) == []  # type: ignore[arg-type]


def test_a_disabled_ttl_deletes_nothing_and_can_be_enabled_on_another_attribute(expiring: Tables) -> None:
    put(expiring, {"N": str(NOW_S - 10)})
    enable(expiring, enabled=False)

    assert sweep(expiring)
    enable(expiring, "other")
    assert sweep(expiring)


def test_enabling_twice_and_disabling_twice_are_refused(expiring: Tables) -> None:
    with pytest.raises(ValidationFailed, match=r"^TimeToLive is already enabled$"):
        enable(expiring)
    with pytest.raises(ValidationFailed, match="current AttributeName is until"):
        enable(expiring, "other")
    enable(expiring, enabled=False)
    with pytest.raises(ValidationFailed, match=r"^TimeToLive is already disabled$"):
        enable(expiring, enabled=False)


def test_many_leave_in_small_steps(expiring: Tables) -> None:
    for number in range(250):
        expiring.put("orders", {"id": {"S": str(number)}, "until": {"N": str(NOW_S - 1)}})
    background = Expiring(expiring.storage, expiring.clock)

    background.start()
    expiring.clock.advance(1.1)

    assert expiring.call("Scan", {"TableName": "orders"})["Count"] == 0
    background.close()


def test_nothing_ticks_while_no_table_has_a_ttl(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "data")
    clock = ManualClock()

    Expiring(tables.storage, clock).start()

    assert clock.next_due() is None


def test_a_whole_pelton_deletes_within_seconds_and_its_stream_tells_by_whom() -> None:
    with LocalPelton() as pelton:
        client = pelton.client("dynamodb")
        stream = {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}
        arn = client.create_table(**table_request(StreamSpecification=stream, BillingMode="PAY_PER_REQUEST"))[
            "TableDescription"
        ]["LatestStreamArn"]
        client.update_time_to_live(
            TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
        )
        client.put_item(TableName="orders", Item={"id": {"S": "a"}, "until": {"N": str(NOW_S + 3)}})

        pelton.advance(2)
        assert client.scan(TableName="orders")["Count"] == 1
        for _ in range(3):
            pelton.advance(1)

        assert client.scan(TableName="orders")["Count"] == 0
        streams = pelton.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        removed = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"][-1]
        assert removed["eventName"] == "REMOVE"
        assert removed["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}


PROJECT = """
service: shop
provider: {name: aws, runtime: python3.11}
functions:
  expired:
    handler: app.expired
    events:
      - stream: {type: dynamodb, arn: !GetAtt Orders.StreamArn}
resources:
  Resources:
    Orders:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: orders
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
"""

HANDLER = """
import json, pathlib

def expired(event, context):
    with (pathlib.Path(__file__).parent / "seen.jsonl").open("a") as seen:
        for record in event["Records"]:
            seen.write(json.dumps([record["eventName"], record.get("userIdentity")]) + "\\n")
"""


def test_a_handler_receives_the_record_of_an_expired_item(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(HANDLER)
    with LocalPelton(tmp_path) as pelton:
        client = pelton.client("dynamodb")
        client.update_time_to_live(
            TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
        )
        client.put_item(TableName="orders", Item={"id": {"S": "a"}, "until": {"N": str(NOW_S - 1)}})

        for _ in range(3):
            pelton.advance(1)
        pelton.settle()

    seen = [json.loads(line) for line in (tmp_path / "seen.jsonl").read_text().splitlines()]
    assert seen == [["INSERT", None], ["REMOVE", {"principalId": "dynamodb.amazonaws.com", "type": "Service"}]]
