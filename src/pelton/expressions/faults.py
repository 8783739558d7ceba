"""The kinds of expressions and the refusal they share.

Every fault of an expression that shows without looking at an item is an ``ExpressionFault``; its
text begins with ``Invalid <kind>: `` save where the service leaves that out. Faults that show only
on an item are plain ``ValidationFailed``.
"""

from __future__ import annotations

from enum import Enum

from pelton.errors import ValidationFailed


class ExpressionKind(Enum):
    """The request member an expression came in; its value is how error texts name it."""

    CONDITION = "ConditionExpression"
    FILTER = "FilterExpression"
    KEY_CONDITION = "KeyConditionExpression"
    UPDATE = "UpdateExpression"
    PROJECTION = "ProjectionExpression"

    __hash__ = object.__hash__  # Enum's own is a call of Python, and these are part of every cache key.


class ExpressionFault(ValidationFailed):
    """An expression, or the parameters given for expressions, break a rule that needs no item.

    A class of its own since some operations tell these faults in another envelope than the rest.
    """

    def __init__(self, message: str, detail: str | None = None) -> None:
        """``detail``: the text without the kind of expression in front, where there is one."""
        super().__init__(message)
        self.detail = message if detail is None else detail


def fault_in(kind: ExpressionKind, text: str) -> ExpressionFault:
    """A fault of an expression of that kind."""
    return ExpressionFault(f"Invalid {kind.value}: {text}", text)
