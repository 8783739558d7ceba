"""Expressions that were parsed or bound before: applications send the same few over and over.

A tree holds none of a request's parameters, and what is bound none of its values, so a kept one is as
good as a fresh one. Faulty ones are not kept. Used from one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from pelton.expressions.faults import ExpressionKind
from pelton.expressions.syntax import Parsed

T = TypeVar("T")
P = TypeVar("P", bound="Parsed[Any]")


def parsed_with(
    cache: ExpressionCache | None, kind: ExpressionKind, text: str, parse: Callable[[ExpressionKind, str], P]
) -> P:
    """The tree of the text: from the cache, or without one parsed anew."""
    return parse(kind, text) if cache is None else cache.kept((kind, text), lambda: parse(kind, text))


class ExpressionCache:
    """At most that many parsed or bound expressions; the one that came first leaves first."""

    def __init__(self, entries_max: int = 2048) -> None:
        self._entries_max = entries_max
        self._entries: dict[Hashable, Any] = {}

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made for that key, now or before.

        Args:
            key: all that the outcome depends on; begins with what tells one sort of entry from another.
            make: makes it; what it raises is not kept.
        """
        found: T | None = self._entries.get(key)
        if found is not None:
            return found
        made = make()
        if len(self._entries) >= self._entries_max:
            self._entries.pop(next(iter(self._entries)), None)
        self._entries[key] = made
        return made

    def __len__(self) -> int:
        return len(self._entries)
