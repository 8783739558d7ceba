"""Queues made, found, listed, changed, purged, deleted: boto3 against a Pelton in one thread."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pelton.storage.trimming import trim_step
from pelton.testing import LocalPelton
from tests.queues.test_sending_and_receiving import bodies, refused

ARN = "arn:aws:sqs:us-east-1:000000000000"


def test_making_a_queue_twice_gives_the_same_one(sqs: Any, url: str) -> None:
    again = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]

    assert again == url == "http://pelton.localhost/000000000000/orders"
    assert sqs.get_queue_url(QueueName="orders")["QueueUrl"] == url


def test_making_it_with_another_value_is_refused(sqs: Any, url: str) -> None:
    code, text = refused(sqs.create_queue, QueueName="orders", Attributes={"VisibilityTimeout": "31"})

    assert code == "QueueAlreadyExists"
    assert text == "A queue already exists with the same name and a different value for attribute VisibilityTimeout"


def test_queues_are_listed_by_prefix_and_page(sqs: Any) -> None:
    urls = [sqs.create_queue(QueueName=f"a{n}")["QueueUrl"] for n in range(3)]
    sqs.create_queue(QueueName="b")

    first = sqs.list_queues(QueueNamePrefix="a", MaxResults=2)
    rest = sqs.list_queues(QueueNamePrefix="a", MaxResults=2, NextToken=first["NextToken"])

    assert first["QueueUrls"] + rest["QueueUrls"] == urls
    assert "NextToken" not in rest
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="z")


def test_a_queue_is_addressed_by_its_name_or_through_another_host(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl="orders", MessageBody="by name")
    sqs.send_message(QueueUrl="https://sqs.us-east-1.amazonaws.com/000000000000/orders", MessageBody="by URL")

    assert bodies(sqs, url) == ["by name", "by URL"]


def test_regions_have_queues_of_their_own(pelton: LocalPelton, url: str) -> None:
    other = pelton._clients.session().client("sqs", region_name="eu-west-1", endpoint_url="http://pelton.localhost")

    assert refused(other.get_queue_url, QueueName="orders")[0] == "AWS.SimpleQueueService.NonExistentQueue"


def test_attributes_change_and_hold_at_once(pelton: LocalPelton, sqs: Any, url: str) -> None:
    pelton.advance(5)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "007", "Policy": "{}"})
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.receive_message(QueueUrl=url)
    pelton.advance(7)

    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert bodies(sqs, url) == ["x"]
    assert told["VisibilityTimeout"] == "7"
    assert told["Policy"] == "{}"
    assert int(told["LastModifiedTimestamp"]) == int(told["CreatedTimestamp"]) + 5
    assert told["QueueArn"] == f"{ARN}:orders"


def test_an_empty_document_takes_the_attribute_away(sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": "{}"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})

    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])


def test_messages_are_counted_by_where_they_stand(sqs: Any, url: str) -> None:
    for delay in (0, 0, 0, 60):
        sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=delay)
    sqs.receive_message(QueueUrl=url)

    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert told["ApproximateNumberOfMessages"] == "2"
    assert told["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert told["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_purged_queue_is_empty_and_takes_new_messages(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="old")
    sqs.purge_queue(QueueUrl=url)
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="new")

    assert bodies(sqs, url) == ["new"]


def test_trimming_removes_the_rows_of_purged_and_expired_messages(pelton: LocalPelton, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="purged")
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="expired")
    pelton.clock.advance(345_600)
    storage = pelton.core.storage

    storage.submit(lambda transaction: trim_step(transaction, pelton.clock.now_ms(), 1000), lambda _: None)

    with storage.snapshot() as snapshot:
        assert snapshot.select("SELECT count(*) FROM messages")[0][0] == 0
        assert snapshot.select("SELECT count(*) FROM buckets")[0][0] == 1


def test_a_deleted_queue_is_gone_and_its_name_free(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.delete_queue(QueueUrl=url)

    assert refused(sqs.delete_queue, QueueUrl=url)[0] == "AWS.SimpleQueueService.NonExistentQueue"
    sqs.create_queue(QueueName="orders")
    assert bodies(sqs, url) == []


def test_tags_are_kept(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="tagged", tags={"team": "search"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"stage": "dev"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["team"])

    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"stage": "dev"}


def test_a_queue_has_fifty_tags_at_most(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="tagged", tags={f"tag{number}": "" for number in range(50)})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"tag0": "changed"})

    with pytest.raises(ClientError, match="Too many tags added for queue tagged"):
        sqs.tag_queue(QueueUrl=url, Tags={"tag50": ""})
    with pytest.raises(ClientError, match="Too many tags added for queue other"):
        sqs.create_queue(QueueName="other", tags={f"tag{number}": "" for number in range(51)})


def redrive(**changes: object) -> dict[str, str]:
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{ARN}:dead", "maxReceiveCount": 3, **changes})}


@pytest.mark.parametrize(
    ("attributes", "code", "text"),
    [
        ({"VisibilityTimeout": "43201"}, "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."),
        ({"VisibilityTimeout": "soon"}, "InvalidAttributeValue", "VisibilityTimeout"),
        ({"DelaySeconds": "-1"}, "InvalidAttributeValue", "DelaySeconds"),
        ({"MaximumMessageSize": "1023"}, "InvalidAttributeValue", "MaximumMessageSize"),
        ({"MaximumMessageSize": "1048577"}, "InvalidAttributeValue", "MaximumMessageSize"),
        ({"MessageRetentionPeriod": "59"}, "InvalidAttributeValue", "MessageRetentionPeriod"),
        ({"ReceiveMessageWaitTimeSeconds": "21"}, "InvalidAttributeValue", "ReceiveMessageWaitTimeSeconds"),
        ({"SqsManagedSseEnabled": "yes"}, "InvalidAttributeValue", "SqsManagedSseEnabled"),
        ({"Policy": "[]"}, "InvalidAttributeValue", "Policy"),
        ({"Policy": "not JSON"}, "InvalidAttributeValue", "Policy"),
        ({"QueueArn": "x"}, "InvalidAttributeName", "Unknown Attribute QueueArn."),
        ({"Colour": "red"}, "InvalidAttributeName", "Unknown Attribute Colour."),
        ({"FifoQueue": "true"}, "InvalidParameterValue", "must end with .fifo suffix"),
        ({"FifoQueue": "yes"}, "InvalidAttributeValue", "FifoQueue"),
        ({"ContentBasedDeduplication": "true"}, "InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication."),
        ({"DeduplicationScope": "queue"}, "InvalidAttributeName", "only when FifoQueue is set to true."),
        ({"FifoThroughputLimit": "perQueue"}, "InvalidAttributeName", "only when FifoQueue is set to true."),
        ({"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
        ({"KmsMasterKeyId": "k"}, "AWS.SimpleQueueService.UnsupportedOperation", "leave it out"),
        (redrive(), "InvalidParameterValue", "Dead letter target does not exist."),
        (redrive(maxReceiveCount=0), "InvalidParameterValue", "valid values are from 1 to 1000"),
        (redrive(maxReceiveCount=None), "InvalidParameterValue", "mandatory attribute: maxReceiveCount."),
        (redrive(deadLetterTargetArn="x"), "InvalidParameterValue", "Invalid value for deadLetterTargetArn."),
        (redrive(other=1), "InvalidParameterValue", "unknown attributes: other."),
        ({"RedriveAllowPolicy": '{"redrivePermission":"byQueue"}'}, "InvalidAttributeValue", "RedriveAllowPolicy"),
        ({"RedriveAllowPolicy": '{"redrivePermission":"some"}'}, "InvalidAttributeValue", "RedriveAllowPolicy"),
    ],
)
def test_an_attribute_that_breaks_a_rule_is_refused(
    standing: Any, attributes: dict[str, str], code: str, text: str
) -> None:
    found = refused(standing.create_queue, QueueName="new", Attributes=attributes)

    assert found[0] == code
    assert text in found[1]
    assert "QueueUrls" not in standing.list_queues(QueueNamePrefix="new")


def test_a_queue_may_refuse_dead_letters(sqs: Any) -> None:
    allowance = {"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}:friend"]}
    sqs.create_queue(QueueName="dead", Attributes={"RedriveAllowPolicy": json.dumps(allowance)})

    assert "does not allow" in refused(sqs.create_queue, QueueName="stranger", Attributes=redrive())[1]
    sqs.create_queue(QueueName="friend", Attributes=redrive())


@pytest.mark.parametrize("name", ["", "a b", "x" * 81, "straße"])
def test_a_name_of_another_form_is_refused(standing: Any, name: str) -> None:
    assert refused(standing.create_queue, QueueName=name)[0] in ("InvalidParameterValue", "MissingParameter")
