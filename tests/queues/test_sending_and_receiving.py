"""Messages sent, received, hidden, deleted: boto3 against a Pelton in one thread, under virtual time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pelton.testing import LocalPelton


def bodies(sqs: Any, url: str, **wishes: Any) -> list[str]:
    wishes.setdefault("MaxNumberOfMessages", 10)
    return [message["Body"] for message in sqs.receive_message(QueueUrl=url, **wishes).get("Messages", [])]


def refused(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_message_arrives_with_its_attributes_and_their_digests(sqs: Any, url: str) -> None:
    attributes = {
        "kind": {"DataType": "String.label", "StringValue": "paid"},
        "count": {"DataType": "Number", "StringValue": "12.5"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="grüße", MessageAttributes=attributes)

    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]

    assert message["Body"] == "grüße"
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["MessageId"] == sent["MessageId"]


def test_digests_are_those_of_the_service(sqs: Any, url: str) -> None:
    # Recorded from the service: moto's and the developer guide's example.
    attribute = {"timestamp": {"DataType": "Number", "StringValue": "1493147359900"}}

    sent = sqs.send_message(QueueUrl=url, MessageBody="derp", MessageAttributes=attribute)

    assert sent["MD5OfMessageBody"] == "58fd9edd83341c29f1aebba81c31e257"
    assert sent["MD5OfMessageAttributes"] == "235c5c510d26fb653d073faed50ae77c"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ([], set()),
        (["All"], {"a.b", "a.c", "d"}),
        ([".*"], {"a.b", "a.c", "d"}),
        (["a.*"], {"a.b", "a.c"}),
        (["d", "zz"], {"d"}),
    ],
)
def test_a_receiver_sees_the_attributes_it_names(sqs: Any, url: str, asked: list[str], shown: set[str]) -> None:
    attributes = {name: {"DataType": "String", "StringValue": "x"} for name in ("a.b", "a.c", "d")}
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=attributes)

    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=asked)["Messages"]

    assert set(message.get("MessageAttributes", {})) == shown


def test_system_attributes_count_receives_and_remember_the_first(pelton: LocalPelton, sqs: Any, url: str) -> None:
    began = pelton.clock.now_ms()
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="tenant-1")
    sqs.receive_message(QueueUrl=url)
    pelton.advance(31)

    (message,) = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]

    assert message["Attributes"] == {
        "SenderId": "000000000000",
        "SentTimestamp": str(began),
        "ApproximateReceiveCount": "2",
        "ApproximateFirstReceiveTimestamp": str(began),
        "MessageGroupId": "tenant-1",
    }


def test_a_trace_travels_with_the_message(sqs: Any, url: str) -> None:
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageSystemAttributes=trace)

    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["AWSTraceHeader"])["Messages"]

    assert message["Attributes"]["AWSTraceHeader"] == trace["AWSTraceHeader"]["StringValue"]
    assert len(sent["MD5OfMessageSystemAttributes"]) == 32


def test_a_received_message_is_hidden_until_its_time_is_over(pelton: LocalPelton, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert bodies(sqs, url, VisibilityTimeout=5) == ["x"]
    assert bodies(sqs, url) == []

    pelton.advance(5)

    assert bodies(sqs, url) == ["x"]


def test_a_deleted_message_does_not_come_again(pelton: LocalPelton, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]

    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    pelton.advance(60)

    assert bodies(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])  # Again is no error.


def test_an_older_receipt_does_not_delete(pelton: LocalPelton, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (first,) = sqs.receive_message(QueueUrl=url)["Messages"]
    pelton.advance(30)
    sqs.receive_message(QueueUrl=url)

    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    pelton.advance(30)

    assert bodies(sqs, url) == ["x"]


def test_visibility_can_be_prolonged_and_ended(pelton: LocalPelton, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    handle = message["ReceiptHandle"]

    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=100)
    pelton.advance(99)
    assert bodies(sqs, url) == []
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)

    assert bodies(sqs, url) == ["x"]


def test_a_delay_holds_a_message_back(pelton: LocalPelton, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="late", Attributes={"DelaySeconds": "60"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="as the queue says")
    sqs.send_message(QueueUrl=url, MessageBody="sooner", DelaySeconds=10)

    pelton.advance(10)
    assert bodies(sqs, url) == ["sooner"]
    pelton.advance(50)

    assert bodies(sqs, url, VisibilityTimeout=0)[-1] == "as the queue says"


def test_messages_older_than_the_retention_are_gone(pelton: LocalPelton, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="short", Attributes={"MessageRetentionPeriod": "60"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")

    pelton.advance(60)

    assert bodies(sqs, url) == []
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert counts == {"ApproximateNumberOfMessages": "0"}


def test_a_waiting_receiver_gets_a_delayed_message_the_moment_it_shows(pelton: LocalPelton, sqs: Any, url: str) -> None:
    began = pelton.clock.now_ms()
    sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=7)

    assert bodies(sqs, url, WaitTimeSeconds=20) == ["x"]
    assert pelton.clock.now_ms() - began == 7000


def test_a_waiting_receiver_gives_up_when_its_time_is_over(pelton: LocalPelton, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="patient", Attributes={"ReceiveMessageWaitTimeSeconds": "3"})["QueueUrl"]
    began = pelton.clock.now_ms()

    assert bodies(sqs, url) == []
    assert pelton.clock.now_ms() - began == 3000


def test_messages_outlive_a_restart(tmp_path: Path) -> None:
    with LocalPelton(data_dir=tmp_path / "data") as first:
        url = first.client("sqs").create_queue(QueueName="kept")["QueueUrl"]
        first.client("sqs").send_message(QueueUrl=url, MessageBody="x")

    with LocalPelton(data_dir=tmp_path / "data") as second:
        assert bodies(second.client("sqs"), url) == ["x"]


def test_what_was_received_too_often_goes_to_the_dead_letters(pelton: LocalPelton, sqs: Any) -> None:
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    policy = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 2}
    url = sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": json.dumps(policy)})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        assert bodies(sqs, url, VisibilityTimeout=0) == ["poison"]

    assert bodies(sqs, url) == []
    (message,) = sqs.receive_message(QueueUrl=dead, AttributeNames=["DeadLetterQueueSourceArn"])["Messages"]

    assert message["Body"] == "poison"
    assert message["Attributes"] == {"DeadLetterQueueSourceArn": "arn:aws:sqs:us-east-1:000000000000:work"}
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]


def test_a_batch_answers_each_entry_by_itself(sqs: Any, url: str) -> None:
    answer = sqs.send_message_batch(
        QueueUrl=url,
        Entries=[{"Id": "good", "MessageBody": "x"}, {"Id": "bad", "MessageBody": "x", "DelaySeconds": 901}],
    )

    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    (failed,) = answer["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("bad", "InvalidParameterValue", True)
    assert bodies(sqs, url) == ["x"]


def test_batches_delete_and_change_visibility(sqs: Any, url: str) -> None:
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    handles = [{"Id": message["Body"], "ReceiptHandle": message["ReceiptHandle"]} for message in messages]

    sqs.delete_message_batch(QueueUrl=url, Entries=handles[:1])
    answer = sqs.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[{**handle, "VisibilityTimeout": 0} for handle in handles[1:]]
        + [{"Id": "bad", "ReceiptHandle": "garbage", "VisibilityTimeout": 0}],
    )

    assert sorted(bodies(sqs, url)) == ["1", "2"]
    assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]


ENTRY = {"Id": "1", "MessageBody": "x"}


@pytest.mark.parametrize(
    ("entries", "code", "text"),
    [
        ([], "AWS.SimpleQueueService.EmptyBatchRequest", "at least one SendMessageBatchRequestEntry"),
        (
            [{**ENTRY, "Id": str(n)} for n in range(11)],
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 11.",
        ),
        ([ENTRY, ENTRY], "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id 1 repeated."),
        ([{**ENTRY, "Id": "a b"}], "AWS.SimpleQueueService.InvalidBatchEntryId", "alphanumeric characters, hyphens"),
        (
            [{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)],
            "AWS.SimpleQueueService.BatchRequestTooLong",
            "cannot be longer than 1048576 bytes. You have sent 1200000 bytes.",
        ),
    ],
)
def test_a_batch_that_breaks_a_rule_is_refused_whole(standing: Any, entries: list[Any], code: str, text: str) -> None:
    found = refused(standing.send_message_batch, QueueUrl="orders", Entries=entries)

    assert found[0] == code
    assert text in found[1]
    assert bodies(standing, "orders") == []


def of_type(data_type: str, **value: Any) -> dict[str, Any]:
    return {"MessageAttributes": {"a": {"DataType": data_type, **value}}}


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        ({"MessageBody": ""}, "MissingParameter", "The request must contain the parameter MessageBody."),
        ({"MessageBody": "\x07"}, "InvalidMessageContents", "Invalid characters found."),
        ({"MessageBody": "x" * 1_048_577}, "InvalidParameterValue", "Message must be shorter than 1048576 bytes."),
        ({"DelaySeconds": 901}, "InvalidParameterValue", "DelaySeconds must be >= 0 and <= 900."),
        ({"DelaySeconds": -1}, "InvalidParameterValue", "Value -1 for parameter DelaySeconds is invalid."),
        ({"MessageDeduplicationId": "d"}, "InvalidParameterValue", "not valid for this queue type"),
        ({"MessageGroupId": ""}, "InvalidParameterValue", "for parameter MessageGroupId is invalid"),
        (of_type("Text", StringValue="x"), "InvalidParameterValue", "Binary, Number, and String"),
        (of_type("String", StringValue=""), "InvalidParameterValue", "non-empty message attribute value"),
        (of_type("String", BinaryValue=b"x"), "InvalidParameterValue", "non-empty message attribute value"),
        (of_type("Number", StringValue="twelve"), "InvalidParameterValue", "to a number"),
        (of_type("String", StringValue="\x07"), "InvalidMessageContents", "Invalid characters"),
        (
            of_type("String", StringListValues=["x"]),
            "AWS.SimpleQueueService.UnsupportedOperation",
            "list values in SendMessage operation are not supported",
        ),
        (
            {"MessageAttributes": {"AWS.x": {"DataType": "String", "StringValue": "x"}}},
            "InvalidParameterValue",
            "attribute name 'AWS.x' is invalid",
        ),
        (
            {"MessageAttributes": {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(11)}},
            "InvalidParameterValue",
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
        (
            {"MessageSystemAttributes": {"Other": {"DataType": "String", "StringValue": "x"}}},
            "InvalidParameterValue",
            "Message system attribute name 'Other' is invalid.",
        ),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused(standing: Any, members: dict[str, Any], code: str, text: str) -> None:
    found = refused(standing.send_message, QueueUrl="orders", **{"MessageBody": "x", **members})

    assert found[0] == code
    assert text in found[1]
    assert bodies(standing, "orders") == []


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        ({"MaxNumberOfMessages": 0}, "InvalidParameterValue", "Must be between 1 and 10, if provided."),
        ({"MaxNumberOfMessages": 11}, "InvalidParameterValue", "Value 11 for parameter MaxNumberOfMessages"),
        ({"WaitTimeSeconds": 21}, "InvalidParameterValue", "Must be >= 0 and <= 20, if provided."),
        ({"VisibilityTimeout": 43_201}, "InvalidParameterValue", "Value 43201 for parameter VisibilityTimeout"),
        ({"AttributeNames": ["Nothing"]}, "InvalidAttributeName", "Unknown Attribute Nothing."),
        ({"QueueUrl": "http://localhost/000000000000/none"}, "AWS.SimpleQueueService.NonExistentQueue", "not exist"),
        ({"QueueUrl": "http://localhost/111111111111/orders"}, "AWS.SimpleQueueService.NonExistentQueue", "not exist"),
    ],
)
def test_a_receive_that_breaks_a_rule_is_refused(standing: Any, members: dict[str, Any], code: str, text: str) -> None:
    found = refused(standing.receive_message, **{"QueueUrl": "orders", **members})

    assert found[0] == code
    assert text in found[1]


def test_receipts_are_looked_at(pelton: LocalPelton, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1)["Messages"]
    handle = message["ReceiptHandle"]
    change = sqs.change_message_visibility

    assert refused(sqs.delete_message, QueueUrl=url, ReceiptHandle="junk") == (
        "ReceiptHandleIsInvalid",
        'The input receipt handle "junk" is not a valid receipt handle.',
    )
    assert refused(change, QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=-1)[0] == "InvalidParameterValue"
    pelton.advance(1)
    assert (
        refused(change, QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=1)[0]
        == "AWS.SimpleQueueService.MessageNotInflight"
    )
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    assert "Message does not exist" in refused(change, QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=1)[1]
