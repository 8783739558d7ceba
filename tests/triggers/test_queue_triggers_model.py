"""A FIFO queue's function beside lists: whatever fails and however time passes, groups keep their order."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pelton.testing import LocalPelton
from tests.triggers.queue_project import ARN, PROJECT, bind, left, make_queue

#: A body is its group, its number, and how many of its first receives fail.
HANDLERS = '''
import pathlib

def work(event, context):
    """Stop a group at its first failure, as a function of a FIFO queue should; a ``!`` fails the whole batch."""
    failed, stopped = [], set()
    for record in event["Records"]:
        group, number, fails = record["body"].rstrip("!").split(".")
        received = int(record["attributes"]["ApproximateReceiveCount"])
        if group in stopped or received <= int(fails):
            stopped.add(group)
            failed.append({"itemIdentifier": record["messageId"]})
            if record["body"].endswith("!"):
                raise ValueError("poison")
        else:
            with (pathlib.Path(__file__).parent / "done").open("a") as file:
                file.write(f"{group}.{number}\\n")
    return {"batchItemFailures": failed}
'''
RECEIVES_MAX = 4
GROUPS = ("a", "b", "c")


class QueueTriggerMachine(RuleBasedStateMachine):
    """What was sent is done or dead in the end, once or the other; first times are in the order of the group."""

    @initialize(batch_size=st.sampled_from([1, 3, 10]))
    def begin(self, batch_size: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.place = Path(self.folder.name)
        (self.place / "serverless.yml").write_text(PROJECT)
        (self.place / "handlers.py").write_text(HANDLERS)
        self.sent: list[str] = []
        self.lives = 0
        self.open()
        fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        make_queue(self.pelton, "dead.fifo", **fifo)
        policy = json.dumps({"deadLetterTargetArn": f"{ARN}:dead.fifo", "maxReceiveCount": RECEIVES_MAX})
        make_queue(self.pelton, "line.fifo", **fifo, RedrivePolicy=policy)
        bind(self.pelton, "line.fifo", BatchSize=batch_size, FunctionResponseTypes=["ReportBatchItemFailures"])

    def open(self, now_ms: int | None = None) -> None:
        started = {} if now_ms is None else {"now_ms": now_ms}
        self.lives += 1  # The same seed twice would give the same ids twice, which no start of a server does.
        self.pelton = LocalPelton(self.place, data_dir=self.place / "data", seed=self.lives, **started)
        self.pelton.__enter__()

    @rule(group=st.sampled_from(GROUPS), fails=st.sampled_from([0, 0, 0, 1, 2, 99]), is_poison=st.booleans())
    def send(self, group: str, fails: int, is_poison: bool) -> None:
        name = f"{group}.{len(self.sent)}"
        self.sent.append(name)
        body = f"{name}.{fails}{'!' if is_poison else ''}"
        self.pelton.client("sqs").send_message(QueueUrl="line.fifo", MessageBody=body, MessageGroupId=group)

    @rule(seconds=st.sampled_from([0, 1, 10, 29, 30, 31]))
    def wait(self, seconds: int) -> None:
        self.pelton.advance(seconds)

    @rule()
    def restart(self) -> None:
        now_ms = self.pelton.clock.now_ms()
        self.pelton.__exit__(None, None, None)
        self.open(now_ms)

    def teardown(self) -> None:
        if not hasattr(self, "pelton"):
            return
        try:
            self.pelton.settle()
            self.check()
        finally:
            self.pelton.__exit__(None, None, None)
            self.folder.cleanup()

    def check(self) -> None:
        file = self.place / "done"
        done = file.read_text().split() if file.exists() else []
        dead = self.dead_letters()
        assert left(self.pelton, "line.fifo") == 0
        assert {*done, *dead} == {*self.sent}
        for group in GROUPS:
            of_group = [name for name in self.sent if name.startswith(group)]
            for names in (list(dict.fromkeys(done)), dead):
                found = [name for name in names if name.startswith(group)]
                assert found == [name for name in of_group if name in names]

    def dead_letters(self) -> list[str]:
        found: list[str] = []
        sqs = self.pelton.client("sqs")
        wish = {"QueueUrl": "dead.fifo", "MaxNumberOfMessages": 10, "VisibilityTimeout": 600}
        while page := sqs.receive_message(**wish).get("Messages", []):
            found += [message["Body"].rsplit(".", 1)[0] for message in page]
            for message in page:
                sqs.delete_message(QueueUrl="dead.fifo", ReceiptHandle=message["ReceiptHandle"])
        return found


TestQueueTriggersModel = QueueTriggerMachine.TestCase
TestQueueTriggersModel.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
