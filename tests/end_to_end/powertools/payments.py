"""Idempotency: the same order is charged once; its record is an item of a table."""

from __future__ import annotations

import uuid
from typing import Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.typing import LambdaContext

persistence = DynamoDBPersistenceLayer(table_name="IdempotencyTable")
config = IdempotencyConfig(
    event_key_jmespath="order_id", payload_validation_jmespath="amount", raise_on_no_idempotency_key=True
)


@idempotent(persistence_store=persistence, config=config)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if event["amount"] == 13:
        raise RuntimeError("no luck today")
    return {"payment_id": str(uuid.uuid4()), "order": event["order_id"]}
