"""GetItem: one item by its key, as stored or projected.

Without a projection the stored bytes are the answer: nothing is parsed.
Source: DynamoDB API reference, GetItem.
"""

from __future__ import annotations

from pelton.expressions.cache import ExpressionCache
from pelton.items.key_checks import check_key
from pelton.items.keys import storage_key
from pelton.items.values import canonical_item
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.transaction import Snapshot
from pelton.tables.actions import shown
from pelton.tables.capacity import Consumption, read_units, wanted_detail
from pelton.tables.key_paths import check_key_paths
from pelton.tables.lookup import usable_table
from pelton.tables.request_expressions import Members, projection_of

GET_ITEM = Members(expressions=("ProjectionExpression",), legacy=("AttributesToGet",))


class GetItem:
    """The decision of one GetItem request."""

    __slots__ = ("_body", "_context", "_keys", "_projection")

    def __init__(self, body: JsonObject, context: RequestContext, cache: ExpressionCache) -> None:
        """Check what needs no table, in the service's order."""
        GET_ITEM.check(body)
        self._keys = canonical_item(body["Key"])
        self._projection = projection_of(body, cache)
        self._body = body
        self._context = context

    def __call__(self, snapshot: Snapshot) -> JsonObject:
        """The item, or an answer without one."""
        body = self._body
        table = usable_table(snapshot, self._context, body["TableName"])
        check_key(table.schema, self._keys)
        if self._projection is not None:
            check_key_paths(self._projection.paths, table)
        stored = snapshot.item(table, storage_key(table.schema, self._keys))
        answer: JsonObject = {} if stored is None else {"Item": shown(stored, self._projection)}
        if (detail := wanted_detail(body)) is not None:
            size = 0 if stored is None else stored.size
            consumption = Consumption(read_units(size, is_consistent=bool(body.get("ConsistentRead"))))
            answer["ConsumedCapacity"] = consumption.to_wire(body["TableName"], detail)
        return answer


def get_item(cache: ExpressionCache) -> Operation:
    """The operation GetItem."""
    return Operation(name="GetItem", access=Access.READ, prepare=lambda body, context: GetItem(body, context, cache))
