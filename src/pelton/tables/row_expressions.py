"""The expressions of Query and Scan: key conditions, filter and projection over one set of parameters."""

from __future__ import annotations

from dataclasses import dataclass

from pelton.expressions.cache import ExpressionCache
from pelton.expressions.condition import Condition, parse_condition
from pelton.expressions.faults import ExpressionKind
from pelton.expressions.key_condition import KeyConditions, parse_key_condition
from pelton.expressions.parameters import check_sizes
from pelton.expressions.projection import Projection, parse_projection
from pelton.operations import JsonObject
from pelton.tables.request_expressions import request_parameters


@dataclass(frozen=True, slots=True)
class RowExpressions:
    """The expressions of a Query or Scan; None for what the request does not have."""

    key_conditions: KeyConditions | None = None
    filter: Condition | None = None
    projection: Projection | None = None


def row_expressions_of(body: JsonObject, cache: ExpressionCache) -> RowExpressions:
    """The expressions of a Query or Scan."""
    key_text, filter_text = body.get("KeyConditionExpression"), body.get("FilterExpression")
    projection_text = body.get("ProjectionExpression")
    if key_text is None and filter_text is None and projection_text is None:
        return RowExpressions()
    given = request_parameters(body)
    check_sizes(
        {
            ExpressionKind.KEY_CONDITION: key_text,
            ExpressionKind.FILTER: filter_text,
            ExpressionKind.PROJECTION: projection_text,
        }
    )
    expressions = RowExpressions(
        None if key_text is None else parse_key_condition(key_text, given, cache),
        None if filter_text is None else parse_condition(filter_text, given, ExpressionKind.FILTER, cache),
        None if projection_text is None else parse_projection(projection_text, given, cache),
    )
    given.check_all_used()
    return expressions
