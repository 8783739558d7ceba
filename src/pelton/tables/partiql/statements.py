"""ExecuteStatement, BatchExecuteStatement and ExecuteTransaction: statements run as the operations they stand for.

All three run on the writer, SELECT too: an operation runs in one place, and whether a statement writes
shows only when it is read. Source: DynamoDB API reference; recorded texts.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, TypeVar

import orjson

from pelton.errors import ValidationFailed, WireError
from pelton.expressions.cache import ExpressionCache
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.transaction import WriteTransaction
from pelton.tables.delete_item import Delete as DeleteAction
from pelton.tables.errors import CancellationReason, ConditionalCheckFailed, DuplicateItem, TransactionCanceled
from pelton.tables.get_item import GetItem
from pelton.tables.lookup import usable_table
from pelton.tables.partiql.parser import parse_statement
from pelton.tables.partiql.planning import item_request, rows_request, write_request
from pelton.tables.partiql.syntax import Delete, Insert, Select, Statement, Update
from pelton.tables.put_item import Put
from pelton.tables.query import Query
from pelton.tables.scan import Scan
from pelton.tables.single_write import SingleWrite
from pelton.tables.transact_get_items import TransactGetItems
from pelton.tables.transact_write_items import CONDITION, UPDATE, TransactWriteItems
from pelton.tables.update_item import Update as UpdateAction

#: What the clauses ask for, as ReturnValues.
_RETURNS: Final[Mapping[str, str]] = MappingProxyType(
    {"ALL OLD": "ALL_OLD", "ALL NEW": "ALL_NEW", "MODIFIED OLD": "UPDATED_OLD", "MODIFIED NEW": "UPDATED_NEW"}
)
#: Members of a statement's request that its operation has too.
_PASSED = ("ConsistentRead", "Limit", "ReturnConsumedCapacity")

T = TypeVar("T")

Decide = Callable[[WriteTransaction], JsonObject]


def partiql_operations(cache: ExpressionCache) -> list[Operation]:
    """The three operations."""
    return [
        Operation(name="ExecuteStatement", access=Access.WRITE, prepare=partial(_execute, cache)),
        Operation(name="BatchExecuteStatement", access=Access.WRITE, prepare=partial(_batch, cache)),
        Operation(name="ExecuteTransaction", access=Access.WRITE, prepare=partial(_transaction, cache)),
    ]


def _parsed(body: JsonObject) -> Statement:
    return parse_statement(body["Statement"], body.get("Parameters") or ())


def _is_read(statement: Statement) -> bool:
    return isinstance(statement, Select) and not statement.is_exists


def _execute(cache: ExpressionCache, body: JsonObject, context: RequestContext) -> Decide:
    statement = _parsed(body)
    if not isinstance(statement, Select):
        return lambda transaction: _write(transaction, statement, body, context, cache)
    if statement.is_exists:
        raise ValidationFailed("EXISTS is only supported in ExecuteTransaction")
    return lambda transaction: _page(transaction, statement, body, context, cache)


def _page(
    transaction: WriteTransaction, statement: Select, body: JsonObject, context: RequestContext, cache: ExpressionCache
) -> JsonObject:
    """One page of a SELECT."""
    request = rows_request(statement, usable_table(transaction, context, statement.table))
    row_body = request.body | {member: body[member] for member in _PASSED if body.get(member) is not None}
    digest = _digest(body)
    if body.get("NextToken") is not None:
        row_body["ExclusiveStartKey"] = _start_key(body["NextToken"], digest)
    found = (Query if request.operation == "Query" else Scan)(row_body, context, cache)(transaction)
    answer: JsonObject = {"Items": found["Items"]}
    if "LastEvaluatedKey" in found:
        last = found["LastEvaluatedKey"]
        answer["NextToken"] = b64encode(orjson.dumps([digest, last])).decode()
        answer["LastEvaluatedKey"] = last
    return _with_capacity(answer, found)


def _write(
    transaction: WriteTransaction,
    statement: Insert | Update | Delete,
    body: JsonObject,
    context: RequestContext,
    cache: ExpressionCache,
) -> JsonObject:
    """One write, and what its RETURNING shows."""
    request = write_request(statement, usable_table(transaction, context, statement.table)).body
    for member in ("ReturnConsumedCapacity", "ReturnValuesOnConditionCheckFailure"):
        if body.get(member) is not None:
            request[member] = body[member]
    returning = None if isinstance(statement, Insert) else statement.returning
    if returning is not None:
        request["ReturnValues"] = _RETURNS[returning]
    try:
        done = SingleWrite(_action(statement, request, cache), request, context)(transaction)
    except ConditionalCheckFailed:
        if isinstance(statement, Insert):
            raise DuplicateItem from None
        raise
    return _with_capacity({"Items": [done["Attributes"]] if "Attributes" in done else []}, done)


def _action(
    statement: Insert | Update | Delete, request: JsonObject, cache: ExpressionCache
) -> Put | UpdateAction | DeleteAction:
    if isinstance(statement, Insert):
        return Put(request, CONDITION, cache)
    if isinstance(statement, Update):
        return UpdateAction(request, UPDATE, cache)
    return DeleteAction(request, CONDITION, cache)


def _with_capacity(answer: JsonObject, done: JsonObject) -> JsonObject:
    if "ConsumedCapacity" in done:
        answer["ConsumedCapacity"] = done["ConsumedCapacity"]
    return answer


def _digest(body: JsonObject) -> str:
    text = orjson.dumps([body["Statement"], body.get("Parameters")], option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=8).hexdigest()


def _start_key(token: str, digest: str) -> JsonObject:
    try:
        made_for, key = orjson.loads(b64decode(token, validate=True))
    except (NotBase64, ValueError, TypeError):
        raise ValidationFailed("Invalid NextToken") from None
    if made_for != digest:
        raise ValidationFailed("NextToken does not match request")
    if not isinstance(key, dict) or not all(map(_is_key_value, key.values())):
        raise ValidationFailed("Invalid NextToken")
    return key


def _is_key_value(value: object) -> bool:
    """Whether it has the form of a key's attribute value: a token comes from outside."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((kind, content),) = value.items()
    return kind in ("S", "N", "B") and isinstance(content, str)


