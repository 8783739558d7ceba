"""What Query and Scan have in common: which rows are read, how they are shown, and where a page goes on.

Source: DynamoDB API reference, Query and Scan; recorded order and texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from pelton.errors import ValidationFailed
from pelton.expressions.projection import Projection
from pelton.items.keys import KeyRange, holds_key_value, index_key, key_of, storage_key
from pelton.items.types import AttributeValue, Item
from pelton.items.values import canonical_value
from pelton.operations import JsonObject, RequestContext
from pelton.storage.catalog import Index, Table, projected_names
from pelton.storage.change import StoredItem
from pelton.storage.transaction import Snapshot
from pelton.tables.backfilling import is_backfilling
from pelton.tables.capacity import Consumption, read_units, wanted_detail
from pelton.tables.errors import invalid_parameter, table_missing
from pelton.tables.key_paths import check_key_paths
from pelton.tables.lookup import index_named, usable_table
from pelton.tables.pages import Page, Reading
from pelton.tables.row_expressions import RowExpressions

START_KEY_INVALID = "The provided starting key is invalid"
START_KEY_MISMATCH = f"{START_KEY_INVALID}: The provided key element does not match the schema"

#: Types whose faults in a start key the service tells without saying that it is a start key.
_PLAIN_TYPES = frozenset(("N", "NS"))


@dataclass(frozen=True, slots=True)
class Rows:
    """A table, or one of its indexes, as something to read rows from."""

    table: Table
    index: Index | None

    @property
    def key_names(self) -> frozenset[str]:
        """Names of the attributes that make a position: the index's and the table's keys."""
        schemas = (self.table.schema,) if self.index is None else (self.table.schema, self.index.schema)
        return frozenset(attribute.name for schema in schemas for attribute in schema.attributes)

    def position(self, start: Item) -> bytes:
        """The storage key of a start key that was checked.

        Raises:
            ValidationFailed: a value is not of its attribute's type.
        """
        table, index = self.table, self.index
        schemas = (table.schema,) if index is None else (table.schema, index.schema)
        for attribute in (attribute for schema in schemas for attribute in schema.attributes):
            if not holds_key_value(attribute, start[attribute.name]):
                raise ValidationFailed(START_KEY_MISMATCH)
        if index is None:
            return storage_key(table.schema, start)
        key = index_key(index.schema, table.schema, start)
        assert key is not None, "every key attribute is there"
        return key

    def last_key(self, row: StoredItem) -> Item:
        """LastEvaluatedKey for a page that ended with this row."""
        item: Item = orjson.loads(row.body)
        keys = key_of(self.table.schema, item)
        return keys if self.index is None else {**key_of(self.index.schema, item), **keys}

    def within(self, snapshot: Snapshot, bounds: KeyRange, *, is_descending: bool = False) -> Iterator[StoredItem]:
        """The rows of a range, in a snapshot that may be newer than the one these rows were found in.

        Raises:
            ResourceNotFound: the table, or the index, is gone.
        """
        table, index = self.table, self.index
        now = snapshot.table(table.account, table.region, table.name)
        if now is None or now.id != table.id or (index is not None and index not in now.indexes):
            raise table_missing()
        return snapshot.items(table, index, lower=bounds.lower, upper=bounds.upper, is_descending=is_descending)


def rows_of_request(snapshot: Snapshot, context: RequestContext, body: JsonObject) -> Rows:
    """The rows a request reads.

    Raises:
        ResourceNotFound: there is no such table.
        ValidationFailed: there is no such index, or it cannot be read consistently.
    """
    table = usable_table(snapshot, context, body["TableName"])
    index_name = body.get("IndexName")
    if index_name is None:
        return Rows(table, None)
    index = index_named(table, index_name)
    if index is None:
        raise ValidationFailed(f"The table does not have the specified index: {index_name}")
    if index.is_global and body.get("ConsistentRead"):
        raise ValidationFailed("Consistent reads are not supported on global secondary indexes")
    if is_backfilling(table, index):
        raise ValidationFailed(f"Cannot read from backfilling global secondary index: {index_name}")
    return Rows(table, index)


def start_key_of(body: JsonObject) -> Item | None:
    """ExclusiveStartKey, canonical.

    Raises:
        ValidationFailed: one of its values is not valid.
    """
    start: Item | None = body.get("ExclusiveStartKey")
    if start is None:
        return None
    return {name: _start_value(value) for name, value in start.items()}


def _start_value(value: AttributeValue) -> AttributeValue:
    try:
        return canonical_value(value)
    except ValidationFailed as fault:
        # Of a set of strings or binaries that is not empty the fault is a duplicate.
        if not _PLAIN_TYPES.isdisjoint(value) or value.get("SS") or value.get("BS"):
            raise
        raise ValidationFailed(f"{START_KEY_INVALID}: {fault.message}") from None


def select_fault(body: JsonObject) -> ValidationFailed | None:
    """What is wrong with Select beside the request's other members; None: nothing."""
    select = body.get("Select")
    named = next((name for name in ("ProjectionExpression", "AttributesToGet") if body.get(name) is not None), None)
    if select == "ALL_PROJECTED_ATTRIBUTES" and body.get("IndexName") is None:
        return ValidationFailed("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if select == "SPECIFIC_ATTRIBUTES" and named is None:
        return ValidationFailed(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        )
    if named is None or select is None or select == "SPECIFIC_ATTRIBUTES":
        return None
    wanted = "only the Count" if select == "COUNT" else select
    return ValidationFailed(f"Cannot specify the {named} when choosing to get {wanted}")


def check_global_select(rows: Rows, body: JsonObject) -> None:
    """Refuse ALL_ATTRIBUTES of a global index that does not project all.

    Raises:
        ValidationFailed: naming the index.
    """
    index = rows.index
    if index is None or not index.is_global or body.get("Select") != "ALL_ATTRIBUTES":
        return
    if projected_names(rows.table.schema, index) is not None:
        raise invalid_parameter(
            f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} "
            "because its projection type is not ALL"
        )


