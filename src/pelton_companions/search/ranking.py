"""The order of hits, and which of the candidates are hits: Algolia's ranking over the exact rule.

Typos, then proximity of the words, rank of the attribute, words found whole, custom ranking, and
at last the newest first. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from pelton_companions.messages import JsonObject
from pelton_companions.search.query import Query
from pelton_companions.search.records import searchable_words, value_at
from pelton_companions.search.typos import Match
from pelton_companions.search.words import Word

#: Words further apart than this, or in different texts, count as this far.
DISTANCE_MAX = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that the query means; ``typos`` over all its words."""

    seq: int
    record: JsonObject
    typos: int
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Found:
    """The best word of a record for one word of the query; smaller is better."""

    typos: int
    rank: int
    is_part: bool
    position: int


class Matcher:
    """Matches words against one query and remembers: the same words come in many records."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self._known: dict[tuple[int, str], Match | None] = {}

    def match(self, number: int, word: str) -> Match | None:
        """How the query's word of that number means a record's word."""
        key = (number, word)
        if key not in self._known:
            self._known[key] = self.query.words[number].match(word)
        return self._known[key]


def rank(matcher: Matcher, records: Iterable[tuple[int, JsonObject]], settings: JsonObject) -> list[Hit]:
    """Those candidates that the query means, best first."""
    hits = [hit for seq, record in records if (hit := _hit(matcher, seq, record, settings)) is not None]
    custom = [_custom(line) for line in settings.get("customRanking") or []]

    def compare(one: Hit, other: Hit) -> int:
        return _compare(one, other, custom)

    return sorted(hits, key=cmp_to_key(compare))


def _hit(matcher: Matcher, seq: int, record: JsonObject, settings: JsonObject) -> Hit | None:
    if not matcher.query.words:
        return Hit(seq, record, 0, ())
    found_words = list(searchable_words(record, settings))
    found = [_best(matcher, number, found_words) for number in range(len(matcher.query.words))]
    best = [each for each in found if each is not None]
    if len(best) < len(found) or not matcher.query.allows([Match(each.typos, 0) for each in best]):
        return None
    typos = sum(each.typos for each in best)
    proximity = sum(_distance(left, right) for left, right in pairwise(best))
    parts = sum(each.is_part for each in best)
    return Hit(seq, record, typos, (typos, proximity, min(each.rank for each in best), parts))


def _best(matcher: Matcher, number: int, found_words: list[tuple[int, Word]]) -> _Found | None:
    best: _Found | None = None
    for text_rank, word in found_words:
        match = matcher.match(number, word.text)
        if match is not None:
            found = _Found(match.typos, text_rank, match.letters < len(word.text), word.position)
            if best is None or found < best:
                best = found
    return best


def _distance(left: _Found, right: _Found) -> int:
    if left.rank != right.rank:
        return DISTANCE_MAX
    return min(abs(right.position - left.position), DISTANCE_MAX)


def _custom(line: str) -> tuple[str, int]:
    """``asc(name)`` or ``desc(name)`` as a name and a sign."""
    direction, _, name = line.rstrip(")").partition("(")
    return name, 1 if direction == "asc" else -1


def _compare(one: Hit, other: Hit, custom: list[tuple[str, int]]) -> int:
    if one.order != other.order:
        return -1 if one.order < other.order else 1
    for name, sign in custom:
        left, right = _sortable(value_at(one.record, name)), _sortable(value_at(other.record, name))
        if left[0] != right[0]:
            # A record without the attribute comes last, in both directions.
            return right[0] - left[0]
        if left != right:
            return sign if left > right else -sign
    return other.seq - one.seq


def _sortable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, bool | int | float):
        return (2, float(value), "")
    return (1, 0.0, value) if isinstance(value, str) else (0, 0.0, "")
