"""UpdateItem: change some attributes of an item, or make the item they are then all of.

``Update`` is the action, which TransactWriteItems uses too.
Source: DynamoDB API reference, UpdateItem.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.expressions.condition import Condition, parse_condition
from pelton.expressions.faults import ExpressionKind
from pelton.expressions.legacy_updates import attribute_updates
from pelton.expressions.parameters import ContentFaults, check_sizes, known_parameters, shape_of
from pelton.expressions.update import Update as UpdateExpression
from pelton.expressions.update import UpdatePlan, parse_update
from pelton.items.key_checks import check_key
from pelton.items.keys import storage_key
from pelton.items.types import Item
from pelton.items.values import ITEM_SIZE_MAX, canonical_item, item_size, value_size
from pelton.operations import JsonObject, Operation
from pelton.storage.catalog import Table
from pelton.storage.change import StoredItem
from pelton.tables.actions import Guard, embedded, parsed
from pelton.tables.effects import Address, Effect, effect_of
from pelton.tables.index_rows import check_updated_keys, is_too_large_with_entries
from pelton.tables.key_paths import check_key_paths
from pelton.tables.request_expressions import Members, guarded, legacy_guard_of, request_parameters
from pelton.tables.single_write import single_write_operation

TOO_LARGE = "Item size to update has exceeded the maximum allowed size"
#: Bytes that are counted for the key where actions are.
_KEY_WEIGHT = 3
UPDATE_ITEM = Members(
    expressions=("UpdateExpression", "ConditionExpression"),
    legacy=("AttributeUpdates", "Expected", "ConditionalOperator"),
)


class Update:
    """Change some attributes of one item."""

    __slots__ = ("_guard", "_keys", "_update", "table_name")

    def __init__(self, body: JsonObject, members: Members, cache: ExpressionCache) -> None:
        """Check what needs no table, in the service's order.

        Raises:
            ValidationFailed: a parameter, a key value or an expression is not valid.
        """
        members.check(body)
        self.table_name: str = body["TableName"]
        self._keys = canonical_item(body["Key"])
        self._update, self._guard = _update_and_guard(body, cache)

    def address(self, table: Table) -> Address:
        """Where the item lies; refuses a Key that does not fit the table, and an update of key attributes."""
        keys = self._keys
        check_key(table.schema, keys)
        if self._update is not None:
            if self._update.plan.is_nested:
                check_key_paths(self._update.paths, table)
            self._update.check_keys(table.schema)
        return Address(table, storage_key(table.schema, keys), keys)

    def effect(self, address: Address, stored: StoredItem | None, cause: str | None) -> Effect:
        """The item as the update makes it; without an update, one that is missing comes to be its key."""
        before = parsed(stored)
        if self._guard is not None:
            self._guard.check(stored, before)
        if stored is None and self._update is not None and not self._update.creates:
            return Effect(None, None)
        item, size = self._applied(address.keys, stored, before)
        if self._counted(size) > ITEM_SIZE_MAX:
            raise ValidationFailed(TOO_LARGE)
        if address.table.indexes:
            check_updated_keys(address.table, item, before)
            if is_too_large_with_entries(address.table, item, size):
                raise ValidationFailed(TOO_LARGE)
        after = StoredItem(key=address.key, body=orjson.dumps(item), size=size)
        return effect_of(address, stored, after, item, cause, before)

    def _applied(self, keys: Item, stored: StoredItem | None, before: Item | None) -> tuple[Item, int]:
        """The item after the update and its size.

        What the update leaves alone was measured when it was stored: only touched attributes count anew.
        """
        base = keys if before is None else before
        size = item_size(keys) if stored is None else stored.size
        if self._update is None:
            return base, size
        item = self._update.apply(base)
        for name in self._update.attributes:
            size += _attribute_size(item, name) - _attribute_size(base, name)
        return item, size

    def _counted(self, size: int) -> int:
        """What counts against the limit for an item of that size."""
        return size

    def attributes(self, effect: Effect, return_values: str) -> object | None:
        """The item before or after, whole or as far as the update's paths reach."""
        if return_values == "ALL_OLD":
            return embedded(effect.before)
        if return_values == "ALL_NEW":
            return embedded(effect.after)
        if self._update is None:
            return None
        before = parsed(effect.before)
        if return_values == "UPDATED_OLD":
            return None if before is None else self._update.updated_old(before) or None
        return self._update.updated_new(self._keys if before is None else before) or None


class SingleUpdate(Update):
    """The update of UpdateItem: near the limit of an item the service counts its actions in place of the key."""

    __slots__ = ()

    def _counted(self, size: int) -> int:
        weight = 0 if self._update is None else self._update.plan.weight
        if size + _KEY_WEIGHT + weight <= ITEM_SIZE_MAX or not weight:
            return size
        return max(size, size - item_size(self._keys) + _KEY_WEIGHT + weight)


def _attribute_size(item: Item, name: str) -> int:
    value = item.get(name)
    return 0 if value is None else len(name.encode()) + value_size(value)


def _update_and_guard(body: JsonObject, cache: ExpressionCache) -> tuple[UpdateExpression | None, Guard | None]:
    """The update and the condition; None for what the request does not have."""
    update_text, condition_text = body.get("UpdateExpression"), body.get("ConditionExpression")
    if update_text is None and condition_text is None:
        updates = body.get("AttributeUpdates")
        return None if updates is None else attribute_updates(updates), legacy_guard_of(body)
    names, values = body.get("ExpressionAttributeNames"), body.get("ExpressionAttributeValues")
    shape = shape_of(names, values)
    if shape is None:
        kept = _prepared(body, cache)
    else:
        kept = cache.kept(("update item", update_text, condition_text, shape), lambda: _prepared(body, cache))
    given = known_parameters(names, values, ContentFaults.BARE)
    update = None if kept.plan is None else UpdateExpression(kept.plan, given.values)
    if condition_text is None:
        return update, None
    condition = kept.condition or parse_condition(condition_text, given, ExpressionKind.CONDITION, cache)
    return update, guarded(body, condition)


class _Prepared(NamedTuple):
    """What requests have in common whose texts, names and types of values are the same: all that was checked."""

    plan: UpdatePlan | None
    condition: Condition | None  #: None: there is none, or it holds values and is bound for each request


def _prepared(body: JsonObject, cache: ExpressionCache) -> _Prepared:
    """Check the expressions of a request, in the service's order."""
    update_text, condition_text = body.get("UpdateExpression"), body.get("ConditionExpression")
    given = request_parameters(body, ContentFaults.BARE)
    check_sizes({ExpressionKind.UPDATE: update_text, ExpressionKind.CONDITION: condition_text})
    plan = None if update_text is None else parse_update(update_text, given, cache).plan
    condition = None
    if condition_text is not None:
        condition = parse_condition(condition_text, given, ExpressionKind.CONDITION, cache)
    given.check_all_used()
    return _Prepared(plan, None if condition is None or condition.has_values else condition)


def update_item(cache: ExpressionCache) -> Operation:
    """The operation UpdateItem."""
    return single_write_operation("UpdateItem", lambda body: SingleUpdate(body, UPDATE_ITEM, cache))
