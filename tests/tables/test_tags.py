"""Tags of tables: what is kept, what is refused and in which words, through the whole edge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .wire import Wire

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/made"
ENV = "1 validation error detected: "
OPV = "One or more parameter values were invalid: "


def tags(*names: str, value: str = "v") -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name in names]


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(tmp_path / "data")
    request = {
        "TableName": "made",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "Tags": tags("first"),
    }
    assert wire.call("CreateTable", request)[0] == 200
    yield wire
    wire.storage.close()


def test_tags_are_added_replaced_and_taken_away(wire: Wire) -> None:
    added = wire.post("TagResource", b'{"ResourceArn": "%b", "Tags": [{"Key": "more", "Value": ""}]}' % ARN.encode())
    wire.call("TagResource", {"ResourceArn": ARN, "Tags": tags("first", value="w")})
    shown = wire.call("ListTagsOfResource", {"ResourceArn": ARN})
    wire.call("UntagResource", {"ResourceArn": ARN, "TagKeys": ["more", "never"]})

    assert (added.status, added.body) == (200, b"")
    assert shown == (200, {"Tags": [{"Key": "first", "Value": "w"}, {"Key": "more", "Value": ""}]})
    assert wire.call("ListTagsOfResource", {"ResourceArn": ARN})[1] == {"Tags": tags("first", value="w")}


INVALID: list[tuple[str, dict[str, Any], str]] = [
    ("TagResource", {"Tags": tags("k")}, "Invalid TableArn"),
    (
        "TagResource",
        {"ResourceArn": ARN},
        ENV + "Value null at 'tags' failed to satisfy constraint: Member must not be null",
    ),
    (
        "UntagResource",
        {"ResourceArn": ARN},
        ENV + "Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    ),
    ("TagResource", {"ResourceArn": ARN, "Tags": []}, "Atleast one Tag needs to be provided as Input."),
    ("UntagResource", {"ResourceArn": ARN, "TagKeys": []}, "Atleast one Tag Key needs to be provided as Input."),
    (
        "TagResource",
        {"ResourceArn": f"{ARN}/index/i", "Tags": tags("k")},
        f"Invalid TableArn: Invalid ResourceArn provided as input {ARN}/index/i",
    ),
    (
        "TagResource",
        {"ResourceArn": ARN, "Tags": tags("k" * 129)},
        (
            f"{ENV}Value '{'k' * 129}' at 'tags.1.member.key' failed to satisfy constraint: "
            "Member must have length less than or equal to 128"
        ),
    ),
    (
        "TagResource",
        {"ResourceArn": ARN, "Tags": tags("k", value="v" * 257)},
        (
            f"{ENV}Value '{'v' * 257}' at 'tags.1.member.value' failed to satisfy constraint: "
            "Member must have length less than or equal to 256"
        ),
    ),
    (
        "TagResource",
        {"ResourceArn": ARN, "Tags": tags("aws:k")},
        OPV + "Tag keys starting with the reserved prefix 'aws:' are not allowed: aws:k",
    ),
    (
        "TagResource",
        {"ResourceArn": ARN, "Tags": tags(*(f"k{number}" for number in range(50)))},
        OPV + "Too many tags: 51, a resource has at most 50",
    ),
]


@pytest.mark.parametrize(("operation", "body", "text"), INVALID)
def test_tags_that_break_a_rule_are_refused(wire: Wire, operation: str, body: dict[str, Any], text: str) -> None:
    assert wire.fault(operation, body) == ("ValidationException", text)
    assert wire.call("ListTagsOfResource", {"ResourceArn": ARN})[1] == {"Tags": tags("first")}


def test_a_table_that_is_not_there_has_no_tags(wire: Wire) -> None:
    away = ARN.replace("us-east-1", "eu-west-1")
    missing = f"Requested resource not found: ResourcArn: {away} not found"

    assert wire.fault("TagResource", {"ResourceArn": away, "Tags": tags("k")}) == ("ResourceNotFoundException", missing)
    assert wire.fault("ListTagsOfResource", {"ResourceArn": away}) == ("ResourceNotFoundException", missing)
    assert wire.fault("UntagResource", {"ResourceArn": away, "TagKeys": ["first"]}) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    assert wire.fault("TagResource", {"ResourceArn": "made", "Tags": tags("k")})[0] == "AccessDeniedException"
