"""Topics and buckets as destinations of events: told before the event is over, and again until they take it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from pelton.functions.asynchronous.destinations import DestinationFailed
from pelton.functions.asynchronous.engine import AsyncInvocations
from pelton.functions.asynchronous.records import DeadLetter
from pelton.functions.attached import Attached, Attachment
from pelton.queues import Queues
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.testing.clock import ManualClock
from pelton.triggers.destinations import Destinations
from pelton.triggers.elsewhere import NotTaken
from pelton.triggers.event_destinations import RecordDestinations
from tests.functions.conftest import Workshop

TOPIC = "arn:aws:sns:us-east-1:000000000000:failed"
BUCKET = "arn:aws:s3:::failed"
FAILING = "def handler(event, context): raise ValueError('poison')"


class Taking:
    """Destinations that take nothing at first; ``told`` is what they took."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.told: list[tuple[str, DeadLetter, str]] = []

    def check(self, snapshot: Snapshot, arn: str) -> None:
        pass

    async def check_elsewhere(self, arn: str) -> None:
        pass

    def is_elsewhere(self, arn: str) -> bool:
        return True

    async def tell(self, arn: str, message: DeadLetter, function: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise DestinationFailed("not now")
        self.told.append((arn, message, function))

    def prepare(
        self, transaction: WriteTransaction, arn: str, message: DeadLetter, trace: str | None
    ) -> Callable[[], None]:
        raise AssertionError("it is elsewhere")

    def sent(self, arn: str) -> None:
        raise AssertionError("it is elsewhere")


async def done(events: AsyncInvocations, clock: ManualClock) -> None:
    """Move time from timer to timer until every event is over."""
    while events.outstanding(events.newest()):
        for _ in range(20):
            await asyncio.sleep(0)
        if (due := clock.next_due()) is not None:
            clock.advance(due)


@pytest.mark.parametrize("refusals", [0, 3])
def test_a_topic_and_a_bucket_are_told_until_they_take_it(workshop: Workshop, tmp_path: Path, refusals: int) -> None:
    destinations = Taking(refusals)
    functions = workshop.here(workshop.function(FAILING, dead_letter=TOPIC))
    lines: list[str] = []

    async def work() -> None:
        storage = Storage.open(tmp_path / "storage", clock=workshop.clock, driver=InlineDriver())
        events = AsyncInvocations(
            functions, storage, Attached(storage), destinations, lambda _, line: lines.append(line)
        )
        arn = functions.list()[0].arn
        config = {"MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": BUCKET}}}
        await events.attached.change(arn, Attachment.EVENT_INVOKE, "$LATEST", lambda _: config)
        events.start()
        await events.accept(arn, "", b'{"a": 1}', None)
        await done(events, workshop.clock)
        storage.close()

    asyncio.run(work())

    assert [arn for arn, _, _ in destinations.told] == [BUCKET, TOPIC]
    (_, record, function), (_, letter, _) = destinations.told
    assert function.endswith(":reaction")
    assert json.loads(record.body)["requestContext"]["condition"] == "RetriesExhausted"
    assert letter.body == '{"a": 1}'
    assert letter.attributes["ErrorMessage"] == {"DataType": "String", "StringValue": "poison"}
    assert lines == ["the record of an asynchronous event is kept: not now"] * refusals


class Service:
    """Answers for topics and buckets."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    async def has(self, arn: str) -> bool:
        return arn in (TOPIC, BUCKET)

    async def make(self, arn: str) -> None:
        raise AssertionError("it is there")

    async def publish(self, *asked: object) -> None:
        self.calls.append(asked)

    async def put(self, bucket: str, key: str, body: bytes) -> None:
        if bucket == "full":
            raise NotTaken("no room")
        self.calls.append((bucket, key, body))


def sending(tmp_path: Path, service: Service | None, work: Callable[[RecordDestinations], Awaitable[None]]) -> None:
    async def beside(work: Callable[[], None]) -> None:
        work()

    async def main() -> None:
        clock = ManualClock(1_761_000_000_000)
        storage = Storage.open(tmp_path / "storage", clock=clock, driver=InlineDriver())
        queues = Queues(storage, clock=clock, random=Random(1))
        destinations = Destinations(queues, random=Random(1), beside=beside, elsewhere=service)
        await work(RecordDestinations(queues, destinations, service, Random(1)))
        storage.close()

    asyncio.run(main())


def test_a_topic_gets_a_message_and_a_bucket_an_object_named_by_function_and_moment(tmp_path: Path) -> None:
    service = Service()
    letter = DeadLetter("{}", {"RequestID": {"DataType": "String", "StringValue": "1"}})

    async def work(destinations: RecordDestinations) -> None:
        await destinations.tell(TOPIC, letter, "arn:aws:lambda:us-east-1:000000000000:function:f")
        await destinations.tell(BUCKET, letter, "arn:aws:lambda:us-east-1:000000000000:function:f")

    sending(tmp_path, service, work)

    (topic, message, attributes), (bucket, key, body) = service.calls
    assert (topic, message, attributes) == (TOPIC, "{}", letter.attributes)
    assert (bucket, body) == ("failed", b"{}")
    assert str(key).startswith("aws/lambda/async/f/2025/10/20/2025-10-20T22.40.00-")


def test_what_is_not_taken_fails_with_the_reason(tmp_path: Path) -> None:
    async def work(destinations: RecordDestinations) -> None:
        with pytest.raises(DestinationFailed, match="no room"):
            await destinations.tell("arn:aws:s3:::full", DeadLetter("{}", {}), "f")

    sending(tmp_path, Service(), work)


def test_where_nothing_answers_the_cure_is_named(tmp_path: Path) -> None:
    async def work(destinations: RecordDestinations) -> None:
        with pytest.raises(DestinationFailed, match=r"pip install 'pelton\[aws\]'"):
            await destinations.tell(TOPIC, DeadLetter("{}", {}), "f")

    sending(tmp_path, None, work)
