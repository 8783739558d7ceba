"""Reserved concurrency: how many invocations of a function may be under way at a time.

The limit counts all versions of a function together; one over it is throttled at once, it does not wait.
Source: Lambda developer guide, "Configuring reserved concurrency for a function".
"""

from __future__ import annotations

from pelton.functions.definition import Function
from pelton.functions.invocation import Throttled, ThrottleReason


class Concurrency:
    """The limits, and what is under way of the functions that have one."""

    def __init__(self) -> None:
        self._reserved: dict[str, int] = {}
        self._under_way: dict[str, int] = {}

    def reserve(self, arn: str, limit: int | None) -> None:
        """Limit the function with that unqualified ARN; None takes its limit away."""
        if limit is None:
            self._reserved.pop(arn, None)
        else:
            self._reserved[arn] = limit

    def reserved(self, arn: str) -> int | None:
        """The function's limit."""
        return self._reserved.get(arn)

    def total(self) -> int:
        """What is reserved for all functions together."""
        return sum(self._reserved.values())

    def begin(self, function: Function) -> None:
        """An invocation begins; pair it with ``end``.

        Raises:
            Throttled: as many as are reserved are under way already.
        """
        under_way = self._under_way.get(function.arn, 0)
        limit = self._reserved.get(function.arn)
        if limit is not None and under_way >= limit:
            text = f"function {function.key}: its reserved concurrency of {limit} is used up"
            raise Throttled(text, ThrottleReason.RESERVED)
        self._under_way[function.arn] = under_way + 1

    def end(self, function: Function) -> None:
        """An invocation has ended, however."""
        left = self._under_way[function.arn] - 1
        if left:
            self._under_way[function.arn] = left
        else:
            del self._under_way[function.arn]
