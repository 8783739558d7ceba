"""The AWS command line, version 1, as a person types it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from .conftest import environment


def aws(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "awscli", *arguments]
    return subprocess.run(command, env=environment(url), capture_output=True, text=True, timeout=120, check=False)


def answer(url: str, *arguments: str) -> Any:
    done = aws(url, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def test_a_table_is_made_filled_asked_and_deleted(url: str) -> None:
    answer(
        url,
        *("dynamodb", "create-table", "--table-name", "typed", "--billing-mode", "PAY_PER_REQUEST"),
        *("--attribute-definitions", "AttributeName=id,AttributeType=S", "AttributeName=at,AttributeType=N"),
        *("--key-schema", "AttributeName=id,KeyType=HASH", "AttributeName=at,KeyType=RANGE"),
    )
    aws(url, "dynamodb", "wait", "table-exists", "--table-name", "typed")
    for number in ("1", "2", "3"):
        item = json.dumps({"id": {"S": "a"}, "at": {"N": number}})
        answer(url, "dynamodb", "put-item", "--table-name", "typed", "--item", item)

    asked = answer(
        url,
        *("dynamodb", "query", "--table-name", "typed", "--page-size", "1", "--no-scan-index-forward"),
        *("--key-condition-expression", "id = :id", "--expression-attribute-values", '{":id": {"S": "a"}}'),
    )
    stated = answer(
        url, "dynamodb", "execute-statement", "--statement", "SELECT at FROM typed WHERE id = 'a' AND at > 1"
    )
    refused = aws(
        url, "dynamodb", "get-item", "--table-name", "typed", "--key", '{"id": {"S": "a"}}', "--consistent-read"
    )
    gone = answer(url, "dynamodb", "delete-table", "--table-name", "typed")

    assert [item["at"]["N"] for item in asked["Items"]] == ["3", "2", "1"]
    assert stated["Items"] == [{"at": {"N": "2"}}, {"at": {"N": "3"}}]
    assert "(ValidationException) when calling the GetItem operation" in refused.stderr
    assert gone["TableDescription"]["TableStatus"] == "DELETING"
