"""Permissions: statements of a queue's policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.queues.test_sending_and_receiving import refused

ARN = "arn:aws:sqs:us-east-1:000000000000:orders"
STATEMENT = {"Label": "send", "AWSAccountIds": ["111122223333"], "Actions": ["SendMessage"]}


def policy(sqs: Any, url: str) -> Any:
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
    return json.loads(told["Policy"]) if told else None


def test_permissions_are_added_shown_and_removed(sqs: Any, url: str) -> None:
    sqs.add_permission(QueueUrl=url, **STATEMENT)
    sqs.add_permission(
        QueueUrl=url, Label="all", AWSAccountIds=["111122223333", "444455556666"], Actions=["*", "PurgeQueue"]
    )
    added = policy(sqs, url)
    sqs.remove_permission(QueueUrl=url, Label="all")

    assert added == {
        "Version": "2008-10-17",
        "Id": f"{ARN}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "send",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "SQS:SendMessage",
                "Resource": ARN,
            },
            {
                "Sid": "all",
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]},
                "Action": ["SQS:*", "SQS:PurgeQueue"],
                "Resource": ARN,
            },
        ],
    }
    assert policy(sqs, url)["Statement"] == added["Statement"][:1]
    sqs.remove_permission(QueueUrl=url, Label="send")
    assert policy(sqs, url) is None


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        ({"Label": ""}, "MissingParameter", "the parameter Label."),
        ({"Label": "a b"}, "InvalidParameterValue", "Value a b for parameter Label is invalid."),
        ({"AWSAccountIds": []}, "MissingParameter", "the parameter Principals."),
        ({"AWSAccountIds": ["1"]}, "InvalidParameterValue", "Unable to verify."),
        ({"Actions": []}, "MissingParameter", "the parameter Actions."),
        ({"Actions": ["Fly"]}, "InvalidParameterValue", "Value SQS:Fly for parameter ActionName is invalid."),
        ({"Actions": ["DeleteQueue"]}, "InvalidParameterValue", "Only the queue owner is allowed"),
    ],
)
def test_a_permission_that_breaks_a_rule_is_refused(standing: Any, members: Any, code: str, text: str) -> None:
    found = refused(standing.add_permission, QueueUrl="orders", **{**STATEMENT, **members})

    assert found[0] == code
    assert text in found[1]
    assert policy(standing, "orders") is None


def test_labels_are_unique_and_must_be_there(sqs: Any, url: str) -> None:
    sqs.add_permission(QueueUrl=url, **STATEMENT)

    assert refused(sqs.add_permission, QueueUrl=url, **STATEMENT)[1].endswith("Reason: Already exists.")
    assert refused(sqs.remove_permission, QueueUrl=url, Label="x")[1].endswith("Reason: can't find label.")
