"""Batches with partial failures: of a queue, and of a table's stream."""

from __future__ import annotations

from typing import Any

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

of_queue = BatchProcessor(event_type=EventType.SQS)
of_stream = BatchProcessor(event_type=EventType.DynamoDBStreams)
done = boto3.resource("dynamodb").Table("done")


def read_letter(record: SQSRecord) -> str:
    letter = record.json_body
    if letter["is_torn"]:
        raise ValueError(f"letter {letter['id']} is torn")
    done.put_item(Item={"id": f"letter {letter['id']}"})
    return str(letter["id"])


def follow_change(record: DynamoDBRecord) -> None:
    assert record.dynamodb is not None
    order = record.dynamodb.new_image
    if order["amount"] < 0:
        raise ValueError("a negative amount")
    done.put_item(Item={"id": f"order {order['id']}", "amount": order["amount"]})


def letters(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event=event, record_handler=read_letter, processor=of_queue, context=context)


def changes(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event=event, record_handler=follow_change, processor=of_stream, context=context)
