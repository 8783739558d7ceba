"""One action as an operation of its own: PutItem, UpdateItem and DeleteItem around their actions."""

from __future__ import annotations

from collections.abc import Callable

from pelton.expressions.faults import ExpressionFault
from pelton.items.values import ImpossibleContent
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.transaction import WriteTransaction
from pelton.tables.actions import Action
from pelton.tables.capacity import Consumption, wanted_detail
from pelton.tables.effects import Address, Effect
from pelton.tables.errors import in_envelope
from pelton.tables.item_collections import collection_metrics
from pelton.tables.lookup import usable_table


class SingleWrite:
    """The decision of one action: look up, decide, apply, answer."""

    __slots__ = ("_action", "_body", "_context")

    def __init__(self, action: Action, body: JsonObject, context: RequestContext) -> None:
        self._action = action
        self._body = body
        self._context = context

    def __call__(self, transaction: WriteTransaction) -> JsonObject:
        """Decide fully, then apply."""
        action, context = self._action, self._context
        table = usable_table(transaction, context, action.table_name)
        address = action.address(table)
        stored = transaction.item(table, address.key)
        effect = action.effect(address, stored, context.trace)
        if effect.change is not None:
            transaction.apply(effect.change)
        return self._answer(transaction, address, effect)

    def _answer(self, transaction: WriteTransaction, address: Address, effect: Effect) -> JsonObject:
        answer: JsonObject = {}
        body = self._body
        return_values = body.get("ReturnValues")
        if return_values is not None and return_values != "NONE":
            attributes = self._action.attributes(effect, return_values)
            if attributes is not None:
                answer["Attributes"] = attributes
        if (detail := wanted_detail(body)) is not None:
            consumption = Consumption()
            effect.charge(consumption)
            answer["ConsumedCapacity"] = consumption.to_wire(self._action.table_name, detail)
        if body.get("ReturnItemCollectionMetrics") == "SIZE":
            metrics = collection_metrics(transaction, address)
            if metrics is not None:
                answer["ItemCollectionMetrics"] = metrics
        return answer


def single_write_operation(name: str, action_of: Callable[[JsonObject], Action]) -> Operation:
    """An operation that is one action.

    Args:
        name: of the operation.
        action_of: the action that a request's body describes; raises when it is not valid.
    """

    def prepare(body: JsonObject, context: RequestContext) -> SingleWrite:
        try:
            action = action_of(body)
        except (ImpossibleContent, ExpressionFault) as fault:
            raise in_envelope(fault) from None
        return SingleWrite(action, body, context)

    return Operation(name=name, access=Access.WRITE, prepare=prepare)
