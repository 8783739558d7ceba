"""Limits and addresses as a client is told them, and reasons of a transaction over two tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.conftest import KEYS


@pytest.fixture
def unchecking(url: str) -> Iterator[Any]:
    """A client that leaves all checks to the server."""
    client = boto3.session.Session(**KEYS).client(
        "dynamodb", endpoint_url=url, config=Config(parameter_validation=False)
    )
    yield client
    client.close()


def create(client: Any, name: str) -> None:
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_endpoints_lead_back_to_the_server_that_was_asked(client: Any, url: str) -> None:
    endpoints = client.describe_endpoints()["Endpoints"]

    address = url.removeprefix("http://").rstrip("/")
    assert endpoints == [{"Address": address, "CachePeriodInMinutes": 1440}]


@pytest.mark.parametrize(
    ("total", "text"),
    [
        (0, "Value '0' at 'totalSegments' failed to satisfy constraint: Member must have value greater than"),
        (1_000_001, "Value '1000001' at 'totalSegments' failed to satisfy constraint: Member must have value less"),
    ],
)
def test_a_scan_has_one_to_a_million_segments(unchecking: Any, total: int, text: str) -> None:
    with pytest.raises(ClientError, match=text):
        unchecking.scan(TableName="any", Segment=0, TotalSegments=total)


def test_reasons_stand_in_the_order_of_the_items_over_all_tables(client: Any) -> None:
    create(client, "first")
    create(client, "second")
    stored = {"id": {"S": "stored"}, "size": {"N": "1"}}
    client.put_item(TableName="first", Item=stored)
    guard = {"Key": {"id": {"S": "stored"}}, "ConditionExpression": "attribute_exists(absent)"}
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}

    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(
            TransactItems=[
                {"ConditionCheck": {"TableName": "second", **guard, **shown}},
                {"Put": {"TableName": "second", "Item": {"id": {"S": "new"}}}},
                {"ConditionCheck": {"TableName": "first", **guard, **shown}},
            ]
        )

    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert caught.value.response["CancellationReasons"] == [failed, {"Code": "None"}, {**failed, "Item": stored}]
    assert "Item" not in client.get_item(TableName="second", Key={"id": {"S": "new"}})
