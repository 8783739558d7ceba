"""Requests as bytes: what the AWS SDKs send, built once so that the load generator only writes them."""

from __future__ import annotations

import json
import random

TABLE = "bench"
BODY_BYTES = 400
ITEMS = 20_000

#: A header as SDKs send it; its signature is only looked at when credentials are configured.
_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64
)


def request(operation: str, body: object) -> bytes:
    """One POST to the DynamoDB endpoint."""
    payload = json.dumps(body, separators=(",", ":")).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"X-Amz-Target: DynamoDB_20120810.{operation}\r\nX-Amz-Date: 20260101T000000Z\r\n"
        f"Authorization: {_AUTHORIZATION}\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


def create_table() -> bytes:
    """CreateTable with a stream of both images."""
    return request(
        "CreateTable",
        {
            "TableName": TABLE,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        },
    )


def puts(seed: int) -> list[bytes]:
    """PutItem requests whose items differ each time, so that each is a change."""
    chance = random.Random(seed)
    return [request("PutItem", {"TableName": TABLE, "Item": _item(number, chance)}) for number in range(ITEMS)]


def gets(seed: int) -> list[bytes]:
    """GetItem requests for items that ``puts`` has stored."""
    numbers = list(range(ITEMS))
    random.Random(seed).shuffle(numbers)
    return [request("GetItem", {"TableName": TABLE, "Key": {"id": {"S": _identifier(number)}}}) for number in numbers]


def updates(seed: int) -> list[bytes]:
    """Conditional UpdateItem requests with ADD and ALL_NEW."""
    numbers = list(range(ITEMS))
    random.Random(seed).shuffle(numbers)
    return [
        request(
            "UpdateItem",
            {
                "TableName": TABLE,
                "Key": {"id": {"S": _identifier(number)}},
                "UpdateExpression": "ADD #c :one SET #u = :u",
                "ConditionExpression": "attribute_exists(id)",
                "ExpressionAttributeNames": {"#c": "count", "#u": "updated"},
                "ExpressionAttributeValues": {":one": {"N": "1"}, ":u": {"S": "now"}},
                "ReturnValues": "ALL_NEW",
            },
        )
        for number in numbers
    ]


def _identifier(number: int) -> str:
    return f"user#{number:08d}"


def _item(number: int, chance: random.Random) -> dict[str, dict[str, str]]:
    item = {
        "id": {"S": _identifier(number)},
        "emailAddress": {"S": f"user{number}@example.com"},
        "count": {"N": str(chance.randrange(10**9))},
    }
    padding = BODY_BYTES - len(json.dumps(item)) - 20
    return {**item, "fullname": {"S": chance.randbytes(padding // 2).hex()}}
