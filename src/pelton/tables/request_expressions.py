"""The expressions of one request: checked and parsed in the service's order.

1. expressions mixed with the parameters they replaced; 2. names or values without an expression;
3. names; 4. values; 5. sizes; 6. parse in the order Update, Condition, KeyCondition, Filter,
Projection; 7. what is given and unused. The parameters of the API before expressions (``Expected``
and its like) are refused by name.
Source: recorded order; developer guide, "Legacy conditional parameters".
"""

from __future__ import annotations

from pelton.expressions.cache import ExpressionCache
from pelton.expressions.condition import Condition, parse_condition
from pelton.expressions.faults import ExpressionKind
from pelton.expressions.parameters import (
    ContentFaults,
    Parameters,
    check_needed,
    check_not_mixed,
    parameters,
)
from pelton.expressions.projection import Projection, parse_projection
from pelton.operations import JsonObject
from pelton.tables.actions import Guard
from pelton.tables.errors import NotOffered

#: What expressions are given beside their text.
PARAMETERS = ("ExpressionAttributeNames", "ExpressionAttributeValues")
#: What replaces a parameter of the API before expressions.
REPLACEMENTS = {
    "Expected": "ConditionExpression",
    "AttributeUpdates": "UpdateExpression",
    "AttributesToGet": "ProjectionExpression",
    "KeyConditions": "KeyConditionExpression",
    "QueryFilter": "FilterExpression",
    "ScanFilter": "FilterExpression",
    "ConditionalOperator": "AND and OR in the expression",
}


class Members:
    """The members of an operation's request that hold expressions, and the legacy ones they replace."""

    __slots__ = ("_expression_names", "_expressions", "_legacy", "_legacy_names", "_watched")

    def __init__(self, expressions: tuple[str, ...] = (), legacy: tuple[str, ...] = ()) -> None:
        """Both in the order in which the service lists them when they are mixed."""
        self._expressions = expressions
        self._legacy = legacy
        self._expression_names = frozenset(expressions)
        self._legacy_names = frozenset(legacy)
        self._watched = frozenset((*expressions, *legacy, *PARAMETERS)) if expressions else frozenset()

    def check(self, body: JsonObject) -> None:
        """Refuse mixed and legacy parameters, and names or values without an expression.

        Raises:
            ValidationFailed: in the service's words, or naming the legacy parameter.
        """
        # Most requests have nothing to look at, or expressions alone: told in a moment.
        if self._watched.isdisjoint(body):
            return
        has_legacy = not self._legacy_names.isdisjoint(body)
        if not has_legacy and not self._expression_names.isdisjoint(body):
            return
        expressions = {name: body.get(name) for name in self._expressions}
        if has_legacy:
            self._check_legacy(body, expressions)
        check_needed(body.get("ExpressionAttributeNames"), body.get("ExpressionAttributeValues"), expressions)

    def _check_legacy(self, body: JsonObject, expressions: JsonObject) -> None:
        legacy = {name: body.get(name) for name in self._legacy}
        check_not_mixed(legacy, expressions)
        for name, member in legacy.items():
            if member is not None:
                raise NotOffered(f"the legacy parameter {name}", f"use {REPLACEMENTS[name]}")


def guard_of(body: JsonObject, cache: ExpressionCache) -> Guard | None:
    """The condition of a put, a delete or a check; None when the request has none."""
    text = body.get("ConditionExpression")
    if text is None:
        return None
    given = request_parameters(body)
    condition = parse_condition(text, given, ExpressionKind.CONDITION, cache)
    given.check_all_used()
    return guarded(body, condition)


def projection_of(body: JsonObject, cache: ExpressionCache) -> Projection | None:
    """The projection of a GetItem or of one table in BatchGetItem; None when the request has none."""
    text = body.get("ProjectionExpression")
    if text is None:
        return None
    given = request_parameters(body)
    projection = parse_projection(text, given, cache)
    given.check_all_used()
    return projection


def request_parameters(body: JsonObject, faults: ContentFaults = ContentFaults.WRAPPED) -> Parameters:
    """The names and values of a request, checked."""
    return parameters(body.get("ExpressionAttributeNames"), body.get("ExpressionAttributeValues"), faults)


def guarded(body: JsonObject, condition: Condition) -> Guard:
    """The condition, and what the request wants to see when it fails."""
    return Guard(condition, body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD")
