"""Malformed requests: whatever comes, the answer is the client's fault or a success, never a 500."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from .test_reference import EXPRESSIONS, KEYS, MODEL, READS, TABLE, WRONG_TYPES
from .wire import Wire

REQUESTS: list[tuple[str, Any, str]] = [*EXPRESSIONS, *KEYS, *MODEL, *READS, *WRONG_TYPES]
#: Requests to begin from: each reaches far into its operation before something is wrong with it.
SEEDS: list[tuple[str, dict[str, Any]]] = [
    ("CreateTable", TABLE),
    *((operation, {"TableName": "the", **members}) for operation, members, _ in REQUESTS),
]
#: What takes the place of something.
STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 0.5, -1e300, "", " ", "\x00", "é", "a" * 300, "#n", ":v", "()"),
    *("((", "a.b[0]", "a[99999999999999999999]", "SET a = :x", "1e999", "--1", "NaN", "AA==", "A", "arn:aws:dynamodb"),
    *([], {}, [None], [[]], [{}], {"": {}}, {"S": ""}, {"N": "1"}, {"NULL": None}, {"L": [{"M": {}}]}, {"SS": [1]}),
)
#: Bytes that are no JSON, or odd JSON.
RAW = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b'{"a":1',
    b'{"TableName":"\\ud800"}',
    b"[" * 5000,
    b'{"a":' * 5000,
)


def spoiled(value: Any, random: Random) -> Any:
    """The value with one thing in it replaced, doubled, renamed or taken away."""
    if random.random() < 0.1 or not isinstance(value, (dict, list)) or not value:
        return replacement(value, random)
    if isinstance(value, list):
        place = random.randrange(len(value))
        return [*value[:place], spoiled(value[place], random), *value[place + (random.random() < 0.9) :]]
    name = random.choice(list(value))
    changed = {**value, name: spoiled(value[name], random)}
    if random.random() < 0.2:
        changed[random.choice(list(value)) + random.choice(("", "x"))] = changed.pop(name)
    return changed


def replacement(value: Any, random: Random) -> Any:
    """Something else in a value's place, mostly of its JSON type: it goes further than one of another."""
    if random.random() < 0.1:
        return random.choice(STRANGE)
    if isinstance(value, str) and value and random.random() < 0.4:
        place = random.randrange(len(value))
        return value[:place] + random.choice(("", "(", "a", ":", "#", " ", ".", "[", "1")) + value[place + 1 :]
    alike = [strange for strange in STRANGE if type(strange) is type(value)]
    return random.choice(alike or STRANGE)


def run(path: Path, count: int, seed: int) -> None:
    random = Random(seed)
    wire = Wire(path / "data")
    wire.call("CreateTable", TABLE)
    operations = sorted({operation for operation, _ in SEEDS})
    for _ in range(count):
        operation, body = random.choice(SEEDS)
        for _ in range(random.randint(1, 4)):
            body = spoiled(body, random)
        if random.random() < 0.05:
            operation = random.choice(operations)
        sent = random.choice(RAW) if random.random() < 0.02 else orjson.dumps(body if fits(body) else {})
        answer = wire.post(operation, sent)
        assert answer.status in (200, 400, 413), (operation, sent, answer.body)
    wire.storage.close()


def fits(body: Any) -> bool:
    """Whether it can be sent as JSON: integers of more than 64 bits cannot be written here."""
    try:
        orjson.dumps(body)
    except TypeError:
        return False
    return True


def test_two_thousand_malformed_requests_make_no_fault_of_ours(tmp_path: Path) -> None:
    run(tmp_path, 2_000, seed=1)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(2, 12))
def test_two_hundred_thousand_malformed_requests_make_no_fault_of_ours(tmp_path: Path, seed: int) -> None:
    run(tmp_path, 20_000, seed)
