"""A whole Pelton in one thread: no sockets, no threads, no processes, and time that the test moves."""

import threading
from pathlib import Path

import pytest

from pelton.stack.settling import Covered, NotSettled, newest_descendant
from pelton.testing import LocalPelton

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.11}
functions:
  place:
    handler: app.place
    events: [{httpApi: POST /orders}]
  invoice:
    handler: app.invoice
    events:
      - stream: {type: dynamodb, arn: !GetAtt Orders.StreamArn, batchSize: 10}
  audit:
    handler: app.audit
    events:
      - stream: {type: dynamodb, arn: !GetAtt Invoices.StreamArn}
resources:
  Resources:
    Orders: &table
      Type: AWS::DynamoDB::Table
      Properties: &properties
        TableName: orders
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
    Invoices:
      <<: *table
      Properties: {<<: *properties, TableName: invoices}
    Audited:
      <<: *table
      Properties: {<<: *properties, TableName: audited}
"""

HANDLERS = """
import json, os, time
import boto3

tables = boto3.resource("dynamodb")

def place(event, context):
    order = json.loads(event["body"])
    tables.Table("orders").put_item(Item=order)
    return {"statusCode": 201, "body": json.dumps(order)}

def invoice(event, context):
    for record in event["Records"]:
        if os.path.exists("broken"):
            raise RuntimeError("the printer is out of paper")
        tables.Table("invoices").put_item(Item={"id": record["dynamodb"]["Keys"]["id"]["S"]})

def audit(event, context):
    for record in event["Records"]:
        tables.Table("audited").put_item(Item={"id": record["dynamodb"]["Keys"]["id"]["S"]})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(HANDLERS)
    return tmp_path


def ids(pelton: LocalPelton, table: str) -> set[str]:
    return {str(item["id"]) for item in pelton.resource("dynamodb").Table(table).scan()["Items"]}


def test_a_request_and_all_its_reactions_happen_in_one_thread(project: Path) -> None:
    threads = threading.active_count()

    with LocalPelton(project) as pelton:
        answer = pelton.request("POST", "/orders", json={"id": "o1"})
        pelton.settle()

        assert (answer.status, answer.json()) == (201, {"id": "o1"})
        assert ids(pelton, "invoices") == ids(pelton, "audited") == {"o1"}
        assert threading.active_count() == threads


def test_a_failing_reaction_is_retried_in_virtual_time_until_it_is_repaired(project: Path) -> None:
    (project / "broken").touch()
    with LocalPelton(project) as pelton:
        pelton.request("POST", "/orders", json={"id": "o1"})
        with pytest.raises(NotSettled, match="invoice"):
            pelton.settle(within_s=600)
        assert ids(pelton, "invoices") == set()

        (project / "broken").unlink()
        pelton.settle()

        assert ids(pelton, "audited") == {"o1"}
        assert pelton.clock.monotonic() > 600


def test_functions_that_feed_each_other_for_ever_are_named(project: Path) -> None:
    (project / "app.py").write_text(
        HANDLERS + "\ndef invoice(event, context):\n"
        "    for record in event['Records']:\n"
        "        tables.Table('orders').update_item(Key={'id': 'o1'}, UpdateExpression='ADD n :one',\n"
        "                                           ExpressionAttributeValues={':one': 1})\n"
    )
    with LocalPelton(project) as pelton:
        pelton.request("POST", "/orders", json={"id": "o1"})

        with pytest.raises(NotSettled, match="shop-dev-invoice reacts to what it causes"):
            pelton.settle()


def test_what_others_write_meanwhile_is_not_waited_for(project: Path) -> None:
    with LocalPelton(project) as pelton:
        pelton.request("POST", "/orders", json={"id": "o1"})
        pelton.settle()
        before = Covered(pelton.core.tip(), 0)

        pelton.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "o2"}})

        assert newest_descendant(pelton.core, before) is None
        pelton.settle()
        assert ids(pelton, "audited") == {"o1", "o2"}


def test_the_same_data_folder_goes_on_where_it_was(project: Path) -> None:
    data = project / "data"
    with LocalPelton(project, data_dir=data) as pelton:
        pelton.request("POST", "/orders", json={"id": "o1"})
        pelton.settle()
        streams = pelton.client("dynamodbstreams").list_streams()["Streams"]
        mappings = pelton.client("lambda").list_event_source_mappings()["EventSourceMappings"]

    with LocalPelton(project, data_dir=data) as pelton:
        assert pelton.client("dynamodbstreams").list_streams()["Streams"] == streams
        again = pelton.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        assert [mapping["UUID"] for mapping in again] == [mapping["UUID"] for mapping in mappings]
        pelton.request("POST", "/orders", json={"id": "o2"})
        pelton.settle()
        assert ids(pelton, "audited") == {"o1", "o2"}
