"""Malformed requests: whatever comes, the answer is the client's fault or a success, never a 500."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from pelton.tables import TableOptions, operations

from .test_reference import EXPRESSIONS, KEYS, MODEL, READS, TABLE, WRONG_TYPES
from .valid_requests import REFUSED, Request, valid_requests
from .wire import STREAMS, Wire

REQUESTS: list[tuple[str, Any, str]] = [*EXPRESSIONS, *KEYS, *MODEL, *READS, *WRONG_TYPES]
#: Refused requests to begin from, beside the valid ones: each reaches far into its operation.
SEEDS: list[Request] = [(operation, {"TableName": "the", **members}) for operation, members, _ in REQUESTS]
#: Pieces of all the languages there are, from which texts are made and into which they are broken.
WORDS = (
    *("AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE", "size", "contains", "begins_with"),
    *("attribute_exists", "attribute_type", "if_not_exists", "list_append", "set_add", "SELECT", "FROM", "WHERE"),
    *("ORDER", "BY", "DESC", "VALUE", "EXISTS", "RETURNING", "ALL", "OLD", "*", "IS", "MISSING", "NULL", "true"),
    *("pk", "sk", "n", "things", "the", "lsi", "#n", ":v", ":pk", "?", "'x'", '"the"', "1", "-1.5e3", "0", "[0]", "."),
    *("(", ")", "[", "]", "{", "}", "<<", ">>", ",", "=", "<>", "<", "<=", "+", "-", ":", ";", "''", '""'),
)
_PIECE = re.compile(r"[#:]?\w+|'[^']*'|\"[^\"]*\"|<<|>>|<>|<=|>=|\S")
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
    if isinstance(value, str) and " " in value:
        return reworded(value, random)
    alike = [strange for strange in STRANGE if type(strange) is type(value)]
    return random.choice(alike or STRANGE)


def reworded(text: str, random: Random) -> str:
    """An expression or a statement with words of its languages replaced, added, doubled or moved."""
    pieces = _PIECE.findall(text)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(pieces) + 1)
        match random.randrange(4):
            case 0:
                pieces[place : place + 1] = [random.choice(WORDS)]
            case 1:
                pieces[place:place] = random.choices(WORDS, k=random.randint(1, 3))
            case 2:
                pieces[place:place] = pieces[place : place + 5]
            case _:
                pieces[place : place + 2] = reversed(pieces[place : place + 2])
    return " ".join(pieces)


def run(path: Path, count: int, seed: int) -> None:
    random = Random(seed)
    wire = Wire(path / "data")
    seeds = [*SEEDS, *valid_requests(wire) * 2]
    names = sorted({operation for operation, _ in seeds})
    for number in range(count):
        if number % 200 == 0:
            wire.call("CreateTable", TABLE)  # One of the requests may have deleted it.
        operation, body = random.choice(seeds)
        for _ in range(random.choice((0, 1, 1, 1, 2, 3, 4))):
            body = spoiled(body, random)
        if random.random() < 0.05:
            operation = random.choice(names)
        sent = raw(random, body) if random.random() < 0.05 else orjson.dumps(body if fits(body) else {})
        answer = wire.post(operation, sent)
        assert answer.status in (200, 400, 413), (operation, sent, answer.body)
    wire.storage.close()


def raw(random: Random, body: Any) -> bytes:
    """Bytes that are no JSON, odd JSON, or JSON with some of its bytes changed."""
    if random.random() < 0.3 or not fits(body):
        return random.choice(RAW)
    sent = bytearray(orjson.dumps(body))
    for _ in range(random.randint(1, 8)):
        sent[random.randrange(len(sent))] = random.randrange(256)
    return bytes(sent)


def fits(body: Any) -> bool:
    """Whether it can be sent as JSON: integers of more than 64 bits cannot be written here."""
    try:
        orjson.dumps(body)
    except TypeError:
        return False
    return True


def test_every_operation_has_a_valid_request(tmp_path: Path) -> None:
    wire = Wire(tmp_path / "data")
    requests = valid_requests(wire)

    answers = [(operation, *wire.call(operation, body)) for operation, body in requests]

    assert [answer for answer in answers if (answer[1] == 200) is (answer[0] in REFUSED)] == []
    assert {operation for operation, _ in requests} == {*operations(TableOptions(random=Random(1))), *STREAMS}
    wire.storage.close()


def test_two_thousand_malformed_requests_make_no_fault_of_ours(tmp_path: Path) -> None:
    run(tmp_path, 2_000, seed=1)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(2, 12))
def test_two_hundred_thousand_malformed_requests_make_no_fault_of_ours(tmp_path: Path, seed: int) -> None:
    run(tmp_path, 20_000, seed)
