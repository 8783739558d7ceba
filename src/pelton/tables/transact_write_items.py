"""TransactWriteItems: up to 100 actions on different items, all of them or none.

The writer decides one request after the other, so a transaction never meets another: conflicts
between transactions do not occur here. A ClientRequestToken makes a repeated call within ten
minutes succeed without writing again; what is remembered is durable.
Source: DynamoDB API reference, TransactWriteItems; recorded split between whole refusals and reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import orjson

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.items.key_checks import EmptyKeyValue, check_key
from pelton.items.keys import storage_key
from pelton.items.values import canonical_item
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.change import StoredItem
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.actions import Action, parsed
from pelton.tables.capacity import Consumption, transaction_read_units, wanted_detail
from pelton.tables.delete_item import Delete
from pelton.tables.effects import Address, Effect
from pelton.tables.errors import (
    CancellationReason,
    ConditionalCheckFailed,
    IdempotentParameterMismatch,
    TransactionCanceled,
)
from pelton.tables.item_collections import collection_metrics
from pelton.tables.lookup import usable_table
from pelton.tables.put_item import Put
from pelton.tables.request_expressions import Members, guard_of
from pelton.tables.update_item import Update

#: How long a token is remembered. Source: API_TransactWriteItems, ClientRequestToken.
TOKEN_MS = 10 * 60 * 1000
#: Bytes of all items in a transaction, at most. Source: developer guide, "Quotas".
TRANSACTION_BYTES_MAX = 4 * 1024 * 1024

FINE = CancellationReason()

CONDITION = Members(expressions=("ConditionExpression",))
UPDATE = Members(
    expressions=("UpdateExpression", "ConditionExpression"),
)


class Check:
    """ConditionCheck: the item satisfies a condition; nothing changes."""

    __slots__ = ("_guard", "_keys", "table_name")

    def __init__(self, body: JsonObject, members: Members, cache: ExpressionCache) -> None:
        """Check what needs no table."""
        members.check(body)
        self.table_name: str = body["TableName"]
        self._keys = canonical_item(body["Key"])
        self._guard = guard_of(body, cache)

    def address(self, table: Table) -> Address:
        """Where the item lies."""
        check_key(table.schema, self._keys)
        return Address(table, storage_key(table.schema, self._keys), self._keys)

    def effect(self, address: Address, stored: StoredItem | None, cause: str | None) -> Effect:  # noqa: ARG002
        """None, when the item satisfies the condition."""
        assert self._guard is not None, "the service model requires a ConditionExpression"
        self._guard.check(stored, parsed(stored))
        return Effect(stored, stored)

    def attributes(self, effect: Effect, return_values: str) -> object | None:  # noqa: ARG002
        """A check returns nothing."""
        return None


class TransactWriteItems:
    """The decision of one TransactWriteItems request."""

    __slots__ = ("_actions", "_body", "_context", "_digest")

    def __init__(self, body: JsonObject, context: RequestContext, cache: ExpressionCache) -> None:
        """Check what needs no table, action by action."""
        self._actions = [_action(entry, cache) for entry in body["TransactItems"]]
        self._body = body
        self._context = context
        self._digest = b""
        if body.get("ClientRequestToken") is not None:
            request = orjson.dumps(body["TransactItems"], option=orjson.OPT_SORT_KEYS)
            self._digest = blake2b(request, digest_size=32).digest()

    def __call__(self, transaction: WriteTransaction) -> JsonObject:
        """All actions, or none.

        Raises:
            TransactionCanceled: at least one action failed; all that did are told.
            IdempotentParameterMismatch: the token was used with other actions.
        """
        token = self._body.get("ClientRequestToken")
        if token is not None and (replay := self._replay(transaction, token)) is not None:
            return replay
        addresses, effects = self._decide(transaction)
        for effect in effects:
            if effect.change is not None:
                transaction.apply(effect.change)
        if token is not None:
            self._remember(transaction, token, effects)
        return self._answer(transaction, addresses, effects)

    def _decide(self, transaction: WriteTransaction) -> tuple[list[Address], list[Effect]]:
        tables = [usable_table(transaction, self._context, action.table_name) for action in self._actions]
        located = [_address(action, table) for action, table in zip(self._actions, tables, strict=True)]
        _check_distinct(located)
        decided = [
            place if isinstance(place, CancellationReason) else _effect(transaction, action, place, self._context)
            for action, place in zip(self._actions, located, strict=True)
        ]
        effects = [outcome for outcome in decided if isinstance(outcome, Effect)]
        if len(effects) < len(decided):
            raise TransactionCanceled([FINE if isinstance(outcome, Effect) else outcome for outcome in decided])
        _check_total(effects)
        return [place for place in located if isinstance(place, Address)], effects

    def _scope(self) -> str:
        return f"TransactWriteItems/{self._context.account}/{self._context.region}"

    def _replay(self, transaction: WriteTransaction, token: str) -> JsonObject | None:
        """The answer to a call that was made before, or None."""
        remembered = transaction.token(self._scope(), token)
        if remembered is None:
            return None
        digest, answer, stored_ms = remembered
        if self._context.now_ms - stored_ms > TOKEN_MS:
            return None
        if digest != self._digest:
            raise IdempotentParameterMismatch
        if (detail := wanted_detail(self._body)) is None:
            return {}
        units: dict[str, float] = orjson.loads(answer)
        return {
            "ConsumedCapacity": [
                Consumption(table_units).to_wire(name, detail, "ReadCapacityUnits")
                for name, table_units in units.items()
            ]
        }

    def _remember(self, transaction: WriteTransaction, token: str, effects: Sequence[Effect]) -> None:
        """Keep what a repeated call is answered: the read units of its items, by table."""
        units: dict[str, float] = {}
        for action, effect in zip(self._actions, effects, strict=True):
            units[action.table_name] = units.get(action.table_name, 0.0) + transaction_read_units(_size(effect))
        transaction.remember_token(self._scope(), token, self._digest, orjson.dumps(units), self._context.now_ms)

    def _answer(
        self, transaction: WriteTransaction, addresses: Sequence[Address], effects: Sequence[Effect]
    ) -> JsonObject:
        answer: JsonObject = {}
        if (detail := wanted_detail(self._body)) is not None:
            by_table: dict[str, Consumption] = {}
            for action, effect in zip(self._actions, effects, strict=True):
                effect.charge(by_table.setdefault(action.table_name, Consumption()), factor=2.0)
            answer["ConsumedCapacity"] = [
                consumption.to_wire(name, detail, "WriteCapacityUnits") for name, consumption in by_table.items()
            ]
        if self._body.get("ReturnItemCollectionMetrics") == "SIZE":
            names = [action.table_name for action in self._actions]
            if metrics := metrics_by_table(transaction, names, addresses):
                answer["ItemCollectionMetrics"] = metrics
        return answer


def transact_write_items(cache: ExpressionCache) -> Operation:
    """The operation TransactWriteItems."""
    return Operation(
        name="TransactWriteItems",
        access=Access.WRITE,
        prepare=lambda body, context: TransactWriteItems(body, context, cache),
    )


def metrics_by_table(snapshot: Snapshot, names: Sequence[str], addresses: Sequence[Address]) -> JsonObject:
    """ItemCollectionMetrics of several written items, one entry per collection, by table."""
    metrics: dict[str, list[JsonObject]] = {}
    for name, address in zip(names, addresses, strict=True):
        entry = collection_metrics(snapshot, address)
        if entry is not None and entry not in metrics.setdefault(name, []):
            metrics[name].append(entry)
    return dict(metrics)


def _action(entry: JsonObject, cache: ExpressionCache) -> Action:
    kinds = [kind for kind in ("ConditionCheck", "Put", "Update", "Delete") if entry.get(kind) is not None]
    if len(kinds) != 1:
        raise ValidationFailed("TransactItems can only contain one of Check, Put, Update or Delete")
    body = entry[kinds[0]]
    if kinds[0] == "Put":
        return Put(body, CONDITION, cache)
    if kinds[0] == "Update":
        return Update(body, UPDATE, cache)
    if kinds[0] == "Delete":
        return Delete(body, CONDITION, cache)
    return Check(body, CONDITION, cache)


def _address(action: Action, table: Table) -> Address | CancellationReason:
    """Where an action's item lies, or why its key does not fit; an empty key refuses the whole request."""
    try:
        return action.address(table)
    except EmptyKeyValue:
        raise
    except ValidationFailed as fault:
        return CancellationReason("ValidationError", fault.message)


def _check_distinct(located: Sequence[Address | CancellationReason]) -> None:
    places = [(place.table.id, place.key) for place in located if isinstance(place, Address)]
    if len(set(places)) < len(places):
        raise ValidationFailed("Transaction request cannot include multiple operations on one item")


def _effect(
    transaction: WriteTransaction, action: Action, address: Address, context: RequestContext
) -> Effect | CancellationReason:
    stored = transaction.item(address.table, address.key)
    try:
        return action.effect(address, stored, context.trace)
    except ConditionalCheckFailed as failure:
        return CancellationReason("ConditionalCheckFailed", failure.message, failure.stored)
    except ValidationFailed as fault:
        return CancellationReason("ValidationError", fault.message)


def _check_total(effects: Sequence[Effect]) -> None:
    if sum(map(_size, effects)) > TRANSACTION_BYTES_MAX:
        raise ValidationFailed("Transaction request size has exceeded the maximum allowed size of 4 MB")


def _size(effect: Effect) -> int:
    before = 0 if effect.before is None else effect.before.size
    after = 0 if effect.after is None else effect.after.size
    return max(before, after)
