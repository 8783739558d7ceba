"""Requests as bytes: what the AWS SDKs send, built once so that the load generator only writes them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

TABLE = "bench"
BODY_BYTES = 400
ITEMS = 20_000
#: BatchWriteItem's own limit.
BATCH_ITEMS = 25
#: Items under one partition key in the tables that are queried.
PARTITION_ITEMS = 100
TRANSACTION_PUTS = 10

#: A header as SDKs send it; its signature is only looked at when credentials are configured.
_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64
)

Item = dict[str, dict[str, str]]


def request(operation: str, body: object) -> bytes:
    """One POST to the DynamoDB endpoint."""
    payload = json.dumps(body, separators=(",", ":")).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"X-Amz-Target: DynamoDB_20120810.{operation}\r\nX-Amz-Date: 20260101T000000Z\r\n"
        f"Authorization: {_AUTHORIZATION}\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


def queue_request(operation: str, body: object) -> bytes:
    """One POST to SQS, over its JSON protocol."""
    of_table = request(operation, body)
    return of_table.replace(b"DynamoDB_20120810.", b"AmazonSQS.", 1).replace(b"/dynamodb/", b"/sqs/", 1)


def messages(seed: int, queue: str, *, groups: int = 0) -> list[bytes]:
    """SendMessage requests of about ``BODY_BYTES``; with groups, to a FIFO queue, each under an id of its own."""
    chance = random.Random(seed)
    return [
        queue_request("SendMessage", {"QueueUrl": queue, **_message(number, chance, groups)}) for number in range(ITEMS)
    ]


def signed_headers() -> dict[str, str]:
    """What SDKs send beside a body."""
    return {"Authorization": _AUTHORIZATION.replace("dynamodb", "lambda"), "X-Amz-Date": "20260101T000000Z"}


def invoke(function: str, event: object) -> bytes:
    """One Invoke of a function by its name."""
    payload = json.dumps(event).encode()
    head = (
        f"POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nHost: localhost\r\n"
        f"X-Amz-Date: 20260101T000000Z\r\nAuthorization: {_AUTHORIZATION.replace('dynamodb', 'lambda')}\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


def post_json(path: str, body: object) -> bytes:
    """One POST to the application."""
    payload = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


def create_table(name: str = TABLE) -> bytes:
    """CreateTable with the partition key ``id`` and a stream of new images."""
    return request("CreateTable", _table(name, ["id"]))


def create_partitioned_table(name: str) -> bytes:
    """CreateTable with ``id`` and a numeric sort key, and a stream."""
    return request("CreateTable", _table(name, ["id", "number"]))


def create_indexed_table(name: str) -> bytes:
    """As ``create_table``, with three global secondary indexes of whole items; a put moves its row in two of them."""
    keys = {"by_email": ["emailAddress"], "by_count": ["count"], "by_email_count": ["emailAddress", "count"]}
    indexes = [
        {"IndexName": index, "KeySchema": _key_schema(names), "Projection": {"ProjectionType": "ALL"}}
        for index, names in keys.items()
    ]
    definition = _table(name, ["id"])
    definition["AttributeDefinitions"] = [_definition(each) for each in ("id", "emailAddress", "count")]
    return request("CreateTable", definition | {"GlobalSecondaryIndexes": indexes})


def puts(seed: int, table: str = TABLE, numbers: Sequence[int] = range(ITEMS)) -> list[bytes]:
    """Two PutItem requests for each number, with other items for each seed.

    The items are put in turn and then in turn again with other values: sent over and over, each put is a change.
    (One that stores an equal item leaves no record and costs no commit.)
    """
    chance = random.Random(seed)
    return [
        request("PutItem", {"TableName": table, "Item": item(number, chance)}) for _ in range(2) for number in numbers
    ]


def batches(seed: int, table: str = TABLE, numbers: Iterable[int] = range(ITEMS)) -> Iterator[bytes]:
    """BatchWriteItem requests that put all items, 25 in each."""
    chance = random.Random(seed)
    return batches_of(table, (item(number, chance) for number in numbers))


def partition_batches(seed: int, table: str, partitions: int) -> Iterator[bytes]:
    """BatchWriteItem requests that fill so many partitions of 100 items."""
    chance = random.Random(seed)
    numbers = ((partition, place) for partition in range(partitions) for place in range(PARTITION_ITEMS))
    return batches_of(table, ({**item(partition, chance), "number": {"N": str(place)}} for partition, place in numbers))


def gets(seed: int, table: str = TABLE, numbers: Sequence[int] = range(ITEMS)) -> list[bytes]:
    """GetItem requests for items that ``puts`` has stored, in random order."""
    shuffled = list(numbers)
    random.Random(seed).shuffle(shuffled)
    return [request("GetItem", {"TableName": table, "Key": {"id": {"S": identifier(number)}}}) for number in shuffled]


def updates(seed: int, table: str = TABLE, numbers: Sequence[int] = range(ITEMS)) -> list[bytes]:
    """Conditional UpdateItem requests with ADD and ALL_NEW, for items that ``puts`` has stored, in random order."""
    shuffled = list(numbers)
    random.Random(seed).shuffle(shuffled)
    return [
        request(
            "UpdateItem",
            {
                "TableName": table,
                "Key": {"id": {"S": identifier(number)}},
                "UpdateExpression": "ADD #c :one SET #u = :u",
                "ConditionExpression": "attribute_exists(id)",
                "ExpressionAttributeNames": {"#c": "count", "#u": "updated"},
                "ExpressionAttributeValues": {":one": {"N": "1"}, ":u": {"S": "now"}},
                "ReturnValues": "ALL_NEW",
            },
        )
        for number in shuffled
    ]


def batches_of(table: str, items: Iterator[Item]) -> Iterator[bytes]:
    """BatchWriteItem requests that put these items, 25 in each."""
    while chunk := list(islice(items, BATCH_ITEMS)):
        yield request("BatchWriteItem", {"RequestItems": {table: [{"PutRequest": {"Item": each}} for each in chunk]}})


def queries(seed: int, table: str, partitions: int) -> list[bytes]:
    """Query requests, each for the 100 items of one partition."""
    numbers = list(range(partitions))
    random.Random(seed).shuffle(numbers)
    return [
        request(
            "Query",
            {
                "TableName": table,
                "KeyConditionExpression": "id = :id",
                "ExpressionAttributeValues": {":id": {"S": identifier(number)}},
            },
        )
        for number in numbers
    ]


def transactions(seed: int, table: str, count: int) -> list[bytes]:
    """TransactWriteItems requests of ten puts each, with a token of their own as SDKs send."""
    chance = random.Random(seed)
    return [
        request(
            "TransactWriteItems",
            {
                "ClientRequestToken": f"bench-{seed}-{number}",
                "TransactItems": [
                    {"Put": {"TableName": table, "Item": item(number * TRANSACTION_PUTS + place, chance)}}
                    for place in range(TRANSACTION_PUTS)
                ],
            },
        )
        for number in range(count)
    ]


def identifier(number: int) -> str:
    """The partition key of an item."""
    return f"user#{number:08d}"


def item(number: int, chance: random.Random) -> Item:
    """An item of about ``BODY_BYTES`` bytes of JSON."""
    small = {
        "id": {"S": identifier(number)},
        "emailAddress": {"S": f"user{number}@example.com"},
        "count": {"N": str(chance.randrange(10**9))},
    }
    padding = BODY_BYTES - len(json.dumps(small)) - 20
    return {**small, "fullname": {"S": chance.randbytes(padding // 2).hex()}}


def _message(number: int, chance: random.Random, groups: int) -> dict[str, str]:
    body = {"MessageBody": chance.randbytes(BODY_BYTES // 2).hex()}
    if not groups:
        return body
    return {**body, "MessageGroupId": str(number % groups), "MessageDeduplicationId": f"{chance.getrandbits(64):x}"}


def _table(name: str, keys: list[str]) -> dict[str, Any]:
    return {
        "TableName": name,
        "AttributeDefinitions": [_definition(key) for key in keys],
        "KeySchema": _key_schema(keys),
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    }


def _key_schema(names: list[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def _definition(name: str) -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": "N" if name in ("count", "number") else "S"}
