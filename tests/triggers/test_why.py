"""Why a function did or did not get a record: one sentence for each way it can go."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.failures import DiscardedBatch
from pelton.storage.invocations import InvocationRow
from pelton.streams.numbers import wire_number
from pelton.triggers.events import ShardStatus
from pelton.triggers.mappings import EventSourceMapping, MappingSettings
from pelton.triggers.why import Facts, Version, reason

NUMBER = SequenceNumber(10)
EVENT = orjson.dumps({"eventName": "INSERT", "dynamodb": {"NewImage": {"age": {"N": "17"}}}})
MAPPING = EventSourceMapping(
    uuid="u",
    account="000000000000",
    region="us-east-1",
    function_name="index",
    function_arn="arn:index",
    stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/s",
    starting_position="TRIM_HORIZON",
    settings=MappingSettings(),
    version=1,
    made_by="project",
    made_ms=0,
    modified_ms=0,
)
RUN = InvocationRow(
    function="index", code_version="1", started_ms=0, duration_ms=12.4, outcome="succeeded", mapping="u",
    mapping_version=1, first=NUMBER, last=NUMBER, records=1, id=1,
)  # fmt: skip
FAILED = replace(RUN, outcome="failed", detail={"error_type": "ValueError", "error_message": "no paper"})
DISCARD = DiscardedBatch(
    mapping="u", shard="s", first=NUMBER, last=NUMBER, reason="RetryAttemptsExhausted", detail={}, discarded_ms=1
)


def status(position: int, **changed: object) -> ShardStatus:
    values: JsonObject = {
        "mapping_uuid": "u", "function_name": "index", "stream_arn": MAPPING.stream_arn, "shard": "s",
        "state": "running", "position": wire_number(SequenceNumber(position)), "lag_records": 3, "lag_s": 1.0,
        "attempt": 0, "last_error": None, "next_attempt_ms": None, "waits_for": None,
    }  # fmt: skip
    return ShardStatus(**(values | changed))


def facts(**changed: object) -> Facts:
    values: JsonObject = {
        "number": NUMBER,
        "event": EVENT,
        "versions": [Version(SequenceNumber(5), MAPPING)],
        "invocations": [],
        "discards": [],
        "status": status(20),
    }
    return Facts(**(values | changed))


def version(since: int, number: int, **changed: object) -> Version:
    settings = {name: changed.pop(name) for name in ("filters", "is_enabled") if name in changed}
    return Version(
        SequenceNumber(since),
        replace(MAPPING, version=number, settings=replace(MAPPING.settings, **settings), **changed),  # type: ignore[arg-type]
    )


ADULTS = '{"dynamodb": {"NewImage": {"age": {"N": ["18"]}}}}'


@pytest.mark.parametrize(
    ("known", "answer", "text"),
    [
        (facts(invocations=[RUN]), "delivered", "in 12 ms"),
        (facts(invocations=[FAILED, replace(RUN, attempt=2)]), "delivered", "in 12 ms, attempt 2"),
        (facts(invocations=[RUN, replace(RUN, parent=1)]), "delivered", "cut in halves"),
        (facts(invocations=[RUN], status=None), "delivered", "in 12 ms"),
        (
            facts(invocations=[FAILED], status=status(9, waits_for="attempt 2 in 1.0 s")),
            "failing",
            "1 invocation so far, the last with: ValueError: no paper; next: attempt 2 in 1.0 s",
        ),
        (facts(invocations=[RUN], status=status(9)), "failing", "an answer that named it"),
        (facts(invocations=[FAILED], discards=[DISCARD]), "discarded", "RetryAttemptsExhausted; kept in the failure"),
        (facts(discards=[replace(DISCARD, detail={"destination": "arn:q"})]), "discarded", "told to arn:q"),
        (facts(discards=[replace(DISCARD, is_waiting=True)]), "discarded", "has not taken it yet"),
        (facts(versions=[version(5, 1, filters=(ADULTS,))]), "filtered", 'NewImage.age.N is "17", wanted "18"'),
        (facts(status=status(9, waits_for="the end of shard-0")), "waiting", "waits for the end of shard-0"),
        (facts(status=status(9, state="batching")), "waiting", "batching window is still open"),
        (facts(status=status(9)), "waiting", "3 records to go (running)"),
        (facts(versions=[version(5, 1, is_paused=True)], status=status(9, state="paused")), "paused", "resume"),
        (facts(versions=[version(5, 1, is_enabled=False)], status=status(9, state="paused")), "disabled", "enable"),
        (facts(versions=[version(15, 1, starting_position="LATEST")]), "before", "begins at LATEST"),
        (facts(invocations=[FAILED]), "skipped", "no paper; then the trigger was moved past it"),
        (facts(), "passed", "no invocation of it is kept"),
    ],
)
def test_each_way_it_can_go_has_its_answer(known: Facts, answer: str, text: str) -> None:
    found = reason(known)

    assert (found.answer, text in found.text) == (answer, True), found


def test_the_filter_is_that_of_the_version_that_looked_at_the_record() -> None:
    then, now = version(5, 1), version(15, 2, filters=(ADULTS,))

    assert reason(facts(versions=[then, now], invocations=[RUN])).answer == "delivered"
    assert reason(facts(versions=[then, now], status=status(9))).answer == "filtered"
    assert reason(facts(versions=[now, then], invocations=[replace(RUN, mapping_version=2)])).answer == "filtered"
