"""Query: the rows of one partition of a table or an index, in the order of their sort keys.

Source: DynamoDB API reference, Query; recorded order and texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.expressions.condition import Condition
from pelton.expressions.key_condition import KeyCondition
from pelton.items.keys import KeyRange
from pelton.items.schema import KeySchema
from pelton.items.types import Item
from pelton.operations import Access, JsonObject, Operation, RequestContext, Unfinished
from pelton.storage.change import StoredItem
from pelton.storage.transaction import Snapshot
from pelton.tables.errors import in_envelope
from pelton.tables.pages import Walk
from pelton.tables.request_expressions import Members
from pelton.tables.row_expressions import legacy_rows, row_expressions_of
from pelton.tables.row_requests import (
    START_KEY_INVALID,
    Rows,
    check_global_select,
    check_projected_attributes,
    check_projected_paths,
    page_answer,
    reading_of,
    rows_of_request,
    select_fault,
    start_key_of,
)

QUERY = Members(
    expressions=("ProjectionExpression", "FilterExpression", "KeyConditionExpression"),
    legacy=("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"),
)


class Query:
    """The decision of one Query request."""

    __slots__ = ("_body", "_context", "_expressions", "_start")

    def __init__(self, body: JsonObject, context: RequestContext, cache: ExpressionCache) -> None:
        """Check what needs no table, in the service's order."""
        QUERY.check(body)
        legacy = legacy_rows(body, "QueryFilter")
        self._start = start_key_of(body)
        if body.get("KeyConditionExpression") is None and body.get("KeyConditions") is None:
            raise ValidationFailed(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            )
        self._expressions = row_expressions_of(body, cache, legacy)
        if (fault := select_fault(body)) is not None:
            raise in_envelope(fault)
        self._body = body
        self._context = context

    def __call__(self, snapshot: Snapshot) -> JsonObject | Unfinished:
        """One page."""
        body, expressions = self._body, self._expressions
        rows = rows_of_request(snapshot, self._context, body)
        if self._start is not None and self._start.keys() != rows.key_names:
            raise ValidationFailed(START_KEY_INVALID)
        schema = rows.table.schema if rows.index is None else rows.index.schema
        assert expressions.key_conditions is not None, "the request was checked"
        condition = expressions.key_conditions.bind(schema)
        bounds = self._bounds(rows, condition)
        check_projected_paths(rows, expressions.projection)
        if expressions.filter is not None:
            named = "QueryFilter" if body.get("FilterExpression") is None else "Filter Expression"
            _check_filter(schema, expressions.filter, named)
        check_global_select(rows, body)
        check_projected_attributes(rows, expressions.projection)
        return self._walk(rows, bounds).begin(snapshot)

    def _walk(self, rows: Rows, bounds: KeyRange) -> Walk:
        body, is_descending = self._body, self._is_descending

        def stored(snapshot: Snapshot, behind: bytes | None) -> Iterator[StoredItem]:
            left = bounds if behind is None else bounds.beyond(behind, is_descending=is_descending)
            return rows.within(snapshot, left, is_descending=is_descending)

        return Walk(
            stored=stored,
            reading=lambda snapshot: reading_of(snapshot, rows, body, self._expressions),
            answer=lambda page: page_answer(rows, body, page),
        )

    @property
    def _is_descending(self) -> bool:
        return self._body.get("ScanIndexForward") is False

    def _bounds(self, rows: Rows, condition: KeyCondition) -> KeyRange:
        """The keys that are left to read: those that meet the condition, after the start key."""
        bounds = condition.range()
        if self._start is None:
            return bounds
        position = rows.position(self._start)
        if not _holds(bounds, position):
            raise _outside(condition, self._start, position)
        return bounds.beyond(position, is_descending=self._is_descending)


def query(cache: ExpressionCache) -> Operation:
    """The operation Query."""
    return Operation(name="Query", access=Access.READ, prepare=lambda body, context: Query(body, context, cache))


def _holds(bounds: KeyRange, position: bytes) -> bool:
    return bounds.lower <= position and (bounds.upper is None or position < bounds.upper)


def _outside(condition: KeyCondition, start: Item, position: bytes) -> ValidationFailed:
    """Why a start key does not fit the conditions: another partition, or out of the sort key's range."""
    if not condition.has_sort_condition:
        return ValidationFailed("The provided starting key is outside query boundaries based on provided conditions")
    # Whether its sort key would do, were it in the partition that is asked for.
    own = tuple(start[attribute.name] for attribute in condition.schema.partition)
    others = condition.equal_values[len(own) :]
    if _holds(replace(condition, equal_values=own + others).range(), position):
        return ValidationFailed("The query can return at most one row and cannot be restarted")
    return ValidationFailed("The provided starting key does not match the range key predicate")


def _check_filter(schema: KeySchema, condition: Condition, named: str) -> None:
    """Refuse a filter on the keys that the query's key condition is for."""
    for attribute in schema.attributes:
        if attribute.name in condition.attributes:
            raise ValidationFailed(
                f"{named} can only contain non-primary key attributes: Primary key attribute: {attribute.name}"
            )
