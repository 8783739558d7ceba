"""Powertools for AWS Lambda (Python): its utilities in handlers as its documentation writes them, unmodified."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.running import PATIENCE_S, Up, http, wait_for

PROJECT = Path(__file__).parent / "powertools"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("powertools")
    shutil.copytree(PROJECT, folder / "project")
    with Up(folder / "project", folder / "data", "--no-watch") as running:
        yield running


def done(up: Up, name: str) -> Any:
    table = up.client("dynamodb")
    return wait_for(lambda: table.get_item(TableName="done", Key={"id": {"S": name}}).get("Item"), name)


def invoked(up: Up, payload: dict[str, Any]) -> tuple[str | None, Any]:
    answer = up.client("lambda").invoke(FunctionName="shop-dev-pay", Payload=json.dumps(payload).encode())
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def logged(up: Up, function: str) -> list[dict[str, Any]]:
    """Lines of JSON that the function wrote."""
    lines = up.command("logs", function, "--json").stdout.splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    return [json.loads(text) for text in texts if text.startswith("{")]


def test_the_logger_tells_context_correlation_and_keys(up: Up) -> None:
    assert up.request("POST", "/collect", {}) == (200, "collected charge-1")

    record = wait_for(
        lambda: next((line for line in logged(up, "collect") if line.get("message") == "Collecting payment"), None),
        "the log line",
    )
    assert record["service"] == "payment"
    assert record["function_name"] == "shop-dev-collect"
    assert record["function_memory_size"] == "1024"
    assert record["function_arn"] == "arn:aws:lambda:us-east-1:000000000000:function:shop-dev-collect"
    assert record["order_id"] == "order-7"
    assert record["charge_id"] == "charge-1"
    assert record["correlation_id"]
    assert "xray_trace_id" in record


def test_a_logged_exception_and_metrics_are_lines_of_json(up: Up) -> None:
    assert up.request("POST", "/collect", {})[0] == 200

    lines = wait_for(
        lambda: (found := logged(up, "collect")) and any("SuccessfulPayment" in line for line in found) and found,
        "the metrics",
    )
    failed = next(line for line in lines if line.get("level") == "ERROR")
    assert failed["exception_name"] == "ValueError"
    metrics = next(line for line in lines if "SuccessfulPayment" in line)
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "shop"
    assert any("ColdStart" in line for line in lines)


def test_a_queue_batch_gives_back_only_what_failed(up: Up) -> None:
    queues = up.client("sqs")
    url = queues.get_queue_url(QueueName="letters")["QueueUrl"]
    letters = [{"id": number, "is_torn": number == 2} for number in range(4)]
    entries = [{"Id": str(letter["id"]), "MessageBody": json.dumps(letter)} for letter in letters]
    queues.send_message_batch(QueueUrl=url, Entries=entries)

    for number in (0, 1, 3):
        done(up, f"letter {number}")

    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    one_is_left = ["0", "1"]  # Hidden until its visibility timeout ends.
    wait_for(
        lambda: (
            [*queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()] == one_is_left
        ),
        "the torn letter to be all that is left",
    )
    assert "Item" not in up.client("dynamodb").get_item(TableName="done", Key={"id": {"S": "letter 2"}})


def test_a_stream_batch_goes_on_behind_what_fails_for_good(up: Up) -> None:
    table = up.client("dynamodb")
    for name, amount in (("a", 5), ("b", -1), ("c", 7)):
        table.put_item(TableName="orders", Item={"id": {"S": name}, "amount": {"N": str(amount)}})

    assert done(up, "order a")["amount"] == {"N": "5"}
    assert done(up, "order c")["amount"] == {"N": "7"}
    assert "Item" not in table.get_item(TableName="done", Key={"id": {"S": "order b"}})


def test_an_order_is_paid_once(up: Up) -> None:
    order = {"order_id": "order-1", "amount": 20}

    first = invoked(up, order)
    again = invoked(up, order)
    other = invoked(up, {"order_id": "order-2", "amount": 20})

    assert first == again
    assert first[1]["order"] == "order-1"
    assert other[1]["payment_id"] != first[1]["payment_id"]


def test_an_order_with_another_amount_is_refused(up: Up) -> None:
    invoked(up, {"order_id": "order-3", "amount": 20})

    error, answer = invoked(up, {"order_id": "order-3", "amount": 21})

    assert error == "Unhandled"
    assert answer["errorType"] == "IdempotencyValidationError"


def test_a_payment_that_fails_leaves_no_record(up: Up) -> None:
    unlucky = {"order_id": "order-4", "amount": 13}

    assert invoked(up, unlucky)[1]["errorType"] == "RuntimeError"
    assert invoked(up, unlucky)[1]["errorType"] == "RuntimeError"

    records = up.client("dynamodb").scan(TableName="IdempotencyTable")["Items"]
    assert all(record["status"]["S"] == "COMPLETED" and "expiration" in record for record in records)


def test_a_message_is_a_model(up: Up) -> None:
    queues = up.client("sqs")
    url = queues.get_queue_url(QueueName="parcels")["QueueUrl"]

    queues.send_message(QueueUrl=url, MessageBody=json.dumps({"id": "4", "weights": [2, 3]}))

    assert done(up, "parcel 4")["weight"] == {"N": "5"}


@pytest.fixture(params=["rest", "api", "page"])
def base(request: pytest.FixtureRequest, up: Up) -> str:
    """The same routes behind a REST API, an HTTP API and a function URL."""
    if request.param == "page":
        url: str = up.client("lambda").get_function_url_config(FunctionName="shop-dev-page")["FunctionUrl"]
        return url.rstrip("/")
    return f"{up.application}/{request.param}"


def test_a_route_gets_parameters_headers_and_query(base: str) -> None:
    status, answer = http("GET", f"{base}/todos/7?page=2", headers={"X-Caller": "me"})

    assert status == 200
    assert answer["id"] == "7"
    assert answer["caller"] == "me"
    assert answer["page"] == "2"


def test_errors_of_a_route_are_statuses(base: str) -> None:
    assert http("GET", f"{base}/todos/0") == (404, {"statusCode": 404, "message": "no todo 0"})
    assert http("POST", f"{base}/todos", {}) == (400, {"statusCode": 400, "message": "a todo needs a title"})
    assert http("GET", f"{base}/nowhere")[0] == 404


def test_a_response_has_status_body_and_cookies(base: str) -> None:
    asked = urllib.request.Request(f"{base}/todos", b'{"title": "rest"}', {"content-type": "application/json"})

    with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
        assert (answer.status, answer.read()) == (201, b"rest")
        assert answer.headers["content-type"] == "text/plain"
        assert answer.headers["set-cookie"].startswith("session=abc")


def test_binary_answers_arrive_as_bytes(base: str) -> None:
    with urllib.request.urlopen(f"{base}/picture", timeout=PATIENCE_S) as answer:
        assert answer.read() == b"\x89PNG\x00\xff"


def test_each_resolver_reads_its_own_event(up: Up) -> None:
    kinds = {http("GET", f"{up.application}/{place}/todos/1")[1]["kind"] for place in ("rest", "api")}

    assert kinds == {"APIGatewayProxyEvent", "APIGatewayProxyEventV2"}
