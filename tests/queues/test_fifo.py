"""FIFO queues: order in groups, deduplication, attempts, dead letters; boto3 under virtual time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pelton.storage.trimming import trim_step
from pelton.testing import LocalPelton
from tests.queues.test_sending_and_receiving import bodies, refused

ARN = "arn:aws:sqs:us-east-1:000000000000"


def make(sqs: Any, name: str = "line", **attributes: str) -> str:
    url: str = sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", **attributes})["QueueUrl"]
    return url


@pytest.fixture
def line(sqs: Any) -> str:
    """A FIFO queue that deduplicates by content."""
    return make(sqs, ContentBasedDeduplication="true")


def send(sqs: Any, url: str, *sent: str, **members: Any) -> list[Any]:
    """Send bodies such as ``a1``, whose first letter is their group."""
    return [sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0], **members) for body in sent]


def receive(sqs: Any, url: str, limit: int = 10, **wishes: Any) -> list[Any]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=limit, AttributeNames=["All"], **wishes)
    found: list[Any] = answer.get("Messages", [])
    return found


def delete(sqs: Any, url: str, *messages: Any) -> None:
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_a_group_comes_in_order_and_as_much_of_it_as_fits(sqs: Any, line: str) -> None:
    send(sqs, line, "a1", "b1", "a2", "b2", "a3")

    assert bodies(sqs, line, MaxNumberOfMessages=4) == ["a1", "a2", "a3", "b1"]


def test_a_group_in_flight_holds_back_its_later_messages_and_no_others(sqs: Any, line: str) -> None:
    send(sqs, line, "a1", "a2", "b1")
    (first,) = receive(sqs, line, 1)

    assert bodies(sqs, line) == ["b1"]
    assert bodies(sqs, line) == []
    delete(sqs, line, first)
    assert bodies(sqs, line) == ["a2"]


def test_a_message_that_was_not_deleted_comes_again_before_its_followers(
    pelton: LocalPelton, sqs: Any, line: str
) -> None:
    send(sqs, line, "a1", "a2", "a3")
    second = receive(sqs, line, 2)[1]
    delete(sqs, line, second)

    assert bodies(sqs, line) == []
    pelton.advance(30)

    assert bodies(sqs, line) == ["a1", "a3"]


def test_the_last_message_in_flight_holds_back_those_before_it_too(pelton: LocalPelton, sqs: Any, line: str) -> None:
    send(sqs, line, "a1", "a2")
    second = receive(sqs, line, 2)[1]
    sqs.change_message_visibility(QueueUrl=line, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=100)

    pelton.advance(30)
    assert bodies(sqs, line) == []
    pelton.advance(70)

    assert bodies(sqs, line) == ["a1", "a2"]


def test_a_visibility_that_ends_frees_the_group(sqs: Any, line: str) -> None:
    send(sqs, line, "a1", "a2")
    (first,) = receive(sqs, line, 1)

    sqs.change_message_visibility(QueueUrl=line, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)

    assert bodies(sqs, line) == ["a1", "a2"]


def test_a_delayed_message_holds_up_those_behind_it(pelton: LocalPelton, sqs: Any) -> None:
    url = make(sqs, DelaySeconds="10", ContentBasedDeduplication="true")
    send(sqs, url, "a1")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0"})
    send(sqs, url, "a2", "b1")

    assert bodies(sqs, url) == ["b1"]
    pelton.advance(10)

    assert bodies(sqs, url) == ["a1", "a2"]


def test_sequence_numbers_rise_and_attributes_are_shown(sqs: Any, line: str) -> None:
    first, second = send(sqs, line, "a1", "a2")

    message = receive(sqs, line, 1)[0]

    assert int(first["SequenceNumber"]) < int(second["SequenceNumber"])
    assert len(first["SequenceNumber"]) == 20
    shown = message["Attributes"]
    assert shown["SequenceNumber"] == first["SequenceNumber"]
    assert shown["MessageGroupId"] == "a"
    assert shown["MessageDeduplicationId"] == hashlib.sha256(b"a1").hexdigest()


def test_the_same_content_within_five_minutes_is_sent_once(pelton: LocalPelton, sqs: Any, line: str) -> None:
    (first,) = send(sqs, line, "a1")
    delete(sqs, line, *receive(sqs, line))
    pelton.advance(299)

    (again,) = send(sqs, line, "a1")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    assert bodies(sqs, line) == []
    pelton.advance(1)
    send(sqs, line, "a1")

    assert bodies(sqs, line) == ["a1"]


def test_an_id_counts_whatever_the_content(sqs: Any) -> None:
    url = make(sqs)
    send(sqs, url, "a1", MessageDeduplicationId="one")
    (again,) = send(sqs, url, "b1", MessageDeduplicationId="one")
    send(sqs, url, "a2", MessageDeduplicationId="two")

    assert bodies(sqs, url) == ["a1", "a2"]
    assert again["MD5OfMessageBody"] == hashlib.md5(b"b1").hexdigest()


def test_deduplication_can_count_in_each_group_alone(sqs: Any) -> None:
    url = make(sqs, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    send(sqs, url, "a1", "b1", "a2", MessageDeduplicationId="one")

    assert bodies(sqs, url) == ["a1", "b1"]


def test_deduplication_outlives_a_restart(tmp_path: Path) -> None:
    with LocalPelton(data_dir=tmp_path / "data") as first:
        url = make(first.client("sqs"), ContentBasedDeduplication="true")
        (sent,) = send(first.client("sqs"), url, "a1")

    with LocalPelton(data_dir=tmp_path / "data") as second:
        (again,) = send(second.client("sqs"), url, "a1")
        assert again["MessageId"] == sent["MessageId"]
        assert bodies(second.client("sqs"), url) == ["a1"]


def test_a_batch_deduplicates_within_itself(sqs: Any, line: str) -> None:
    entry = {"MessageBody": "a1", "MessageGroupId": "a"}

    answer = sqs.send_message_batch(QueueUrl=line, Entries=[{**entry, "Id": "1"}, {**entry, "Id": "2"}])

    one, two = answer["Successful"]
    assert one["MessageId"] == two["MessageId"]
    assert one["SequenceNumber"] == two["SequenceNumber"]
    assert bodies(sqs, line) == ["a1"]


def test_a_repeated_attempt_gets_the_same_messages_and_hides_them_anew(
    pelton: LocalPelton, sqs: Any, line: str
) -> None:
    send(sqs, line, "a1", "b1")
    first = receive(sqs, line, ReceiveRequestAttemptId="try")
    pelton.advance(20)

    again = receive(sqs, line, ReceiveRequestAttemptId="try")
    pelton.advance(20)

    assert again == first
    assert bodies(sqs, line) == []
    pelton.advance(10)
    assert bodies(sqs, line) == ["a1", "b1"]


def test_an_attempt_is_a_new_one_when_its_messages_were_changed(sqs: Any, line: str) -> None:
    send(sqs, line, "a1", "a2")
    (first,) = receive(sqs, line, 1, ReceiveRequestAttemptId="try")
    delete(sqs, line, first)

    (second,) = receive(sqs, line, 1, ReceiveRequestAttemptId="try")

    assert second["Body"] == "a2"


def test_a_waiting_receiver_hears_that_its_group_goes_on(pelton: LocalPelton, sqs: Any, line: str) -> None:
    send(sqs, line, "a1", "a2")
    sqs.receive_message(QueueUrl=line, VisibilityTimeout=7)
    began = pelton.clock.now_ms()

    assert bodies(sqs, line, WaitTimeSeconds=20) == ["a1", "a2"]
    assert pelton.clock.now_ms() - began == 7000


def test_an_expired_receipt_deletes_nothing(pelton: LocalPelton, sqs: Any, line: str) -> None:
    send(sqs, line, "a1")
    (message,) = receive(sqs, line)
    pelton.advance(30)

    code, text = refused(sqs.delete_message, QueueUrl=line, ReceiptHandle=message["ReceiptHandle"])

    assert code == "InvalidParameterValue"
    assert text.endswith("Reason: The receipt handle has expired.")
    assert bodies(sqs, line) == ["a1"]


def test_dead_letters_keep_their_group_and_order_and_free_what_follows(sqs: Any) -> None:
    dead = make(sqs, "dead")
    policy = json.dumps({"deadLetterTargetArn": f"{ARN}:dead.fifo", "maxReceiveCount": 1})
    url = make(sqs, "work", ContentBasedDeduplication="true", RedrivePolicy=policy)
    sent = send(sqs, url, "a1", "a2", "a3")
    bodies(sqs, url, MaxNumberOfMessages=2, VisibilityTimeout=0)

    assert bodies(sqs, url) == ["a3"]
    first, second = receive(sqs, dead)

    assert [first["Body"], second["Body"]] == ["a1", "a2"]
    assert first["MessageId"] == sent[0]["MessageId"] == first["Attributes"]["MessageDeduplicationId"]
    assert first["Attributes"]["DeadLetterQueueSourceArn"] == f"{ARN}:work.fifo"
    assert int(sent[2]["SequenceNumber"]) < int(first["Attributes"]["SequenceNumber"])


def test_a_dead_letter_queue_is_of_the_same_type(sqs: Any) -> None:
    make(sqs, "dead")
    policy = json.dumps({"deadLetterTargetArn": f"{ARN}:dead.fifo", "maxReceiveCount": 1})

    code, text = refused(sqs.create_queue, QueueName="plain", Attributes={"RedrivePolicy": policy})

    assert code == "InvalidParameterValue"
    assert text.endswith("Reason: Dead-letter queue must be same type of queue as the source.")


def test_trimming_forgets_groups_ids_and_attempts(pelton: LocalPelton, sqs: Any) -> None:
    url = make(sqs, ContentBasedDeduplication="true", MessageRetentionPeriod="60")
    send(sqs, url, "a1", "b1")
    receive(sqs, url, ReceiveRequestAttemptId="try")
    sqs.purge_queue(QueueUrl=url)
    send(sqs, url, "c1")
    pelton.clock.advance(600)
    storage = pelton.core.storage

    storage.submit(lambda transaction: trim_step(transaction, pelton.clock.now_ms(), 1000), lambda _: None)

    with storage.snapshot() as snapshot:
        for rows in ("messages", "message_groups", "deduplications", "receive_attempts"):
            assert snapshot.select(f"SELECT count(*) FROM {rows}")[0][0] == 0, rows


def test_attributes_of_fifo_queues_are_told(sqs: Any, line: str) -> None:
    told = sqs.get_queue_attributes(QueueUrl=line, AttributeNames=["All"])["Attributes"]

    assert {name: told[name] for name in told if "Fifo" in name or "Dedup" in name} == {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "true",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
    }


def test_the_type_of_a_queue_stays(sqs: Any, url: str, line: str) -> None:
    found = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "true"})

    assert found[0] == "InvalidAttributeValue"
    assert found[1].endswith("Reason: Modifying queue type is not supported.")
    sqs.set_queue_attributes(QueueUrl=line, Attributes={"FifoQueue": "true"})


def test_groups_have_a_throughput_of_their_own_only_with_ids_of_their_own(sqs: Any, line: str) -> None:
    found = refused(sqs.set_queue_attributes, QueueUrl=line, Attributes={"FifoThroughputLimit": "perMessageGroupId"})

    assert found[0] == "InvalidAttributeValue"
    assert "allowed only when the value for DeduplicationScope is messageGroup" in found[1]


@pytest.mark.parametrize("name", ["line", "a b.fifo", "x" * 76 + ".fifo", ".fifo"])
def test_a_fifo_queue_of_another_name_is_refused(standing: Any, name: str) -> None:
    code, text = refused(standing.create_queue, QueueName=name, Attributes={"FifoQueue": "true"})

    assert code == "InvalidParameterValue"
    assert "must end with .fifo suffix and be 1 to 80 in length." in text


def test_a_standard_queue_has_no_dot_in_its_name(standing: Any) -> None:
    assert "Can only include alphanumeric" in refused(standing.create_queue, QueueName="a.fifo")[1]


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        ({}, "MissingParameter", "The request must contain the parameter MessageGroupId."),
        ({"MessageGroupId": "g"}, "InvalidParameterValue", "ContentBasedDeduplication enabled or MessageDeduplic"),
        ({"MessageGroupId": "a b", "MessageDeduplicationId": "1"}, "InvalidParameterValue", "MessageGroupId can only"),
        ({"MessageGroupId": "g", "MessageDeduplicationId": ""}, "InvalidParameterValue", "MessageDeduplicationId can"),
        (
            {"MessageGroupId": "g", "MessageDeduplicationId": "1", "DelaySeconds": 1},
            "InvalidParameterValue",
            "Value 1 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid",
        ),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused(sqs: Any, members: dict[str, Any], code: str, text: str) -> None:
    url = make(sqs)

    found = refused(sqs.send_message, QueueUrl=url, MessageBody="x", **members)

    assert found[0] == code
    assert text in found[1]
    assert bodies(sqs, url) == []


def test_an_attempt_id_is_for_fifo_queues(sqs: Any, url: str) -> None:
    found = refused(sqs.receive_message, QueueUrl=url, ReceiveRequestAttemptId="try")

    assert found[0] == "InvalidParameterValue"
    assert "Value try for parameter ReceiveRequestAttemptId is invalid." in found[1]
