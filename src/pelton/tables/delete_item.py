"""DeleteItem: take one item away; taking away what is not there is no error and no change.

``Delete`` is the action, which BatchWriteItem and TransactWriteItems use too.
Source: DynamoDB API reference, DeleteItem.
"""

from __future__ import annotations

from pelton.expressions.cache import ExpressionCache
from pelton.items.key_checks import check_key
from pelton.items.keys import storage_key
from pelton.items.values import canonical_item
from pelton.operations import JsonObject, Operation
from pelton.storage.catalog import Table
from pelton.storage.change import StoredItem
from pelton.tables.actions import embedded, parsed
from pelton.tables.effects import Address, Effect, effect_of
from pelton.tables.request_expressions import Members, guard_of
from pelton.tables.single_write import single_write_operation

DELETE_ITEM = Members(
    expressions=("ConditionExpression",),
    legacy=("Expected", "ConditionalOperator"),
    only_old=True,
)


class Delete:
    """Take one item away."""

    __slots__ = ("_guard", "_keys", "table_name")

    def __init__(self, body: JsonObject, members: Members, cache: ExpressionCache) -> None:
        """Check what needs no table, in the service's order.

        Raises:
            ValidationFailed: a parameter, a key value or an expression is not valid.
        """
        members.check(body)
        self.table_name: str = body["TableName"]
        self._keys = canonical_item(body["Key"])
        members.check_return_values(body)
        self._guard = guard_of(body, cache)

    def address(self, table: Table) -> Address:
        """Where the item lies; refuses a Key that does not fit the table."""
        check_key(table.schema, self._keys)
        return Address(table, storage_key(table.schema, self._keys), self._keys)

    def effect(self, address: Address, stored: StoredItem | None, cause: str | None) -> Effect:
        """The stored item goes, if there is one and it satisfies the condition."""
        if self._guard is not None:
            self._guard.check(stored, parsed(stored))
        return effect_of(address, stored, None, None, cause)

    def attributes(self, effect: Effect, return_values: str) -> object | None:
        """ALL_OLD: the item that went."""
        return embedded(effect.before) if return_values == "ALL_OLD" else None


def delete_item(cache: ExpressionCache) -> Operation:
    """The operation DeleteItem."""
    return single_write_operation("DeleteItem", lambda body: Delete(body, DELETE_ITEM, cache))
