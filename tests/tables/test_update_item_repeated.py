"""Requests whose expressions were checked before: their values still are."""

from __future__ import annotations

import pytest

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.operations import JsonObject
from pelton.tables.update_item import UPDATE_ITEM, Update

PASSES = {":one": {"N": "1"}, ":set": {"SS": ["a"]}}


def update(cache: ExpressionCache, values: JsonObject) -> Update:
    body = {
        "TableName": "orders",
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "ADD amount :one SET labels = :set",
        "ConditionExpression": "revision < :one",
        "ExpressionAttributeValues": values,
    }
    return Update(body, UPDATE_ITEM, cache)


@pytest.mark.parametrize(
    "values",
    [
        {**PASSES, ":set": {"SS": []}},  # Same types, another content.
        {**PASSES, ":one": {"N": "one"}},
        {**PASSES, ":one": {"N": "1", "S": "x"}},  # Other types.
        {**PASSES, ":one": {"L": []}},
        {**PASSES, ":unused": {"S": "x"}},
        {":one": {"N": "1"}},
    ],
)
def test_a_fault_is_told_as_by_a_server_that_saw_no_request_before(values: JsonObject) -> None:
    cache = ExpressionCache()
    update(cache, PASSES)
    with pytest.raises(ValidationFailed) as fresh:
        update(ExpressionCache(), values)

    with pytest.raises(ValidationFailed) as repeated:
        update(cache, values)

    assert (type(repeated.value), repeated.value.message) == (type(fresh.value), fresh.value.message)
