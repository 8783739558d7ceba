"""INSERT, UPDATE and DELETE: one write, and what its RETURNING shows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pelton.expressions.cache import ExpressionCache
from pelton.operations import JsonObject, RequestContext
from pelton.storage.transaction import WriteTransaction
from pelton.tables.delete_item import Delete as DeleteAction
from pelton.tables.errors import ConditionalCheckFailed, DuplicateItem
from pelton.tables.lookup import usable_table
from pelton.tables.partiql.planning import write_request
from pelton.tables.partiql.syntax import Delete, Insert, Update
from pelton.tables.put_item import Put
from pelton.tables.single_write import SingleWrite
from pelton.tables.transact_write_items import CONDITION, UPDATE
from pelton.tables.update_item import Update as UpdateAction

#: What the clauses ask for, as ReturnValues.
_RETURNS: Final[Mapping[str, str]] = MappingProxyType(
    {"ALL OLD": "ALL_OLD", "ALL NEW": "ALL_NEW", "MODIFIED OLD": "UPDATED_OLD", "MODIFIED NEW": "UPDATED_NEW"}
)


def write(
    transaction: WriteTransaction,
    statement: Insert | Update | Delete,
    body: JsonObject,
    context: RequestContext,
    cache: ExpressionCache,
) -> JsonObject:
    """Do what the statement says; its answer.

    Raises:
        ConditionalCheckFailed: the item does not satisfy the statement's condition, or is not there to update.
        DuplicateItem: the item to insert is there.
        ResourceNotFound: there is no such table.
        ValidationFailed: the statement does not fit the table or the item.
    """
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
    answer: JsonObject = {"Items": [done["Attributes"]] if "Attributes" in done else []}
    if "ConsumedCapacity" in done:
        answer["ConsumedCapacity"] = done["ConsumedCapacity"]
    return answer


def _action(
    statement: Insert | Update | Delete, request: JsonObject, cache: ExpressionCache
) -> Put | UpdateAction | DeleteAction:
    if isinstance(statement, Insert):
        return Put(request, CONDITION, cache)
    if isinstance(statement, Update):
        return UpdateAction(request, UPDATE, cache)
    return DeleteAction(request, CONDITION, cache)
