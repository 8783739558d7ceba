"""Writes an invoice for each new order; the same order twice is one invoice."""

import os

import boto3

invoices = boto3.resource("dynamodb").Table(os.environ["INVOICES"])


def handler(event, context):
    """One stream batch; the first order that fails is named, and is sent again with those after it."""
    for record in event["Records"]:
        order = record["dynamodb"]["NewImage"]
        try:
            invoices.put_item(Item=_invoice(order))
        except Exception as error:
            print(f"order {order['id']['S']}: {error}")
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _invoice(order):
    return {"id": order["id"]["S"], "amount": f"{order['total']['N']} {os.environ['CURRENCY']}"}
