"""BatchWriteItem: up to 25 puts and deletes, each for itself; all are checked before any is done.

Nothing is ever left unprocessed here.
Source: DynamoDB API reference, BatchWriteItem.
"""

from __future__ import annotations

from collections.abc import Sequence

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.items.key_checks import check_batch_put_key
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.transaction import WriteTransaction
from pelton.tables.actions import Action
from pelton.tables.capacity import Consumption, wanted_detail
from pelton.tables.delete_item import Delete
from pelton.tables.effects import Address, Effect
from pelton.tables.lookup import usable_table
from pelton.tables.put_item import Put
from pelton.tables.request_expressions import Members
from pelton.tables.transact_write_items import metrics_by_table

REQUESTS_MAX = 25
#: A member of a batch has no expressions.
PLAIN = Members()


class BatchPut(Put):
    """A put whose key faults have the batch's one text."""

    __slots__ = ()

    def address(self, table: Table) -> Address:
        """Where the item lies; refuses one whose keys do not fit the table or its indexes."""
        check_batch_put_key(table.schema, self._item)
        return self._address(table)


class BatchWriteItem:
    """The decision of one BatchWriteItem request."""

    __slots__ = ("_actions", "_body", "_context")

    def __init__(self, body: JsonObject, context: RequestContext, cache: ExpressionCache) -> None:
        """Check what needs no table, member by member."""
        requests = body["RequestItems"]
        if not requests:
            raise ValidationFailed("The requestItems parameter is required for BatchWriteItem")
        if sum(map(len, requests.values())) > REQUESTS_MAX:
            raise ValidationFailed("Too many items requested for the BatchWriteItem call")
        self._actions = [
            _action(table_name, request, cache) for table_name, members in requests.items() for request in members
        ]
        self._body = body
        self._context = context

    def __call__(self, transaction: WriteTransaction) -> JsonObject:
        """Do every put and delete."""
        # All tables are there before any key is looked at.
        tables = {name: usable_table(transaction, self._context, name) for name in self._body["RequestItems"]}
        addresses = [action.address(tables[action.table_name]) for action in self._actions]
        if len({(address.table.id, address.key) for address in addresses}) < len(addresses):
            raise ValidationFailed("Provided list of item keys contains duplicates")
        effects = [
            action.effect(address, transaction.item(address.table, address.key), self._context.trace)
            for action, address in zip(self._actions, addresses, strict=True)
        ]
        for effect in effects:
            if effect.change is not None:
                transaction.apply(effect.change)
        return self._answer(transaction, addresses, effects)

    def _answer(
        self, transaction: WriteTransaction, addresses: Sequence[Address], effects: Sequence[Effect]
    ) -> JsonObject:
        answer: JsonObject = {"UnprocessedItems": {}}
        if (detail := wanted_detail(self._body)) is not None:
            by_table: dict[str, Consumption] = {}
            for action, effect in zip(self._actions, effects, strict=True):
                effect.charge(by_table.setdefault(action.table_name, Consumption()))
            answer["ConsumedCapacity"] = [consumption.to_wire(name, detail) for name, consumption in by_table.items()]
        if self._body.get("ReturnItemCollectionMetrics") == "SIZE":
            names = [action.table_name for action in self._actions]
            if metrics := metrics_by_table(transaction, names, addresses):
                answer["ItemCollectionMetrics"] = metrics
        return answer


def batch_write_item(cache: ExpressionCache) -> Operation:
    """The operation BatchWriteItem."""
    return Operation(
        name="BatchWriteItem",
        access=Access.WRITE,
        prepare=lambda body, context: BatchWriteItem(body, context, cache),
    )


def _action(table_name: str, request: JsonObject, cache: ExpressionCache) -> Action:
    put, delete = request.get("PutRequest"), request.get("DeleteRequest")
    if (put is None) == (delete is None):
        # The service's own text for this, though it is about something else.
        raise ValidationFailed(
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )
    if put is not None:
        return BatchPut({"TableName": table_name, "Item": put["Item"]}, PLAIN, cache)
    assert delete is not None
    return Delete({"TableName": table_name, "Key": delete["Key"]}, PLAIN, cache)
