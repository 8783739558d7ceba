"""A queue beside a list: sends, receives, deletes, purges and passing time, in any order, under virtual time."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pelton.testing import LocalPelton

RETENTION_S = 300


@dataclass
class Sent:
    """What the model knows of a message."""

    body: str
    sent_s: float
    visible_s: float
    received: int = 0
    receipt: str | None = None


class QueueMachine(RuleBasedStateMachine):
    """Every message is received no earlier than it may be, again until it is deleted, and never afterwards."""

    @initialize()
    def begin(self) -> None:
        self.pelton = LocalPelton()
        self.pelton.__enter__()
        self.sqs = self.pelton.client("sqs")
        attributes = {"MessageRetentionPeriod": str(RETENTION_S)}
        self.url = self.sqs.create_queue(QueueName="model", Attributes=attributes)["QueueUrl"]
        self.messages: dict[str, Sent] = {}
        self.old_receipts: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "pelton"):
            self.pelton.__exit__(None, None, None)

    @property
    def now_s(self) -> float:
        return self.pelton.clock.now_ms() / 1000

    def visible(self) -> dict[str, Sent]:
        return {key: each for key, each in self.messages.items() if each.visible_s <= self.now_s}

    @rule(delay_s=st.sampled_from([0, 0, 5, 100]))
    def send(self, delay_s: int) -> None:
        body = f"message {len(self.messages)}"
        sent = self.sqs.send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=delay_s)
        self.messages[sent["MessageId"]] = Sent(body, self.now_s, self.now_s + delay_s)

    @rule(limit=st.integers(1, 10), hidden_s=st.sampled_from([0, 1, 30, 400]))
    def receive(self, limit: int, hidden_s: int) -> None:
        expected = min(limit, len(self.visible()))
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=limit,
            VisibilityTimeout=hidden_s,
            AttributeNames=["ApproximateReceiveCount"],
        )
        received = answer.get("Messages", [])
        assert len(received) == expected
        assert len({message["MessageId"] for message in received}) == expected
        for message in received:
            known = self.visible()[message["MessageId"]]
            if known.receipt is not None:
                self.old_receipts.append(known.receipt)
            known.received += 1
            known.receipt = message["ReceiptHandle"]
            known.visible_s = self.now_s + hidden_s
            assert message["Body"] == known.body
            assert message["Attributes"] == {"ApproximateReceiveCount": str(known.received)}

    @precondition(lambda self: any(each.receipt for each in self.messages.values()))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from([key for key, each in self.messages.items() if each.receipt]))
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=self.messages.pop(key).receipt)

    @precondition(lambda self: self.old_receipts)
    @rule(data=st.data())
    def delete_with_an_old_receipt(self, data: st.DataObject) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=data.draw(st.sampled_from(self.old_receipts)))

    @precondition(lambda self: any(each.receipt and each.visible_s > self.now_s for each in self.messages.values()))
    @rule(data=st.data(), seconds=st.sampled_from([0, 10, 200]))
    def change_visibility(self, data: st.DataObject, seconds: int) -> None:
        in_flight = [key for key, each in self.messages.items() if each.receipt and each.visible_s > self.now_s]
        known = self.messages[data.draw(st.sampled_from(in_flight))]
        self.sqs.change_message_visibility(QueueUrl=self.url, ReceiptHandle=known.receipt, VisibilityTimeout=seconds)
        known.visible_s = self.now_s + seconds

    @rule()
    def purge(self) -> None:
        self.sqs.purge_queue(QueueUrl=self.url)
        self.messages.clear()

    @rule(seconds=st.sampled_from([1, 5, 30, 120]))
    def wait(self, seconds: int) -> None:
        self.pelton.advance(seconds)
        self.messages = {key: each for key, each in self.messages.items() if each.sent_s + RETENTION_S > self.now_s}

    @invariant()
    def the_counts_agree(self) -> None:
        if not hasattr(self, "url"):
            return
        told = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        hidden = [each for each in self.messages.values() if each.visible_s > self.now_s]
        assert int(told["ApproximateNumberOfMessages"]) == len(self.visible())
        assert int(told["ApproximateNumberOfMessagesNotVisible"]) == sum(each.receipt is not None for each in hidden)
        assert int(told["ApproximateNumberOfMessagesDelayed"]) == sum(each.receipt is None for each in hidden)


TestQueueModel = QueueMachine.TestCase
TestQueueModel.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
