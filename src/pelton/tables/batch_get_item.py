"""BatchGetItem: up to 100 items of one or more tables; what does not fit 16 MB comes back as unprocessed.

Source: DynamoDB API reference, BatchGetItem.
"""

from __future__ import annotations

import orjson

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.items.key_checks import check_key
from pelton.items.keys import storage_key
from pelton.items.values import canonical_item
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.change import StoredItem
from pelton.storage.transaction import Snapshot
from pelton.tables.actions import shown
from pelton.tables.capacity import Consumption, read_units, wanted_detail
from pelton.tables.key_paths import check_key_paths
from pelton.tables.lookup import usable_table
from pelton.tables.request_expressions import Members, projection_of

KEYS_MAX = 100
#: Bytes of items in one answer.
ANSWER_BYTES_MAX = 16 * 1024 * 1024

BATCH_GET = Members(expressions=("ProjectionExpression",), legacy=("AttributesToGet",))


class _TableKeys:
    """What a request asks of one table."""

    __slots__ = ("is_consistent", "keys", "projection", "request", "table_name")

    def __init__(self, table_name: str, request: JsonObject, cache: ExpressionCache) -> None:
        BATCH_GET.check(request)
        self.table_name = table_name
        self.request = request
        self.is_consistent = bool(request.get("ConsistentRead"))
        self.keys = [canonical_item(key) for key in request["Keys"]]
        self.projection = projection_of(request, cache)
        # Canonical keys are equal when their JSON is, once its members are in one order.
        if len({orjson.dumps(key, option=orjson.OPT_SORT_KEYS) for key in self.keys}) < len(self.keys):
            raise ValidationFailed("Provided list of item keys contains duplicates")

    def storage_keys(self, table: Table) -> list[bytes]:
        """The storage keys, in the request's order; refuses keys that do not fit the table."""
        for key in self.keys:
            check_key(table.schema, key)
        if self.projection is not None:
            check_key_paths(self.projection.paths, table)
        return [storage_key(table.schema, key) for key in self.keys]

    def unprocessed(self, done: int) -> JsonObject:
        """The same request without its first ``done`` keys."""
        return {**self.request, "Keys": self.request["Keys"][done:]}


class BatchGetItem:
    """The decision of one BatchGetItem request."""

    __slots__ = ("_body", "_context", "_parts")

    def __init__(self, body: JsonObject, context: RequestContext, cache: ExpressionCache) -> None:
        """Check what needs no table, table by table."""
        requests = body["RequestItems"]
        if not requests:
            raise ValidationFailed("The requestItems parameter is required for BatchGetItem")
        if sum(len(request["Keys"]) for request in requests.values()) > KEYS_MAX:
            raise ValidationFailed("Too many items requested for the BatchGetItem call")
        self._parts = [_TableKeys(name, request, cache) for name, request in requests.items()]
        self._body = body
        self._context = context

    def __call__(self, snapshot: Snapshot) -> JsonObject:
        """The items that are there, by table, and what is left for another call."""
        tables = [usable_table(snapshot, self._context, part.table_name) for part in self._parts]
        keys = [part.storage_keys(table) for part, table in zip(self._parts, tables, strict=True)]
        responses: dict[str, list[object]] = {}
        unprocessed: JsonObject = {}
        consumed: list[tuple[str, Consumption]] = []
        room = ANSWER_BYTES_MAX
        for part, table, storage_keys in zip(self._parts, tables, keys, strict=True):
            items = _fitting(snapshot, table, storage_keys, room)
            sizes = [0 if item is None else item.size for item in items]
            room -= sum(sizes)
            responses[part.table_name] = [shown(item, part.projection) for item in items if item is not None]
            if len(items) < len(storage_keys):
                unprocessed[part.table_name] = part.unprocessed(len(items))
            units = sum(read_units(size, is_consistent=part.is_consistent) for size in sizes)
            consumed.append((part.table_name, Consumption(units)))
        answer: JsonObject = {"Responses": responses, "UnprocessedKeys": unprocessed}
        if (detail := wanted_detail(self._body)) is not None:
            answer["ConsumedCapacity"] = [consumption.to_wire(name, detail) for name, consumption in consumed]
        return answer


def batch_get_item(cache: ExpressionCache) -> Operation:
    """The operation BatchGetItem."""
    return Operation(
        name="BatchGetItem", access=Access.READ, prepare=lambda body, context: BatchGetItem(body, context, cache)
    )


def _fitting(snapshot: Snapshot, table: Table, keys: list[bytes], room: int) -> list[StoredItem | None]:
    """The items under the first keys, as many as fit in that many bytes; None for what is not there."""
    items: list[StoredItem | None] = []
    for key in keys:
        item = snapshot.item(table, key)
        room -= 0 if item is None else item.size
        if room < 0:
            break
        items.append(item)
    return items
