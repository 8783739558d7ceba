"""The AWS command line, version 1, as a person types it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .aws_shell import AwsShell, aws_shell
from .conftest import environment


@pytest.fixture
def aws(url: str) -> Iterator[AwsShell]:
    with aws_shell(environment(url)) as shell:
        yield shell


def test_a_table_is_made_filled_asked_and_deleted(aws: AwsShell) -> None:
    aws.answer(
        *("dynamodb", "create-table", "--table-name", "typed", "--billing-mode", "PAY_PER_REQUEST"),
        *("--attribute-definitions", "AttributeName=id,AttributeType=S", "AttributeName=at,AttributeType=N"),
        *("--key-schema", "AttributeName=id,KeyType=HASH", "AttributeName=at,KeyType=RANGE"),
    )
    aws.run("dynamodb", "wait", "table-exists", "--table-name", "typed")
    for number in ("1", "2", "3"):
        item = json.dumps({"id": {"S": "a"}, "at": {"N": number}})
        aws.answer("dynamodb", "put-item", "--table-name", "typed", "--item", item)

    asked = aws.answer(
        *("dynamodb", "query", "--table-name", "typed", "--page-size", "1", "--no-scan-index-forward"),
        *("--key-condition-expression", "id = :id", "--expression-attribute-values", '{":id": {"S": "a"}}'),
    )
    stated = aws.answer(
        "dynamodb", "execute-statement", "--statement", "SELECT at FROM typed WHERE id = 'a' AND at > 1"
    )
    refused = aws.run(
        "dynamodb", "get-item", "--table-name", "typed", "--key", '{"id": {"S": "a"}}', "--consistent-read"
    )
    gone = aws.answer("dynamodb", "delete-table", "--table-name", "typed")

    assert [item["at"]["N"] for item in asked["Items"]] == ["3", "2", "1"]
    assert stated["Items"] == [{"at": {"N": "2"}}, {"at": {"N": "3"}}]
    assert "(ValidationException) when calling the GetItem operation" in refused.stderr
    assert gone["TableDescription"]["TableStatus"] == "DELETING"
