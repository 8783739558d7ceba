"""Logger, Tracer and Metrics around one handler, as Powertools' getting-started pages have them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
tracer = Tracer()
metrics = Metrics()


@tracer.capture_method
def collect_payment(charge_id: str) -> str:
    logger.info("Collecting payment", charge_id=charge_id)
    return f"collected {charge_id}"


@metrics.log_metrics(capture_cold_start_metric=True)
@tracer.capture_lambda_handler
@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    logger.append_keys(order_id="order-7")
    metrics.add_metric(name="SuccessfulPayment", unit=MetricUnit.Count, value=1)
    tracer.put_annotation(key="PaymentStatus", value="SUCCESS")
    try:
        int("seven")
    except ValueError:
        logger.exception("Received a value that is no number")
    return {"statusCode": 200, "body": collect_payment(charge_id="charge-1")}
