"""Places an order, and shows one."""

import json
import os
from decimal import Decimal

import boto3

orders = boto3.resource("dynamodb").Table(os.environ["ORDERS"])


def handler(event, context):
    """POST /orders stores the body under a new id; GET /orders/{id} answers it."""
    if event["httpMethod"] == "GET":
        order = orders.get_item(Key=event["pathParameters"]).get("Item")
        return _answer(200, order) if order else _answer(404, {"error": "there is no such order"})
    order = json.loads(event["body"], parse_float=Decimal)
    order["id"] = context.aws_request_id
    orders.put_item(Item=order)
    return _answer(200, {"id": order["id"]})


def _answer(status, body):
    return {"statusCode": status, "body": json.dumps(body, default=float)}
