"""The expressions of one request: checked and parsed in the service's order.

1. expressions mixed with the parameters they replaced; 2. names or values without an expression;
3. names; 4. values; 5. sizes; 6. parse in the order Update, Condition, KeyCondition, Filter,
Projection; 7. what is given and unused. The parameters of the API before expressions (``Expected``
and its like) are alternatives to expressions, never beside them.
Source: recorded order; developer guide, "Legacy conditional parameters".
"""

from __future__ import annotations

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.expressions.condition import Condition, parse_condition
from pelton.expressions.faults import ExpressionKind
from pelton.expressions.legacy_conditions import expected_condition, filter_condition
from pelton.expressions.parameters import (
    ContentFaults,
    Parameters,
    check_needed,
    check_not_mixed,
    parameters,
)
from pelton.expressions.projection import Projection, parse_projection
from pelton.expressions.projection import projection_of as named_projection
from pelton.operations import JsonObject
from pelton.tables.actions import Guard
from pelton.tables.errors import in_envelope, invalid_parameter

#: What expressions are given beside their text.
PARAMETERS = ("ExpressionAttributeNames", "ExpressionAttributeValues")
#: A ConditionalOperator that has nothing to combine.
OPERATOR_ALONE = "ConditionalOperator cannot be used without Filter or Expected"


#: ReturnValues of operations that make no new item of the old one.
_OLD = ("NONE", "ALL_OLD")


class Members:
    """The members of an operation's request that hold expressions, and the legacy ones they replace."""

    __slots__ = (
        "_expression_names",
        "_expressions",
        "_legacy",
        "_legacy_names",
        "_only_old",
        "_watched",
        "_with_values",
    )

    def __init__(
        self, expressions: tuple[str, ...] = (), legacy: tuple[str, ...] = (), *, only_old: bool = False
    ) -> None:
        """Both in the order in which the service lists them when they are mixed.

        ``only_old``: the operation returns the item as it was, or nothing.
        """
        self._only_old = only_old
        self._expressions = expressions
        self._legacy = legacy
        self._expression_names = frozenset(expressions)
        self._with_values = self._expression_names - {"ProjectionExpression"}  #: those that can have values
        self._legacy_names = frozenset(legacy)
        self._watched = frozenset((*expressions, *legacy, *PARAMETERS)) if expressions else frozenset()

    def check(self, body: JsonObject) -> None:
        """Refuse expressions mixed with legacy parameters, and names or values without an expression.

        Raises:
            ValidationFailed: in the service's words.
        """
        # Most requests have nothing to look at, or expressions alone: told in a moment.
        if self._watched.isdisjoint(body):
            return
        has_legacy = not self._legacy_names.isdisjoint(body)
        if not has_legacy and not self._sufficient(body).isdisjoint(body):
            return
        expressions = {name: body.get(name) for name in self._expressions}
        if has_legacy:
            check_not_mixed({name: body.get(name) for name in self._legacy_beside(body)}, expressions)
        check_needed(body.get("ExpressionAttributeNames"), body.get("ExpressionAttributeValues"), expressions)

    def _sufficient(self, body: JsonObject) -> frozenset[str]:
        """The expressions of which one is enough for what the request gives beside them."""
        return self._expression_names if body.get("ExpressionAttributeValues") is None else self._with_values

    def check_return_values(self, body: JsonObject) -> None:
        """Refuse ReturnValues that the operation does not have.

        Raises:
            ValidationFailed: in the service's words.
        """
        if self._only_old and body.get("ReturnValues", "NONE") not in _OLD:
            raise in_envelope(ValidationFailed("ReturnValues can only be ALL_OLD or NONE"))

    def _legacy_beside(self, body: JsonObject) -> tuple[str, ...]:
        """Legacy members that no expression may stand beside: KeyConditions bears with filter and projection."""
        if body.get("KeyConditionExpression") is not None:
            return self._legacy
        return tuple(name for name in self._legacy if name != "KeyConditions")


def guard_of(body: JsonObject, cache: ExpressionCache) -> Guard | None:
    """The condition of a put, a delete or a check; None when the request has none."""
    text = body.get("ConditionExpression")
    if text is None:
        return legacy_guard_of(body)
    given = request_parameters(body)
    condition = parse_condition(text, given, ExpressionKind.CONDITION, cache)
    given.check_all_used()
    return guarded(body, condition)


def legacy_guard_of(body: JsonObject) -> Guard | None:
    """The condition of a write that has it in Expected; None when the request has none."""
    expected, operator = body.get("Expected"), body.get("ConditionalOperator")
    if expected:
        return guarded(body, expected_condition(expected, operator))
    if operator is not None:
        raise ValidationFailed(OPERATOR_ALONE)
    return None


def legacy_filter_of(body: JsonObject, member: str) -> Condition | None:
    """The filter that a request has in QueryFilter or ScanFilter; None when it has none."""
    entries, operator = body.get(member), body.get("ConditionalOperator")
    if entries:
        return filter_condition(entries, operator)
    if operator is not None:
        raise ValidationFailed(OPERATOR_ALONE)
    return None


def check_attributes_to_get(body: JsonObject) -> None:
    """Refuse an AttributesToGet that names an attribute twice.

    Raises:
        ValidationFailed: naming it.
    """
    seen: set[str] = set()
    for name in body.get("AttributesToGet") or ():
        if name in seen:
            raise invalid_parameter(f"Duplicate value in attribute name: {name}")
        seen.add(name)


def projection_of(body: JsonObject, cache: ExpressionCache) -> Projection | None:
    """The projection of a GetItem or of one table in BatchGetItem; None when the request has none."""
    text = body.get("ProjectionExpression")
    if text is None:
        return attributes_to_get(body)
    given = request_parameters(body)
    projection = parse_projection(text, given, cache)
    given.check_all_used()
    return projection


def attributes_to_get(body: JsonObject) -> Projection | None:
    """The projection of a request that has it in AttributesToGet; None when it has none."""
    names = body.get("AttributesToGet")
    if not names:
        return None
    check_attributes_to_get(body)
    return named_projection(names)


def request_parameters(body: JsonObject, faults: ContentFaults = ContentFaults.WRAPPED) -> Parameters:
    """The names and values of a request, checked."""
    return parameters(body.get("ExpressionAttributeNames"), body.get("ExpressionAttributeValues"), faults)


def guarded(body: JsonObject, condition: Condition) -> Guard:
    """The condition, and what the request wants to see when it fails."""
    return Guard(condition, body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD")
