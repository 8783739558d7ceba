"""TransactGetItems: up to 100 items of one moment, in the order they were asked for.

Source: DynamoDB API reference, TransactGetItems.
"""

from __future__ import annotations

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.expressions.projection import Projection
from pelton.items.key_checks import check_key
from pelton.items.keys import storage_key
from pelton.items.types import Item
from pelton.items.values import canonical_item
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.change import StoredItem
from pelton.storage.transaction import Snapshot
from pelton.tables.actions import shown
from pelton.tables.capacity import Consumption, transaction_read_units, wanted_detail
from pelton.tables.errors import CancellationReason, TransactionCanceled
from pelton.tables.key_paths import check_key_paths
from pelton.tables.lookup import usable_table
from pelton.tables.request_expressions import Members, projection_of

#: Bytes of items in one transaction.
TRANSACTION_BYTES_MAX = 4 * 1024 * 1024

GET = Members(expressions=("ProjectionExpression",))
FINE = CancellationReason()


class _Get:
    """One item to get."""

    __slots__ = ("keys", "projection", "table_name")

    def __init__(self, body: JsonObject, cache: ExpressionCache) -> None:
        GET.check(body)
        self.table_name: str = body["TableName"]
        self.keys: Item = canonical_item(body["Key"])
        self.projection: Projection | None = projection_of(body, cache)

    def key(self, table: Table) -> bytes | CancellationReason:
        """The item's storage key, or why its Key does not fit the table."""
        try:
            check_key(table.schema, self.keys)
            if self.projection is not None:
                check_key_paths(self.projection.paths, table)
        except ValidationFailed as fault:
            return CancellationReason("ValidationError", fault.message)
        return storage_key(table.schema, self.keys)


class TransactGetItems:
    """The decision of one TransactGetItems request."""

    __slots__ = ("_body", "_context", "_gets")

    def __init__(self, body: JsonObject, context: RequestContext, cache: ExpressionCache) -> None:
        """Check what needs no table, item by item."""
        self._gets = [_Get(entry["Get"], cache) for entry in body["TransactItems"]]
        self._body = body
        self._context = context

    def __call__(self, snapshot: Snapshot) -> JsonObject:
        """The items, all of one commit.

        Raises:
            TransactionCanceled: a Key does not fit its table; all that do not are told.
        """
        tables = [usable_table(snapshot, self._context, get.table_name) for get in self._gets]
        keys = [get.key(table) for get, table in zip(self._gets, tables, strict=True)]
        places = [(table.id, key) for table, key in zip(tables, keys, strict=True) if isinstance(key, bytes)]
        if len(set(places)) < len(places):
            raise ValidationFailed("Transaction request cannot include multiple operations on one item")
        if len(places) < len(keys):
            raise TransactionCanceled([FINE if isinstance(key, bytes) else key for key in keys])
        stored = [snapshot.item(table, key) for table, (_, key) in zip(tables, places, strict=True)]
        if sum(0 if item is None else item.size for item in stored) > TRANSACTION_BYTES_MAX:
            raise ValidationFailed("Transaction request size has exceeded the maximum allowed size of 4 MB")
        return self._answer(stored)

    def _answer(self, stored: list[StoredItem | None]) -> JsonObject:
        responses: list[JsonObject] = []
        by_table: dict[str, Consumption] = {}
        for get, item in zip(self._gets, stored, strict=True):
            responses.append({} if item is None else _response(item, get.projection))
            consumption = by_table.setdefault(get.table_name, Consumption())
            consumption.table += transaction_read_units(0 if item is None else item.size)
        answer: JsonObject = {"Responses": responses}
        if (detail := wanted_detail(self._body)) is not None:
            answer["ConsumedCapacity"] = [
                consumption.to_wire(name, detail, "ReadCapacityUnits") for name, consumption in by_table.items()
            ]
        return answer


def transact_get_items(cache: ExpressionCache) -> Operation:
    """The operation TransactGetItems."""
    return Operation(
        name="TransactGetItems",
        access=Access.READ,
        prepare=lambda body, context: TransactGetItems(body, context, cache),
    )


def _response(stored: StoredItem, projection: Projection | None) -> JsonObject:
    """One entry of the answer; an item of which nothing is projected looks like one that is missing."""
    item = shown(stored, projection)
    return {"Item": item} if item else {}