def _batch(cache: ExpressionCache, body: JsonObject, context: RequestContext) -> Decide:
    entries: list[JsonObject] = body["Statements"]
    read = [_attempt(partial(_parsed, entry)) for entry in entries]
    statements = [statement for statement in read if not isinstance(statement, WireError)]
    if len({_is_read(statement) for statement in statements}) > 1:
        raise ValidationFailed("Read and write requests together in the same batch is not supported.")

    def decide(transaction: WriteTransaction) -> JsonObject:
        capacity: list[JsonObject] = []
        responses = []
        for entry, statement in zip(entries, read, strict=True):
            if isinstance(statement, WireError):
                responses.append(_error(statement, None))
                continue
            member = {**entry, "ReturnConsumedCapacity": body.get("ReturnConsumedCapacity")}
            done = _attempt(partial(_batched, transaction, statement, member, context, cache))
            if isinstance(done, WireError):
                responses.append(_error(done, statement.table))
                continue
            if "ConsumedCapacity" in done:
                capacity.append(done["ConsumedCapacity"])
            shown = {"Item": done["Items"][0]} if done["Items"] else {}
            responses.append({"TableName": statement.table, **shown})
        answer: JsonObject = {"Responses": responses}
        return answer | ({"ConsumedCapacity": capacity} if capacity else {})

    return decide


def _batched(
    transaction: WriteTransaction,
    statement: Statement,
    member: JsonObject,
    context: RequestContext,
    cache: ExpressionCache,
) -> JsonObject:
    """One statement of a batch: a write, or one item by its key."""
    if not isinstance(statement, Select):
        return _write(transaction, statement, member, context, cache)
    try:
        request = item_request(statement, usable_table(transaction, context, statement.table))
    except ValidationFailed:
        raise ValidationFailed(
            "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
        ) from None
    get = request.body | {name: member[name] for name in _PASSED if member.get(name) is not None}
    found = GetItem(get, context, cache)(transaction)
    return _with_capacity({"Items": [found["Item"]] if "Item" in found else []}, found)


def _attempt(read: Callable[[], T]) -> T | WireError:
    try:
        return read()
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


def _transaction(cache: ExpressionCache, body: JsonObject, context: RequestContext) -> Decide:
    entries: list[JsonObject] = body["TransactStatements"]
    statements = [_parsed(entry) for entry in entries]
    reads = [_is_read(statement) for statement in statements]
    if any(reads) and not all(reads):
        raise ValidationFailed(
            "ExecuteTransaction API does not support both read and write operations in the same request."
        )
    for position, statement in enumerate(statements):
        _check_transacted(position, statement)
    passed = {name: body[name] for name in ("ReturnConsumedCapacity",) if body.get(name) is not None}

    def decide(transaction: WriteTransaction) -> JsonObject:
        tables = [usable_table(transaction, context, statement.table) for statement in statements]
        if all(reads):
            items = [_get(statement, table) for statement, table in zip(statements, tables, strict=True)]
            return TransactGetItems({"TransactItems": items, **passed}, context, cache)(transaction)
        items = [_transacted(*member) for member in zip(statements, entries, tables, strict=True)]
        request = {"TransactItems": items, "ClientRequestToken": body.get("ClientRequestToken"), **passed}
        try:
            done = TransactWriteItems(request, context, cache)(transaction)
        except TransactionCanceled as canceled:
            raise TransactionCanceled(_reasons(statements, canceled.reasons)) from None
        return _with_capacity({"Responses": []}, done)

    return decide


def _check_transacted(position: int, statement: Statement) -> None:
    where = f"Validation failed in TransactStatements[{position}]: "
    if isinstance(statement, Select) and statement.index is not None:
        raise ValidationFailed(f"{where}Reads on indices are not supported within transactions.")
    if isinstance(statement, (Update, Delete)) and statement.returning is not None:
        raise ValidationFailed(f"{where}RETURNING clause is not supported in ExecuteTransaction.")


def _get(statement: Statement, table: Table) -> JsonObject:
    assert isinstance(statement, Select), "the caller has looked"
    return {"Get": item_request(statement, table).body}


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
