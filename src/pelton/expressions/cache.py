"""Parsed expressions by their text: applications send the same few texts over and over.

A tree holds none of a request's parameters, so a cached one is as good as a fresh one. Faulty texts
are not kept. Used from one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pelton.expressions.faults import ExpressionKind
from pelton.expressions.syntax import Parsed

P = TypeVar("P", bound="Parsed[Any]")


def parsed_with(
    cache: ExpressionCache | None, kind: ExpressionKind, text: str, parse: Callable[[ExpressionKind, str], P]
) -> P:
    """The tree of the text: from the cache, or without one parsed anew."""
    return parse(kind, text) if cache is None else cache.parsed(kind, text, parse)


class ExpressionCache:
    """At most that many parsed expressions; the one that came first leaves first."""

    def __init__(self, entries_max: int = 2048) -> None:
        self._entries_max = entries_max
        self._entries: dict[tuple[ExpressionKind, str], Parsed[Any]] = {}

    def parsed(self, kind: ExpressionKind, text: str, parse: Callable[[ExpressionKind, str], P]) -> P:
        """The tree of the text, parsed now or before.

        Args:
            kind: of the expression; a text may be of several.
            text: the expression.
            parse: its parser; always the same one for a kind.
        """
        found: P | None = self._entries.get((kind, text))  # type: ignore[assignment]  # One parser a kind.
        if found is not None:
            return found
        parsed = parse(kind, text)
        if len(self._entries) >= self._entries_max:
            self._entries.pop(next(iter(self._entries)), None)
        self._entries[(kind, text)] = parsed
        return parsed

    def __len__(self) -> int:
        return len(self._entries)
