"""Which writes leave which record, and what a record says. Source: the reference's sections 1.9 to 1.13 and 2.1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pelton.testing import LocalPelton
from tests.streams.test_streams_api import make, put, records, refusal

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  keep: {handler: handlers.keep}
"""
HANDLERS = """
import json, os
def keep(event, context):
    with open(os.path.join(os.path.dirname(__file__), "events"), "a") as file:
        file.write(json.dumps(event) + "\\n")
"""


@pytest.fixture
def pelton(tmp_path: Path) -> Iterator[LocalPelton]:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "handlers.py").write_text(HANDLERS)
    with LocalPelton(tmp_path, data_dir=tmp_path / "data") as running:
        yield running


def names(pelton: LocalPelton, arn: str) -> list[tuple[str, str]]:
    return [(record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]) for record in records(pelton, arn)]


def test_sizes_are_those_of_the_recorded_records(pelton: LocalPelton) -> None:
    client = pelton.client("dynamodb")
    arn = client.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]["LatestStreamArn"]
    keys = {"pk": {"S": "cust#7"}, "sk": {"S": "ord#1"}}
    first = {**keys, "total": {"N": "12.5"}, "blob": {"B": b"\x01\x02\xff"}, "ttl": {"N": "1767225600"}}

    client.put_item(TableName="orders", Item=first)
    client.put_item(TableName="orders", Item={**first, "total": {"N": "99"}, "paid": {"BOOL": True}})
    client.delete_item(TableName="orders", Key=keys)

    assert [record["dynamodb"]["SizeBytes"] for record in records(pelton, arn)] == [53, 95, 57]


def test_a_batch_and_a_transaction_leave_a_record_for_each_item_they_change(pelton: LocalPelton) -> None:
    arn = make(pelton)
    client = pelton.client("dynamodb")
    put(pelton, "same", n={"N": "1"})
    put(pelton, "checked")

    def request(identifier: str) -> dict[str, Any]:
        return {"PutRequest": {"Item": {"id": {"S": identifier}, "n": {"N": "1"}}}}

    client.batch_write_item(RequestItems={"users": [request("a"), request("same")]})
    key = {"TableName": "users", "Key": {"id": {"S": "same"}}}
    client.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "users", "Item": {"id": {"S": "b"}}}},
            {"Delete": {"TableName": "users", "Key": {"id": {"S": "a"}}}},
            {
                "ConditionCheck": {
                    "TableName": "users",
                    "Key": {"id": {"S": "checked"}},
                    "ConditionExpression": "attribute_exists(id)",
                }
            },
            {"Update": {**key, "UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}},
        ]
    )
    refusal(
        client.transact_write_items,
        TransactItems=[
            {"Put": {"TableName": "users", "Item": {"id": {"S": "never"}}}},
            {
                "Put": {
                    "TableName": "users",
                    "Item": {"id": {"S": "b"}},
                    "ConditionExpression": "attribute_not_exists(id)",
                }
            },
        ],
    )

    assert names(pelton, arn) == [
        ("INSERT", "same"),
        ("INSERT", "checked"),
        ("INSERT", "a"),
        ("INSERT", "b"),
        ("REMOVE", "a"),
    ]


def test_partiql_leaves_the_records_of_the_native_operations(pelton: LocalPelton) -> None:
    arn = make(pelton)
    client = pelton.client("dynamodb")

    client.execute_statement(Statement="INSERT INTO users VALUE {'id': 'a', 'n': 1}")
    client.execute_statement(Statement="UPDATE users SET n = 1 WHERE id = 'a'")
    client.execute_statement(Statement="UPDATE users SET n = 2 WHERE id = 'a'")
    client.batch_execute_statement(Statements=[{"Statement": "INSERT INTO users VALUE {'id': 'b'}"}])
    client.execute_transaction(TransactStatements=[{"Statement": "DELETE FROM users WHERE id = 'b'"}])
    client.execute_statement(Statement="DELETE FROM users WHERE id = 'missing'")

    assert names(pelton, arn) == [("INSERT", "a"), ("MODIFY", "a"), ("INSERT", "b"), ("REMOVE", "b")]


def test_quick_writes_of_one_item_are_never_merged(pelton: LocalPelton) -> None:
    arn = make(pelton)
    client = pelton.client("dynamodb")
    for _ in range(5):
        client.update_item(
            TableName="users",
            Key={"id": {"S": "a"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    found = records(pelton, arn)

    assert [record["dynamodb"]["NewImage"]["n"]["N"] for record in found] == ["1", "2", "3", "4", "5"]
    assert [record["dynamodb"].get("OldImage", {}).get("n", {}).get("N") for record in found] == [
        None,
        "1",
        "2",
        "3",
        "4",
    ]


def test_an_update_of_the_keys_alone_inserts_and_conditions_that_fail_leave_nothing(pelton: LocalPelton) -> None:
    arn = make(pelton)
    client = pelton.client("dynamodb")
    key = {"TableName": "users", "Key": {"id": {"S": "a"}}}

    client.update_item(**key)
    client.update_item(
        **key, UpdateExpression="SET n = if_not_exists(n, :n)", ExpressionAttributeValues={":n": {"N": "1"}}
    )
    client.update_item(
        **key, UpdateExpression="SET n = if_not_exists(n, :n)", ExpressionAttributeValues={":n": {"N": "2"}}
    )
    refusal(client.delete_item, **key, ConditionExpression="attribute_not_exists(id)")

    assert names(pelton, arn) == [("INSERT", "a"), ("MODIFY", "a")]


def test_members_of_a_lambda_event_are_those_of_the_service_in_its_order(pelton: LocalPelton, tmp_path: Path) -> None:
    arn = make(pelton)
    pelton.client("lambda").create_event_source_mapping(
        FunctionName="shop-dev-keep", EventSourceArn=arn, StartingPosition="TRIM_HORIZON"
    )
    put(pelton, "a", blob={"B": b"\x01\x02\xff"}, n={"N": "1.50"})
    pelton.settle()

    text = (tmp_path / "events").read_text()
    record = records(pelton, arn)[0]

    change = record["dynamodb"]
    assert text == EVENT.replace("EVENT_ID", record["eventID"]).replace("NUMBER", change["SequenceNumber"]).replace(
        "SIZE", str(change["SizeBytes"])
    ).replace("STREAM_ARN", arn)


#: One record's event, in the service's order of members.
EVENT = (
    '{"Records": [{"eventID": "EVENT_ID", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb", '
    '"awsRegion": "us-east-1", "dynamodb": {"ApproximateCreationDateTime": 1761000000, "Keys": {"id": {"S": "a"}}, '
    '"NewImage": {"id": {"S": "a"}, "blob": {"B": "AQL/"}, "n": {"N": "1.5"}}, "SequenceNumber": "NUMBER", '
    '"SizeBytes": SIZE, "StreamViewType": "NEW_AND_OLD_IMAGES"}, "eventSourceARN": "STREAM_ARN"}]}\n'
)
