"""Resource policies of tables and streams: revisions, expectations, bounds; and that they go with their table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .wire import Wire

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/made"
TABLE: dict[str, Any] = {
    "TableName": "made",
    "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
}


def policy(effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Principal": "*", "Action": "dynamodb:GetItem", "Resource": ARN}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(tmp_path / "data")
    assert wire.call("CreateTable", TABLE)[0] == 200
    yield wire
    wire.storage.close()


def put(wire: Wire, document: str, **members: Any) -> str:
    status, answer = wire.call("PutResourcePolicy", {"ResourceArn": ARN, "Policy": document, **members})
    assert status == 200, answer
    revision: str = answer["RevisionId"]
    return revision


def test_a_policy_is_kept_until_it_is_deleted(wire: Wire, tmp_path: Path) -> None:
    revision = put(wire, policy())
    wire.storage.close()
    after = Wire(tmp_path / "data")

    assert after.call("GetResourcePolicy", {"ResourceArn": ARN}) == (200, {"Policy": policy(), "RevisionId": revision})
    assert after.call("DeleteResourcePolicy", {"ResourceArn": ARN}) == (200, {"RevisionId": revision})
    assert after.call("DeleteResourcePolicy", {"ResourceArn": ARN}) == (200, {})
    assert after.fault("GetResourcePolicy", {"ResourceArn": ARN}) == (
        "PolicyNotFoundException",
        f"Resource-based policy not found for the provided ResourceArn: {ARN}",
    )
    after.storage.close()


def test_the_same_policy_keeps_its_revision(wire: Wire) -> None:
    first = put(wire, policy())

    assert put(wire, json.dumps(json.loads(policy()), indent=2)) == first
    assert put(wire, policy("Deny")) != first


def test_a_policy_changes_only_from_the_expected_revision(wire: Wire) -> None:
    put(wire, policy(), ExpectedRevisionId="NO_POLICY")
    second = put(wire, policy("Deny"))

    for expected in ("NO_POLICY", "1"):
        request = {"ResourceArn": ARN, "Policy": policy(), "ExpectedRevisionId": expected}
        assert wire.fault("PutResourcePolicy", request)[0] == "PolicyNotFoundException"
    assert wire.fault("DeleteResourcePolicy", {"ResourceArn": ARN, "ExpectedRevisionId": "1"})[0] == (
        "PolicyNotFoundException"
    )
    put(wire, policy(), ExpectedRevisionId=second)


def test_a_policy_has_a_bound_and_a_form(wire: Wire) -> None:
    for document in ("not json", "[]", "{}", policy() + " " * 20 * 1024):
        assert wire.fault("PutResourcePolicy", {"ResourceArn": ARN, "Policy": document})[0] == "ValidationException"


def test_a_policy_needs_its_resource(wire: Wire) -> None:
    for arn in (f"{ARN}2", ARN.replace("us-east-1", "eu-west-1"), f"{ARN}/stream/2020-01-01T00:00:00.000"):
        fault = wire.fault("GetResourcePolicy", {"ResourceArn": arn})
        assert fault == ("ResourceNotFoundException", f"Requested resource not found: ResourceArn: {arn} not found")
    for arn in ("made", f"{ARN}/index/idx"):
        assert wire.fault("GetResourcePolicy", {"ResourceArn": arn})[0] == "ValidationException"


def test_a_table_can_be_made_with_a_policy(wire: Wire) -> None:
    wire.call("CreateTable", {**TABLE, "TableName": "more", "ResourcePolicy": policy()})

    status, answer = wire.call("GetResourcePolicy", {"ResourceArn": ARN.replace("made", "more")})

    assert (status, answer["Policy"]) == (200, policy())


def test_policies_of_a_table_and_its_streams_go_with_it(wire: Wire) -> None:
    stream = wire.call("DescribeTable", {"TableName": "made"})[1]["Table"]["LatestStreamArn"]
    put(wire, policy())
    assert wire.call("PutResourcePolicy", {"ResourceArn": stream, "Policy": policy()})[0] == 200

    wire.call("DeleteTable", {"TableName": "made"})
    wire.clock.advance(1)
    wire.call("CreateTable", TABLE)

    for arn in (ARN, stream):
        assert wire.fault("GetResourcePolicy", {"ResourceArn": arn})[0] == "PolicyNotFoundException"
