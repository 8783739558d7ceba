"""A FIFO queue with dead letters beside lists: sends, receives, deletes and passing time, in any order."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pelton.testing import LocalPelton

ARN = "arn:aws:sqs:us-east-1:000000000000"
RECEIVES_MAX = 3
GROUPS = ("a", "b")


@dataclass
class Sent:
    """What the model knows of a message."""

    body: str
    visible_s: float
    received: int = 0
    receipt: str | None = None


class FifoMachine(RuleBasedStateMachine):
    """Each group is a list: its head alone, and what follows it, can be received, and only when none is in flight."""

    @initialize()
    def begin(self) -> None:
        self.pelton = LocalPelton()
        self.pelton.__enter__()
        self.sqs = self.pelton.client("sqs")
        fifo = {"FifoQueue": "true"}
        self.dead_url = self.sqs.create_queue(QueueName="dead.fifo", Attributes=fifo)["QueueUrl"]
        policy = {"deadLetterTargetArn": f"{ARN}:dead.fifo", "maxReceiveCount": RECEIVES_MAX}
        attributes = {**fifo, "RedrivePolicy": json.dumps(policy)}
        self.url = self.sqs.create_queue(QueueName="model.fifo", Attributes=attributes)["QueueUrl"]
        self.groups: dict[str, list[Sent]] = {group: [] for group in GROUPS}
        self.dead: dict[str, list[str]] = {group: [] for group in GROUPS}
        self.remembered: dict[str, tuple[float, str]] = {}
        self.sent = 0

    def teardown(self) -> None:
        if hasattr(self, "pelton"):
            try:
                self.check_dead_letters()
            finally:
                self.pelton.__exit__(None, None, None)

    @property
    def now_s(self) -> float:
        return self.pelton.clock.now_ms() / 1000

    def in_flight(self) -> list[tuple[str, Sent]]:
        return [
            (group, each)
            for group in GROUPS
            for each in self.groups[group]
            if each.receipt and each.visible_s > self.now_s
        ]

    def free(self, group: str) -> list[Sent]:
        """What can be received of a group."""
        return [] if any(each.visible_s > self.now_s for each in self.groups[group]) else self.groups[group]

    @rule(group=st.sampled_from(GROUPS), dedup_id=st.sampled_from([str(number) for number in range(8)]))
    def send(self, group: str, dedup_id: str) -> None:
        self.sent += 1
        answer = self.sqs.send_message(
            QueueUrl=self.url,
            MessageBody=f"{group}{self.sent}",
            MessageGroupId=group,
            MessageDeduplicationId=dedup_id,
        )
        until_s, message_id = self.remembered.get(dedup_id, (0.0, ""))
        if until_s > self.now_s:
            assert answer["MessageId"] == message_id
            return
        self.remembered[dedup_id] = (self.now_s + 300, answer["MessageId"])
        self.groups[group].append(Sent(f"{group}{self.sent}", self.now_s))

    @rule(limit=st.integers(1, 10), hidden_s=st.sampled_from([0, 30, 30, 400]))
    def receive(self, limit: int, hidden_s: int) -> None:
        self.bury()
        expected = min(limit, sum(len(self.free(group)) for group in GROUPS))
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=limit,
            VisibilityTimeout=hidden_s,
            AttributeNames=["ApproximateReceiveCount"],
        )
        received = answer.get("Messages", [])
        assert len(received) == expected
        taken: dict[str, list[str]] = {}
        for message in received:
            taken.setdefault(message["Body"][0], []).append(message["Body"])
        for group, bodies in taken.items():
            assert bodies == [each.body for each in self.free(group)][: len(bodies)]
        for message in received:
            known = next(each for each in self.groups[message["Body"][0]] if each.body == message["Body"])
            known.received += 1
            known.receipt = message["ReceiptHandle"]
            known.visible_s = self.now_s + hidden_s
            assert message["Attributes"] == {"ApproximateReceiveCount": str(known.received)}

    def bury(self) -> None:
        """What a receive finds at the head of a free group, and was received too often, goes to the dead letters."""
        for group in GROUPS:
            for each in list(self.free(group)):
                if each.received >= RECEIVES_MAX:
                    self.groups[group].remove(each)
                    self.dead[group].append(each.body)

    @precondition(lambda self: self.in_flight())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.in_flight()) - 1))
        group, known = self.in_flight()[index]
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=known.receipt)
        self.groups[group].remove(known)

    @precondition(lambda self: self.in_flight())
    @rule(data=st.data(), seconds=st.sampled_from([0, 10, 200, 200]))
    def change_visibility(self, data: st.DataObject, seconds: int) -> None:
        index = data.draw(st.integers(0, len(self.in_flight()) - 1))
        _, known = self.in_flight()[index]
        self.sqs.change_message_visibility(QueueUrl=self.url, ReceiptHandle=known.receipt, VisibilityTimeout=seconds)
        known.visible_s = self.now_s + seconds

    @precondition(lambda self: self.in_flight())
    @rule()
    def outlast(self) -> None:
        """The newest message in flight stays hidden while those before it show again."""
        _, known = self.in_flight()[-1]
        self.sqs.change_message_visibility(QueueUrl=self.url, ReceiptHandle=known.receipt, VisibilityTimeout=200)
        known.visible_s = self.now_s + 200
        self.pelton.advance(30)

    @rule(seconds=st.sampled_from([5, 30, 30, 300]))
    def wait(self, seconds: int) -> None:
        self.pelton.advance(seconds)

    @invariant()
    def nothing_is_lost(self) -> None:
        if not hasattr(self, "url"):
            return
        counts = []
        for url in (self.url, self.dead_url):
            told = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            counts.append(int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"]))
        alive, dead = (sum(map(len, lists.values())) for lists in (self.groups, self.dead))
        assert sum(counts) == alive + dead
        assert counts[1] <= dead + sum(each.received >= RECEIVES_MAX for g in GROUPS for each in self.groups[g])

    def check_dead_letters(self) -> None:
        """The dead letters of each group stand in the order in which they died."""
        answer = self.sqs.receive_message(QueueUrl=self.dead_url, MaxNumberOfMessages=10)
        for group in GROUPS:
            found = [message["Body"] for message in answer.get("Messages", []) if message["Body"][0] == group]
            assert found == self.dead[group][: len(found)]


TestFifoModel = FifoMachine.TestCase
TestFifoModel.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
