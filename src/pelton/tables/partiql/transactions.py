"""ExecuteTransaction: up to 100 statements, all reads or all writes, all or nothing; an EXISTS counts as a write.

Source: DynamoDB API reference, ExecuteTransaction; recorded texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.operations import Access, JsonObject, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.errors import CancellationReason, DuplicateItem, TransactionCanceled
from pelton.tables.lookup import usable_table
from pelton.tables.partiql.parser import parse_statement
from pelton.tables.partiql.planning import item_request, write_request
from pelton.tables.partiql.selecting import flattening, is_nested
from pelton.tables.partiql.syntax import Delete, Insert, Select, Statement, Update
from pelton.tables.partiql.wording import in_words_of_statements
from pelton.tables.transact_get_items import TransactGetItems
from pelton.tables.transact_write_items import TransactWriteItems


def prepare_transaction(
    cache: ExpressionCache, body: JsonObject, context: RequestContext
) -> tuple[Access, Callable[[Any], JsonObject]]:
    """Where the transaction runs, and its decision.

    Raises:
        ValidationFailed: reads and writes are mixed, or a statement has what no transaction can have.
    """
    entries: list[JsonObject] = body["TransactStatements"]
    statements = [parse_statement(entry["Statement"], entry.get("Parameters") or ()) for entry in entries]
    reads = [statement for statement in statements if isinstance(statement, Select) and not statement.is_exists]
    if reads and len(reads) < len(statements):
        raise ValidationFailed(
            "ExecuteTransaction API does not support both read and write operations in the same request."
        )
    for position, statement in enumerate(statements):
        _check_transacted(position, statement)
    passed = {name: body[name] for name in ("ReturnConsumedCapacity",) if body.get(name) is not None}
    if reads:
        return Access.READ, lambda snapshot: in_words_of_statements(
            lambda: _read(snapshot, reads, passed, context, cache)
        )
    if body.get("ClientRequestToken") is not None:
        passed["ClientRequestToken"] = body["ClientRequestToken"]
    members = list(zip(statements, entries, strict=True))
    return Access.WRITE, lambda transaction: in_words_of_statements(
        lambda: _write(transaction, members, passed, context, cache)
    )


def _read(
    snapshot: Snapshot,
    statements: Sequence[Select],
    passed: JsonObject,
    context: RequestContext,
    cache: ExpressionCache,
) -> JsonObject:
    tables = [usable_table(snapshot, context, statement.table) for statement in statements]
    gets = [{"Get": _get(statement, table)} for statement, table in zip(statements, tables, strict=True)]
    answer = TransactGetItems({"TransactItems": gets, **passed}, context, cache)(snapshot)
    for statement, response in zip(statements, answer["Responses"], strict=True):
        if is_nested(statement.paths) and "Item" in response:
            response["Item"] = flattening(statement.paths)(orjson.loads(orjson.dumps(response["Item"])))
    return answer


def _get(statement: Select, table: Table) -> JsonObject:
    request = item_request(statement, table).body
    if is_nested(statement.paths):  # What is shown is made of the whole item.
        for member in ("ProjectionExpression", "ExpressionAttributeNames"):
            request.pop(member, None)
    return request


def _write(
    transaction: WriteTransaction,
    members: Sequence[tuple[Statement, JsonObject]],
    passed: JsonObject,
    context: RequestContext,
    cache: ExpressionCache,
) -> JsonObject:
    items = [
        _transacted(statement, entry, usable_table(transaction, context, statement.table))
        for statement, entry in members
    ]
    try:
        done = TransactWriteItems({"TransactItems": items, **passed}, context, cache)(transaction)
    except TransactionCanceled as canceled:
        raise TransactionCanceled(_reasons([statement for statement, _ in members], canceled.reasons)) from None
    answer: JsonObject = {"Responses": []}
    if "ConsumedCapacity" in done:
        answer["ConsumedCapacity"] = done["ConsumedCapacity"]
    return answer


def _check_transacted(position: int, statement: Statement) -> None:
    where = f"Validation failed in TransactStatements[{position}]: "
    if isinstance(statement, Select) and statement.index is not None:
        raise ValidationFailed(f"{where}Reads on indices are not supported within transactions.")
    if isinstance(statement, (Update, Delete)) and statement.returning is not None:
        raise ValidationFailed(f"{where}RETURNING clause is not supported in ExecuteTransaction.")


def _transacted(statement: Statement, entry: JsonObject, table: Table) -> JsonObject:
    request = item_request(statement, table) if isinstance(statement, Select) else write_request(statement, table)
    shown = entry.get("ReturnValuesOnConditionCheckFailure")
    return {request.operation: request.body | ({} if shown is None else {"ReturnValuesOnConditionCheckFailure": shown})}


def _reasons(statements: Sequence[Statement], reasons: Sequence[CancellationReason]) -> list[CancellationReason]:
    """An INSERT whose key is taken failed as a duplicate."""
    return [
        CancellationReason("DuplicateItem", DuplicateItem().message, reason.item)
        if isinstance(statement, Insert) and reason.code == "ConditionalCheckFailed"
        else reason
        for statement, reason in zip(statements, reasons, strict=True)
    ]
