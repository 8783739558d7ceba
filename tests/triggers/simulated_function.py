"""The simulated function: it decides what it means to say, then says it in one of the many ways there are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from random import Random

import orjson

from pelton.operations import JsonObject


class Meaning(Enum):
    """What an answer means for its batch."""

    SUCCEEDED = "succeeded"
    STOPPED = "stopped"  #: a record is named as failed, and those before it are done
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer on the wire, and what it means."""

    meaning: Meaning
    payload: bytes
    stopped_at: int | None = None
    state: JsonObject | None = None
    function_error: str | None = None
    request_id: str = "r"
    executed_version: str = "$LATEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an invocation holds, and how its answer is read."""

    numbers: list[int]
    bad: list[int]  #: those the function cannot do, lowest first
    reports: bool
    has_window: bool
    state: JsonObject  #: what the window's state becomes


#: Answers that name no record that failed, where item failures are reported and no state is asked for.
_NOTHING_FAILED = (b"null", b'""', b"[]", b"{}", b'{"batchItemFailures":[]}', b'{"batchItemFailures":null}', b"")
#: Answers that are not understood, where item failures are reported.
_GARBAGE: tuple[object, ...] = (
    "text",
    7,
    False,
    True,
    [1],
    {"batchItemFailures": {}},
    {"batchItemFailures": "all"},
    {"batchItemFailures": [{}]},
    {"batchItemFailures": [None]},
    {"batchItemFailures": ["n1"]},
    {"batchItemFailures": [{"itemIdentifier": ""}]},
    {"batchItemFailures": [{"itemIdentifier": None}]},
    {"batchItemFailures": [{"itemIdentifier": 5}]},
    {"batchItemFailures": [{"foo": "n1"}]},
    {"batchItemFailures": [{"itemIdentifier": "n0"}]},
)


def succeed(random: Random, asked: Asked) -> Said:
    """All records are done."""
    if asked.has_window:
        answer: JsonObject = {"state": asked.state}
        if asked.reports and random.random() < 0.5:
            answer["batchItemFailures"] = random.choice([[], None])
        return Said(meaning=Meaning.SUCCEEDED, payload=orjson.dumps(answer), state=asked.state)
    if asked.reports:
        return Said(meaning=Meaning.SUCCEEDED, payload=random.choice(_NOTHING_FAILED))
    # Ignored, whatever it says.
    anything = [b"null", b"not json", b'{"batchItemFailures":[{"itemIdentifier":"n0"}]}', b"[1]", b""]
    return Said(meaning=Meaning.SUCCEEDED, payload=random.choice(anything))


def fail(random: Random, asked: Asked) -> Said:
    """Some records are bad: named one by one, or the whole batch failed, or the answer makes no sense."""
    kinds = ["error"]
    if asked.reports:
        kinds += ["garbage"]
        if asked.bad:
            kinds += ["named"] * 4
    if asked.has_window:
        kinds += ["no state"]
    kind = random.choice(kinds)
    if kind == "named":
        return _named(random, asked)
    if kind == "garbage":
        return _garbage(random, asked)
    if kind == "no state":
        without: tuple[object, ...] = (None, {}, [], "x", {"state": None}, {"state": []}, {"state": "x"}, {"State": {}})
        return Said(meaning=Meaning.FAILED, payload=orjson.dumps(random.choice(without)))
    payload = random.choice([b'{"errorMessage":"poison","errorType":"E"}', b"", b"not json", b"[]"])
    return Said(meaning=Meaning.FAILED, payload=payload, function_error="Unhandled")


def _named(random: Random, asked: Asked) -> Said:
    """The bad records by their numbers, in any order, perhaps twice, perhaps with healthy later ones."""
    lowest = asked.bad[0]
    named = asked.bad + [number for number in asked.numbers if number > lowest and random.random() < 0.2]
    random.shuffle(named)
    answer: JsonObject = {"batchItemFailures": [{"itemIdentifier": f"n{number}"} for number in named]}
    if asked.has_window:
        answer["state"] = asked.state
    if lowest == asked.numbers[0]:
        return Said(meaning=Meaning.FAILED, payload=orjson.dumps(answer))
    payload = orjson.dumps(answer)
    return Said(meaning=Meaning.STOPPED, payload=payload, stopped_at=lowest, state=asked.state)


def _garbage(random: Random, asked: Asked) -> Said:
    garbage = random.choice([*_GARBAGE, None])
    if garbage is None:
        return Said(meaning=Meaning.FAILED, payload=b"not json")
    if asked.has_window and isinstance(garbage, dict):
        garbage = {**garbage, "state": {}}
    return Said(meaning=Meaning.FAILED, payload=orjson.dumps(garbage))
