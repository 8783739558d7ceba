"""PutItem: store one item whole, replacing any item that has its key.

``Put`` is the action, which BatchWriteItem and TransactWriteItems use too.
Source: DynamoDB API reference, PutItem.
"""

from __future__ import annotations

import orjson

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.items.key_checks import check_put_key
from pelton.items.keys import key_of, storage_key
from pelton.items.values import ITEM_SIZE_MAX, measured_item
from pelton.operations import JsonObject, Operation
from pelton.storage.catalog import Table
from pelton.storage.change import StoredItem
from pelton.tables.actions import embedded, parsed
from pelton.tables.effects import Address, Effect, effect_of
from pelton.tables.index_rows import check_put_keys, is_too_large_with_entries
from pelton.tables.request_expressions import Members, guard_of
from pelton.tables.single_write import single_write_operation

TOO_LARGE = "Item size has exceeded the maximum allowed size"
#: Members of the single operation that hold expressions, and the older ones they replace.
PUT_ITEM = Members(
    expressions=("ConditionExpression",),
    legacy=("Expected", "ConditionalOperator"),
    only_old=True,
)


class Put:
    """Store one item whole."""

    __slots__ = ("_guard", "_item", "_size", "table_name")

    def __init__(self, body: JsonObject, members: Members, cache: ExpressionCache) -> None:
        """Check what needs no table, in the service's order.

        Raises:
            ValidationFailed: a parameter, a value or an expression is not valid, or the item is too large.
        """
        members.check(body)
        self.table_name: str = body["TableName"]
        self._item, self._size = measured_item(body["Item"])
        members.check_return_values(body)
        if self._size > ITEM_SIZE_MAX:
            raise ValidationFailed(TOO_LARGE)
        self._guard = guard_of(body, cache)

    def address(self, table: Table) -> Address:
        """Where the item lies; refuses one whose keys do not fit the table or its indexes."""
        check_put_key(table.schema, self._item)
        return self._address(table)

    def _address(self, table: Table) -> Address:
        """Where the item lies, whose key fits the table."""
        item = self._item
        if table.indexes:
            check_put_keys(table, item)
            if is_too_large_with_entries(table, item, self._size):
                raise ValidationFailed(TOO_LARGE)
        return Address(table, storage_key(table.schema, item), key_of(table.schema, item))

    def effect(self, address: Address, stored: StoredItem | None, cause: str | None) -> Effect:
        """The stored item is replaced, if there is one and it satisfies the condition."""
        if self._guard is not None:
            self._guard.check(stored, parsed(stored))
        after = StoredItem(key=address.key, body=orjson.dumps(self._item), size=self._size)
        return effect_of(address, stored, after, self._item, cause)

    def attributes(self, effect: Effect, return_values: str) -> object | None:
        """ALL_OLD: the item that was replaced."""
        return embedded(effect.before) if return_values == "ALL_OLD" else None


def put_item(cache: ExpressionCache) -> Operation:
    """The operation PutItem."""
    return single_write_operation("PutItem", lambda body: Put(body, PUT_ITEM, cache))
