"""ExecuteStatement, and the list of the three operations.

A statement runs as the operation it stands for: SELECT on the last commit like Query, everything else on the writer.
Source: DynamoDB API reference; recorded texts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.operations import Access, JsonObject, Operation, RequestContext, Unfinished
from pelton.tables.partiql.batches import prepare_batch
from pelton.tables.partiql.parser import parse_statement
from pelton.tables.partiql.selecting import select_walk
from pelton.tables.partiql.syntax import Select
from pelton.tables.partiql.transactions import prepare_transaction
from pelton.tables.partiql.wording import in_words_of_statements
from pelton.tables.partiql.writing import write


def partiql_operations(cache: ExpressionCache) -> list[Operation]:
    """The three operations."""
    prepared = {
        "ExecuteStatement": _prepare,
        "BatchExecuteStatement": prepare_batch,
        "ExecuteTransaction": prepare_transaction,
    }
    return [
        Operation(name=name, access=Access.AS_PREPARED, prepare=partial(prepare, cache))
        for name, prepare in prepared.items()
    ]


def _prepare(
    cache: ExpressionCache, body: JsonObject, context: RequestContext
) -> tuple[Access, Callable[[Any], JsonObject | Unfinished]]:
    statement = parse_statement(body["Statement"], body.get("Parameters") or ())
    if not isinstance(statement, Select):
        return Access.WRITE, lambda transaction: in_words_of_statements(
            lambda: write(transaction, statement, body, context, cache)
        )
    if statement.is_exists:
        raise ValidationFailed("EXISTS is only supported in ExecuteTransaction")
    return Access.READ, lambda snapshot: in_words_of_statements(
        lambda: select_walk(snapshot, statement, body, context, cache).begin(snapshot)
    )
