"""Scan: every row of a table or an index, in the order of the partition keys' hashes.

A segment is a range of hashes: every row is in exactly one of them, whole partitions together.
Source: DynamoDB API reference, Scan; recorded order and texts.
"""

from __future__ import annotations

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.items.keys import KeyRange
from pelton.items.types import Item
from pelton.operations import Access, JsonObject, Operation, RequestContext, Unfinished
from pelton.storage.catalog import HASH_SPACE
from pelton.storage.transaction import Snapshot
from pelton.tables.pages import Walk
from pelton.tables.request_expressions import Members, check_attributes_to_get
from pelton.tables.row_expressions import legacy_rows, row_expressions_of
from pelton.tables.row_requests import (
    START_KEY_INVALID,
    START_KEY_MISMATCH,
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

SCAN = Members(
    expressions=("ProjectionExpression", "FilterExpression"),
    legacy=("AttributesToGet", "ScanFilter", "ConditionalOperator"),
)


class Scan:
    """The decision of one Scan request."""

    __slots__ = ("_body", "_context", "_expressions", "_segment", "_start")

    def __init__(self, body: JsonObject, context: RequestContext, cache: ExpressionCache) -> None:
        """Check what needs no table, in the service's order."""
        SCAN.check(body)
        check_attributes_to_get(body)
        legacy = legacy_rows(body, "ScanFilter")
        self._start = start_key_of(body)
        self._segment = Segment.of(body)
        self._expressions = row_expressions_of(body, cache, legacy)
        if (fault := select_fault(body)) is not None:
            raise fault
        self._body = body
        self._context = context

    def __call__(self, snapshot: Snapshot) -> JsonObject | Unfinished:
        """One page."""
        body = self._body
        rows = rows_of_request(snapshot, self._context, body)
        bounds = self._segment.bounds
        if self._start is not None:
            _check_start_names(rows, self._start)
        check_global_select(rows, body)
        check_projected_paths(rows, self._expressions.projection)
        check_projected_attributes(rows, self._expressions.projection)
        if self._start is not None:
            position = rows.position(self._start)
            self._segment.check_holds(position)
            bounds = bounds.beyond(position)
        walk = Walk(
            stored=lambda now, behind: rows.within(now, bounds if behind is None else bounds.beyond(behind)),
            reading=lambda now: reading_of(now, rows, body, self._expressions),
            answer=lambda page: page_answer(rows, body, page),
        )
        return walk.begin(snapshot)


class Segment:
    """A part of a scan: a range of hashes."""

    __slots__ = ("bounds", "number", "total")

    def __init__(self, number: int, total: int) -> None:
        self.number = number
        self.total = total
        end = (number + 1) * HASH_SPACE // total
        self.bounds = KeyRange(
            (number * HASH_SPACE // total).to_bytes(8, "big"), None if end == HASH_SPACE else end.to_bytes(8, "big")
        )

    @classmethod
    def of(cls, body: JsonObject) -> Segment:
        """The segment a request asks for; without one the whole.

        Raises:
            ValidationFailed: one of the two members is missing, or the number is not below the total.
        """
        number, total = body.get("Segment"), body.get("TotalSegments")
        if number is None and total is None:
            return cls(0, 1)
        if total is None:
            raise ValidationFailed(
                "The TotalSegments parameter is required but was not present in the request "
                "when Segment parameter is present"
            )
        if number is None:
            raise ValidationFailed(
                "The Segment parameter is required but was not present in the request "
                "when parameter TotalSegments is present"
            )
        if number >= total:
            raise ValidationFailed(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                f"Segment: {number} is not less than TotalSegments: {total}"
            )
        return cls(number, total)

    def check_holds(self, position: bytes) -> None:
        """Refuse a start position of another segment."""
        lower, upper = self.bounds
        if position < lower or (upper is not None and position >= upper):
            raise ValidationFailed(
                f"{START_KEY_INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
                f"TotalSegments: {self.total} Segment: {self.number}"
            )


def scan(cache: ExpressionCache) -> Operation:
    """The operation Scan."""
    return Operation(name="Scan", access=Access.READ, prepare=lambda body, context: Scan(body, context, cache))


def _check_start_names(rows: Rows, start: Item) -> None:
    if start.keys() != rows.key_names:
        raise ValidationFailed(START_KEY_MISMATCH if rows.index is None else START_KEY_INVALID)
