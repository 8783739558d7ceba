"""Faults of expressions as statements tell them: a statement has no FilterExpression that could be invalid."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pelton.errors import ValidationFailed
from pelton.expressions.faults import ExpressionFault

T = TypeVar("T")


def in_words_of_statements(do: Callable[[], T]) -> T:
    """What it answers; a fault of an expression is raised without the member it would have come in.

    Raises:
        ValidationFailed: such a fault.
    """
    try:
        return do()
    except ExpressionFault as fault:
        raise ValidationFailed(fault.detail) from None
