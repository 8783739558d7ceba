"""BatchExecuteStatement: up to 25 statements, all reads or all writes, each with an answer or an error of its own.

Source: DynamoDB API reference, BatchExecuteStatement; recorded texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import orjson

from pelton.errors import ResourceNotFound, ValidationFailed, WireError
from pelton.expressions.cache import ExpressionCache
from pelton.items.values import canonical_item
from pelton.operations import Access, JsonObject, RequestContext
from pelton.storage.transaction import Snapshot
from pelton.tables.errors import ConditionalCheckFailed, DuplicateItem
from pelton.tables.lookup import usable_table
from pelton.tables.partiql.parser import parse_statement
from pelton.tables.partiql.planning import item_key, key_of_condition
from pelton.tables.partiql.selecting import select_walk
from pelton.tables.partiql.syntax import Select, Statement
from pelton.tables.partiql.wording import in_words_of_statements
from pelton.tables.partiql.writing import write

T = TypeVar("T")


def prepare_batch(
    cache: ExpressionCache, body: JsonObject, context: RequestContext
) -> tuple[Access, Callable[[Any], JsonObject]]:
    """Where the batch runs, and its decision.

    Raises:
        ValidationFailed: reads and writes are mixed.
    """
    entries: list[JsonObject] = body["Statements"]
    read = [_attempt(partial(parse_statement, entry["Statement"], entry.get("Parameters") or ())) for entry in entries]
    statements = [statement for statement in read if not isinstance(statement, WireError)]
    if len({isinstance(statement, Select) for statement in statements}) > 1:
        raise ValidationFailed("Read and write requests together in the same batch is not supported.")
    is_reading = any(isinstance(statement, Select) for statement in statements)

    def decide(transaction: Any) -> JsonObject:
        _check_distinct(transaction, context, statements)
        capacity: list[JsonObject] = []
        responses = []
        for entry, statement in zip(entries, read, strict=True):
            if isinstance(statement, WireError):
                responses.append(_error(statement, None))
                continue
            member = {**entry, "ReturnConsumedCapacity": body.get("ReturnConsumedCapacity")}
            done = _attempt(partial(_member, transaction, statement, member, context, cache))
            if isinstance(done, WireError):
                responses.append(_error(done, statement.table))
                continue
            if "ConsumedCapacity" in done:
                capacity.append(done["ConsumedCapacity"])
            shown = {"Item": done["Items"][0]} if done["Items"] else {}
            responses.append({"TableName": statement.table, **shown})
        answer: JsonObject = {"Responses": responses}
        return answer | ({"ConsumedCapacity": capacity} if capacity else {})

    return Access.READ if is_reading else Access.WRITE, decide


def _member(
    transaction: Any, statement: Statement, member: JsonObject, context: RequestContext, cache: ExpressionCache
) -> JsonObject:
    """One statement of a batch: a write, or one item by its key."""
    if not isinstance(statement, Select):
        return in_words_of_statements(lambda: write(transaction, statement, member, context, cache))
    if statement.is_exists:
        raise ValidationFailed("EXISTS is only supported in ExecuteTransaction")
    table = usable_table(transaction, context, statement.table)
    try:
        key_of_condition(table.schema, statement.where)
    except ValidationFailed:
        raise ValidationFailed(
            "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
        ) from None
    return in_words_of_statements(
        lambda: select_walk(transaction, statement, member, context, cache).whole(transaction)
    )


def _check_distinct(snapshot: Snapshot, context: RequestContext, statements: Iterable[Statement]) -> None:
    """Refuse the whole batch when two statements name one item; what names none has an error of its own."""
    seen: set[tuple[str, bytes]] = set()
    for statement in statements:
        try:
            table = usable_table(snapshot, context, statement.table)
            key = canonical_item(item_key(statement, table))
        except (ResourceNotFound, ValidationFailed):
            continue
        named = (table.arn, orjson.dumps(key, option=orjson.OPT_SORT_KEYS))
        if named in seen:
            raise ValidationFailed("Provided list of item keys contains duplicates")
        seen.add(named)


def _attempt(do: Callable[[], T]) -> T | WireError:
    try:
        return do()
    except WireError as fault:
        return fault


def _error(fault: WireError, table: str | None) -> JsonObject:
    """An entry that failed: short codes; the two that concern a stored item name their table."""
    short = fault.code.removesuffix("Exception")
    code = "ValidationError" if short == "Validation" else short
    entry: JsonObject = {"Error": {"Code": code, "Message": fault.message}}
    if table is not None and isinstance(fault, (ConditionalCheckFailed, DuplicateItem)):
        entry["TableName"] = table
    return entry
