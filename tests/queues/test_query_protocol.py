"""SQS over the query protocol: a client of before November 2023, and requests written by hand.

The old client is botocore's own, given the service model of botocore 1.31.80 (Apache License 2.0, without its texts).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import boto3
import botocore.session
import pytest
from botocore.config import Config

from pelton.server import HttpRequest, HttpResponse
from pelton.testing import LocalPelton
from pelton.testing.wire import ENDPOINT
from tests.queues.test_sending_and_receiving import bodies, refused

MODELS = Path(__file__).parent / "before_json"
SCOPE = b"Credential=a/20260101/us-east-1/sqs/aws4_request"
HEADERS = {
    b"host": b"pelton.localhost",
    b"content-type": b"application/x-www-form-urlencoded; charset=utf-8",
    b"authorization": b"AWS4-HMAC-SHA256 " + SCOPE + b", SignedHeaders=host, Signature=x",
    b"x-amz-date": b"20260101T000000Z",
}
QUEUE = "/000000000000/orders"


@pytest.fixture
def old(pelton: LocalPelton) -> Any:
    """A client that speaks the query protocol."""
    core = botocore.session.Session(profile=None)
    core.get_component("data_loader").search_paths.insert(0, str(MODELS))
    session = boto3.Session("pelton", "pelton", region_name="us-east-1", botocore_session=core)
    session.events.register("before-send", pelton._clients.answer)
    client = session.client("sqs", endpoint_url=ENDPOINT, config=Config(retries={"total_max_attempts": 1}))
    assert client.meta.service_model.metadata["protocol"] == "query"
    return client


def asked(pelton: LocalPelton, path: str, method: str = "POST", **parameters: object) -> HttpResponse:
    """The answer to a form."""
    text = urlencode(parameters).encode()
    answers: list[HttpResponse] = []
    query, body = (text, b"") if method == "GET" else (b"", text)
    pelton._dispatcher.dispatch(HttpRequest(method.encode(), path.encode(), query, HEADERS, body), answers.append)
    (answer,) = answers
    return answer


def error_of(answer: HttpResponse) -> tuple[int, str, str]:
    root = ElementTree.fromstring(answer.body)
    space = {"q": "http://queue.amazonaws.com/doc/2012-11-05/"}
    assert root.tag.endswith("}ErrorResponse")
    assert root.findtext("q:Error/q:Type", namespaces=space) == "Sender"
    code = root.findtext("q:Error/q:Code", namespaces=space)
    return answer.status, code or "", root.findtext("q:Error/q:Message", namespaces=space) or ""


def test_an_old_client_sends_receives_and_deletes(old: Any) -> None:
    url = old.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "60"}, tags={"team": "a"})["QueueUrl"]
    attributes = {
        "kind": {"DataType": "String", "StringValue": "paid"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    body = '<grüße> & "so"\r\n\tweiter'
    sent = old.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)

    wanted = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
    (message,) = old.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **wanted)["Messages"]
    old.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=5)
    old.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    assert message["Body"] == body
    assert message["MessageId"] == sent["MessageId"]
    assert message["MessageAttributes"] == attributes
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert old.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "a"}
    told = old.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (told["VisibilityTimeout"], told["ApproximateNumberOfMessages"]) == ("60", "0")


def test_an_old_client_sends_and_deletes_batches(old: Any) -> None:
    url = old.create_queue(QueueName="orders")["QueueUrl"]
    entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(10)]
    answer = old.send_message_batch(QueueUrl=url, Entries=[*entries[:9], {**entries[9], "DelaySeconds": 901}])
    messages = old.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    handles = [{"Id": each["Body"], "ReceiptHandle": each["ReceiptHandle"]} for each in messages]

    hidden = old.change_message_visibility_batch(
        QueueUrl=url, Entries=[{**handle, "VisibilityTimeout": 9} for handle in handles]
    )
    deleted = old.delete_message_batch(QueueUrl=url, Entries=handles)

    assert [entry["Id"] for entry in answer["Successful"]] == [str(number) for number in range(9)]
    assert [(entry["Id"], entry["SenderFault"], entry["Code"]) for entry in answer["Failed"]] == [
        ("9", True, "InvalidParameterValue")
    ]
    assert len(hidden["Successful"]) == len(deleted["Successful"]) == 9


def test_an_old_client_lists_tags_purges_and_deletes_queues(old: Any, sqs: Any) -> None:
    urls = [old.create_queue(QueueName=f"a{number}")["QueueUrl"] for number in range(3)]
    old.tag_queue(QueueUrl=urls[0], Tags={"stage": "dev"})
    old.untag_queue(QueueUrl=urls[0], TagKeys=["team"])
    old.set_queue_attributes(QueueUrl=urls[0], Attributes={"DelaySeconds": "1"})
    old.purge_queue(QueueUrl=urls[0])

    listed = old.list_queues(QueueNamePrefix="a", MaxResults=2)
    old.delete_queue(QueueUrl=urls[2])

    assert listed["QueueUrls"] == urls[:2]
    assert sqs.list_queue_tags(QueueUrl=urls[0])["Tags"] == {"stage": "dev"}
    assert old.get_queue_url(QueueName="a1")["QueueUrl"] == urls[1]
    assert sqs.list_queues()["QueueUrls"] == urls[:2]


def test_an_old_client_uses_fifo_queues(old: Any) -> None:
    url = old.create_queue(QueueName="a.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    sent = old.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="1")

    (message,) = old.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]

    assert message["Attributes"]["SequenceNumber"] == sent["SequenceNumber"]


def test_an_old_client_hears_of_errors_by_their_older_codes(old: Any) -> None:
    missing = refused(old.send_message, QueueUrl=f"{ENDPOINT}/000000000000/none", MessageBody="x")
    url = old.create_queue(QueueName="orders")["QueueUrl"]

    assert missing == (
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist for this wsdl version.",
    )
    assert refused(old.delete_message, QueueUrl=url, ReceiptHandle="junk")[0] == "ReceiptHandleIsInvalid"
    assert refused(old.receive_message, QueueUrl=url, WaitTimeSeconds=21)[0] == "InvalidParameterValue"
    assert refused(old.create_queue, QueueName="orders", Attributes={"DelaySeconds": "9"})[0] == "QueueAlreadyExists"


def test_a_form_names_its_queue_by_the_path(pelton: LocalPelton, sqs: Any, url: str) -> None:
    answer = asked(pelton, QUEUE, Action="SendMessage", Version="2012-11-05", MessageBody="a<b")

    assert answer.status == 200
    assert dict(answer.headers)[b"Content-Type"] == b"text/xml"
    text = answer.body.decode()
    assert text.startswith(
        '<?xml version="1.0"?><SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
        "<SendMessageResult><MessageId>"
    )
    assert "</SendMessageResult><ResponseMetadata><RequestId>" in text
    assert bodies(sqs, url) == ["a<b"]


def test_a_queue_can_be_asked_with_get(pelton: LocalPelton, url: str) -> None:
    answer = asked(pelton, QUEUE, "GET", Action="GetQueueAttributes", AttributeName="VisibilityTimeout")

    assert "<Attribute><Name>VisibilityTimeout</Name><Value>30</Value></Attribute>" in answer.body.decode()


def test_names_without_numbers_are_read_as_the_only_one(pelton: LocalPelton, sqs: Any, url: str) -> None:
    form = {"Attribute.Name": "VisibilityTimeout", "Attribute.Value": "7"}
    asked(pelton, QUEUE, Action="SetQueueAttributes", **form)

    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]

    assert told == {"VisibilityTimeout": "7"}


def test_an_answer_without_members_has_no_result_element(pelton: LocalPelton, url: str) -> None:
    text = asked(pelton, QUEUE, Action="PurgeQueue").body.decode()

    assert "Result>" not in text
    assert text.endswith("</RequestId></ResponseMetadata></PurgeQueueResponse>")


@pytest.mark.parametrize(
    ("path", "form", "code", "text"),
    [
        (QUEUE, {"Action": "Fly"}, "InvalidAction", "The action Fly is not valid for this endpoint."),
        (QUEUE, {}, "InvalidAction", "The action  is not valid for this endpoint."),
        (QUEUE, {"Action": "SendMessage"}, "MissingParameter", "must contain the parameter MessageBody."),
        ("/", {"Action": "SendMessage", "MessageBody": "x"}, "MissingParameter", "the parameter QueueUrl."),
        (QUEUE, {"Action": "ReceiveMessage", "WaitTimeSeconds": "soon"}, "InvalidParameterValue", "Value soon for"),
        ("/0/none", {"Action": "PurgeQueue"}, "AWS.SimpleQueueService.NonExistentQueue", "does not exist"),
        (QUEUE, {"Action": "SendMessage", "MessageBody": "x", "MessageAttribute.1": "x"}, "InvalidParam", "user"),
        (QUEUE, {"Action": "SendMessageBatch"}, "AWS.SimpleQueueService.EmptyBatchRequest", "at least one"),
    ],
)
def test_a_form_that_breaks_a_rule_is_refused(
    pelton: LocalPelton, url: str, path: str, form: dict[str, str], code: str, text: str
) -> None:
    status, found, message = error_of(asked(pelton, path, **form))

    assert (status, found.startswith(code)) == (400, True)
    assert text in message


def test_what_a_web_page_could_have_fetched_is_refused(pelton: LocalPelton, sqs: Any, url: str) -> None:
    answers: list[HttpResponse] = []
    request = HttpRequest(
        b"GET", QUEUE.encode(), b"Action=SendMessage&MessageBody=x", {b"host": b"pelton.localhost"}, b""
    )
    pelton._dispatcher.dispatch(request, answers.append)

    assert error_of(answers[0])[:2] == (403, "MissingAuthenticationToken")
    assert bodies(sqs, url) == []


@pytest.mark.parametrize("form", [b"\xff\xfe", b"%ff=%ff", b"&".join([b"a=1"] * 10_001)])
def test_a_form_that_is_none_is_refused(pelton: LocalPelton, form: bytes) -> None:
    answers: list[HttpResponse] = []
    pelton._dispatcher.dispatch(HttpRequest(b"POST", b"/", b"", HEADERS, form), answers.append)

    assert error_of(answers[0])[:2] == (400, "Serialization")
