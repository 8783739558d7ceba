"""The expressions of Query and Scan: key conditions, filter and projection over one set of parameters."""

from __future__ import annotations

from dataclasses import dataclass

from pelton.expressions.cache import ExpressionCache
from pelton.expressions.condition import Condition, parse_condition
from pelton.expressions.faults import ExpressionKind
from pelton.expressions.key_condition import KeyConditions, parse_key_condition
from pelton.expressions.legacy_conditions import key_conditions
from pelton.expressions.parameters import check_sizes
from pelton.expressions.projection import Projection, parse_projection
from pelton.operations import JsonObject
from pelton.tables.request_expressions import (
    attributes_to_get,
    legacy_filter_of,
    request_parameters,
)


@dataclass(frozen=True, slots=True)
class RowExpressions:
    """The expressions of a Query or Scan; None for what the request does not have."""

    key_conditions: KeyConditions | None = None
    filter: Condition | None = None
    projection: Projection | None = None


def legacy_rows(body: JsonObject, filter_member: str) -> RowExpressions:
    """Filter and projection of a request that has them in the parameters that expressions have replaced.

    They are checked long before expressions.

    Args:
        body: the request's.
        filter_member: QueryFilter or ScanFilter.

    Raises:
        ValidationFailed: an entry of the filter breaks a rule, or AttributesToGet names an attribute twice.
    """
    condition = legacy_filter_of(body, filter_member)
    return RowExpressions(None, condition, attributes_to_get(body))


def row_expressions_of(body: JsonObject, cache: ExpressionCache, legacy: RowExpressions) -> RowExpressions:
    """The expressions of a Query or Scan, or what it has instead of them.

    Args:
        body: the request's.
        cache: the server's.
        legacy: what ``legacy_rows`` made of it.

    Raises:
        ValidationFailed: the first rule that one of them breaks.
    """
    key_text, filter_text = body.get("KeyConditionExpression"), body.get("FilterExpression")
    projection_text = body.get("ProjectionExpression")
    if key_text is None and filter_text is None and projection_text is None:
        return RowExpressions(_legacy_keys(body), legacy.filter, legacy.projection)
    given = request_parameters(body)
    check_sizes(
        {
            ExpressionKind.KEY_CONDITION: key_text,
            ExpressionKind.FILTER: filter_text,
            ExpressionKind.PROJECTION: projection_text,
        }
    )
    keys = None if key_text is None else parse_key_condition(key_text, given, cache)
    kept = None if filter_text is None else parse_condition(filter_text, given, ExpressionKind.FILTER, cache)
    shown = None if projection_text is None else parse_projection(projection_text, given, cache)
    given.check_all_used()
    return RowExpressions(_legacy_keys(body) if keys is None else keys, kept, shown)


def _legacy_keys(body: JsonObject) -> KeyConditions | None:
    entries = body.get("KeyConditions")
    return None if entries is None else key_conditions(entries)
