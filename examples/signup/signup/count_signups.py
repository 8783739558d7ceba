"""Counts sign-ups in a table: in total and for each day (UTC).

Each counted record leaves a row of its own in the same transaction as the counts, so a record that
is delivered twice, or whose answer was lost, is counted once.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import boto3
from botocore.exceptions import ClientError

from signup.records import Kind, UserChange, user_changes

#: Records in one transaction: it may write 100 rows, and each record may bring a day of its own.
CHUNK = 45

dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: object) -> None:
    """Raises when the counts could not be written: the stream delivers the batch again."""
    inserts = [change for change in user_changes(event) if change.kind is Kind.INSERT]
    for start in range(0, len(inserts), CHUNK):
        count(dynamodb, os.environ["COUNTS_TABLE"], inserts[start : start + CHUNK])


def count(client: Any, table: str, inserts: list[UserChange]) -> None:
    """Count up to ``CHUNK`` sign-ups, those that were counted before not again."""
    left = list({change.event_id: change for change in inserts}.values())
    while left:
        try:
            client.transact_write_items(TransactItems=_writes(table, left))
        except ClientError as error:
            left = _not_counted(left, error)
        else:
            return


def _writes(table: str, inserts: list[UserChange]) -> list[dict[str, Any]]:
    marks = [
        {
            "Put": {
                "TableName": table,
                "Item": {"countId": {"S": f"record#{change.event_id}"}, "userId": {"S": change.user_id}},
                "ConditionExpression": "attribute_not_exists(countId)",
            }
        }
        for change in inserts
    ]
    days = Counter(f"day#{change.happened:%Y-%m-%d}" for change in inserts)
    sums = [_add(table, "total", len(inserts)), *(_add(table, day, number) for day, number in sorted(days.items()))]
    return marks + sums


def _add(table: str, count_id: str, number: int) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": table,
            "Key": {"countId": {"S": count_id}},
            "UpdateExpression": "ADD signups :number",
            "ExpressionAttributeValues": {":number": {"N": str(number)}},
        }
    }


def _not_counted(inserts: list[UserChange], error: ClientError) -> list[UserChange]:
    """Those whose row is not there yet; anything but such rows is raised."""
    reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
    counted = {at for at, code in enumerate(reasons[: len(inserts)]) if code == "ConditionalCheckFailed"}
    if not counted:
        raise error
    return [change for at, change in enumerate(inserts) if at not in counted]