def check_projected_paths(rows: Rows, projection: Projection | None) -> None:
    """Refuse a projection of paths into keys.

    Raises:
        ValidationFailed: naming the key.
    """
    if projection is not None:
        check_key_paths(projection.paths, rows.table)


def check_projected_attributes(rows: Rows, projection: Projection | None) -> None:
    """Refuse a projection of attributes that a global index does not hold.

    Raises:
        ValidationFailed: naming the attributes.
    """
    index = rows.index
    if projection is None or index is None or not index.is_global:
        return
    if missing := unprojected(rows, projection):
        raise invalid_parameter(f"Global secondary index {index.name} does not project [{', '.join(missing)}]")


def unprojected(rows: Rows, projection: Projection) -> list[str]:
    """Attributes a projection names that the queried index does not hold."""
    assert rows.index is not None, "only an index leaves attributes out"
    names = projected_names(rows.table.schema, rows.index)
    if names is None:
        return []
    attributes = dict.fromkeys(str(path[0]) for path in projection.paths)
    return [name for name in attributes if name not in names]


def reading_of(snapshot: Snapshot, rows: Rows, body: JsonObject, expressions: RowExpressions) -> Reading:
    """How the rows become a page."""
    return Reading(
        limit=body.get("Limit"),
        is_counting=body.get("Select") == "COUNT",
        keep=expressions.filter,
        show=expressions.projection,
        fetch=_fetch(snapshot, rows, body, expressions.projection),
    )


def page_answer(rows: Rows, body: JsonObject, page: Page) -> JsonObject:
    """The answer that shows a page."""
    answer: JsonObject = {"Count": page.count, "ScannedCount": page.scanned}
    if body.get("Select") != "COUNT":
        answer["Items"] = page.rows
    if page.last is not None:
        answer["LastEvaluatedKey"] = rows.last_key(page.last)
    if (detail := wanted_detail(body)) is not None:
        consumption = _consumption(rows, page, is_consistent=bool(body.get("ConsistentRead")))
        answer["ConsumedCapacity"] = consumption.to_wire(body["TableName"], detail)
    return answer


def _fetch(
    snapshot: Snapshot, rows: Rows, body: JsonObject, show: Projection | None
) -> Callable[[StoredItem], StoredItem] | None:
    """From a local index's row to its item, when the request wants what the index does not hold."""
    table, index = rows.table, rows.index
    if index is None or index.is_global or projected_names(table.schema, index) is None:
        return None
    wants_all = body.get("Select") == "ALL_ATTRIBUTES"
    if not wants_all and (show is None or not unprojected(rows, show)):
        return None

    def fetch(row: StoredItem) -> StoredItem:
        stored = snapshot.item(table, storage_key(table.schema, orjson.loads(row.body)))
        assert stored is not None, "an index row without its item"
        return stored

    return fetch


def _consumption(rows: Rows, page: Page, *, is_consistent: bool) -> Consumption:
    units = read_units(page.size, is_consistent=is_consistent)
    if rows.index is None:
        return Consumption(units)
    consumption = Consumption(sum((read_units(size, is_consistent=is_consistent) for size in page.fetched), 0.0))
    consumption.add_index(rows.index, units)
    return consumption
