"""Filter patterns: which records a function wants, and why another one is not among them.

    pattern := { key : value , … }                  all keys must match
    value   := pattern | [ element , … ]            any element may match
    "$or"   := [ pattern , pattern , … ]            beside other keys: they and one branch must match

Leaves only: a pattern's array is compared with strings, numbers, booleans and null, and with the elements of
arrays; a map in its place counts as missing. A path goes through arrays, element by element, and one element
must satisfy the whole sub-pattern. A key with dots finds the nested path as well.
Source: Lambda guide, "Control which events Lambda sends to your function".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson

from pelton.operations import JsonObject
from pelton.triggers.filter_tests import LeafTest, PatternRefused, is_operator_object, leaf_test

PATTERN_LENGTH_MAX = 4096  #: characters


@dataclass(frozen=True, slots=True)
class FailedClause:
    """The first clause of a pattern that a record does not satisfy."""

    path: str  #: ``dynamodb.NewImage.status.S``
    wanted: tuple[str, ...]  #: the elements, as JSON; any would have done
    found: tuple[str, ...]  #: the leaf values compared, as JSON; empty: no leaf there

    def __str__(self) -> str:
        found = " and ".join(self.found) if self.found else "nothing"
        return f"{self.path} is {found}, wanted {' or '.join(self.wanted)}"


class _Clause(Protocol):
    """A part of a compiled pattern."""

    def matches(self, node: JsonObject) -> bool:
        """Whether the object satisfies the clause."""

    def failure(self, node: JsonObject, path: str) -> FailedClause | None:
        """What of the clause fails, None when it matches; ``path`` leads to the object."""


class Filter:
    """One or more patterns: a record passes when any of them matches, and always when there are none."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Compile.

        Raises:
            PatternRefused: one of the patterns is not one.
        """
        self._patterns = tuple(_pattern(_parsed(pattern), top=True) for pattern in patterns)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def __call__(self, event: bytes) -> bool:
        """Whether the record passes; ``event`` is its JSON in the form of the Lambda event."""
        if not self._patterns:
            return True
        record = orjson.loads(event)
        return any(pattern.matches(record) for pattern in self._patterns)

    def explain(self, event: bytes) -> tuple[FailedClause, ...]:
        """The failing clause of every pattern, in their order; empty when the record passes."""
        record = orjson.loads(event)
        failures = []
        for pattern in self._patterns:
            failure = pattern.failure(record, "")
            if failure is None:
                return ()
            failures.append(failure)
        return tuple(failures)


@dataclass(frozen=True, slots=True)
class _All:
    """Every clause must match."""

    clauses: tuple[_Clause, ...]

    def matches(self, node: JsonObject) -> bool:
        return all(clause.matches(node) for clause in self.clauses)

    def failure(self, node: JsonObject, path: str) -> FailedClause | None:
        failures = (clause.failure(node, path) for clause in self.clauses)
        return next((failure for failure in failures if failure is not None), None)


@dataclass(frozen=True, slots=True)
class _Either:
    """One of the branches must match."""

    branches: tuple[_Clause, ...]

    def matches(self, node: JsonObject) -> bool:
        return any(branch.matches(node) for branch in self.branches)

    def failure(self, node: JsonObject, path: str) -> FailedClause | None:
        first = None
        for branch in self.branches:
            failure = branch.failure(node, path)
            if failure is None:
                return None
            first = first or failure
        return first


@dataclass(frozen=True, slots=True)
class _Inside:
    """The object under a key must satisfy a pattern; under an array, one of its objects must."""

    key: str
    pattern: _Clause

    def matches(self, node: JsonObject) -> bool:
        return any(self.pattern.matches(inner) for inner in _objects(node, self.key))

    def failure(self, node: JsonObject, path: str) -> FailedClause | None:
        first = None
        for inner in _objects(node, self.key):
            failure = self.pattern.failure(inner, f"{path}{self.key}.")
            if failure is None:
                return None
            first = first or failure
        return first


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A leaf under a key must pass one of the tests."""

    key: str
    tests: tuple[LeafTest, ...]
    accepts_missing: bool

    def matches(self, node: JsonObject) -> bool:
        values = _leaves(node, self.key)
        if not values:
            return self.accepts_missing
        return any(test.accepts(value) for value in values for test in self.tests)

    def failure(self, node: JsonObject, path: str) -> FailedClause | None:
        if self.matches(node):
            return None
        found = tuple(orjson.dumps(value).decode() for value in _leaves(node, self.key))
        return FailedClause(path + self.key, tuple(test.text for test in self.tests), found)


def _parsed(pattern: str) -> JsonObject:
    if len(pattern) > PATTERN_LENGTH_MAX:
        raise PatternRefused(f"The pattern is longer than {PATTERN_LENGTH_MAX} characters")
    try:
        parsed = orjson.loads(pattern)
    except orjson.JSONDecodeError as error:
        raise PatternRefused(f"The pattern is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise PatternRefused("The pattern is not an object")
    return parsed


def _pattern(parsed: JsonObject, *, top: bool = False) -> _Clause:
    if not parsed:
        raise PatternRefused("Event pattern must not be empty" if top else "Empty objects are not allowed")
    return _All(tuple(_clause(key, value) for key, value in parsed.items()))


def _clause(key: str, value: object) -> _Clause:
    if key == "$or" and _are_branches(value):
        assert isinstance(value, list)
        return _Either(tuple(_pattern(branch) for branch in value))
    if isinstance(value, dict):
        return _Inside(key, _pattern(value))
    if not isinstance(value, list):
        raise PatternRefused(f'"{key}" must be an object or an array')
    if not value:
        raise PatternRefused("Empty arrays are not allowed")
    tests = tuple(leaf_test(element) for element in value)
    return _Leaf(key, tests, any(test.accepts_missing for test in tests))


def _are_branches(value: object) -> bool:
    """Two or more patterns make ``$or`` an operator; anything else leaves it an ordinary key."""
    return (
        isinstance(value, list)
        and len(value) >= 2
        and all(isinstance(branch, dict) and not is_operator_object(branch) for branch in value)
    )


_NOWHERE: JsonObject = {}


def _objects(node: JsonObject, key: str) -> Iterator[JsonObject]:
    """The objects under a key, those of an array one by one; one empty object where there are none.

    So that ``exists: false`` inside a pattern holds for what is missing as a whole.
    """
    has_any = False
    for value in _found(node, key):
        for element in _elements(value):
            if isinstance(element, dict):
                has_any = True
                yield element
    if not has_any:
        yield _NOWHERE


def _leaves(node: JsonObject, key: str) -> list[object]:
    """The leaf values under a key: not maps, and of an array its elements."""
    return [leaf for value in _found(node, key) for leaf in _elements(value) if not isinstance(leaf, dict)]


def _elements(value: object) -> Iterator[object]:
    if isinstance(value, list):
        for element in value:
            yield from _elements(element)
    else:
        yield value


def _found(node: JsonObject, key: str) -> Iterator[object]:
    """What lies under the key, and with dots in it also under the path they spell."""
    if key in node:
        yield node[key]
    head, dot, rest = key.partition(".")
    while dot:
        if head in node:
            for element in _elements(node[head]):
                if isinstance(element, dict):
                    yield from _found(element, rest)
        following, dot, rest = rest.partition(".")
        head = f"{head}.{following}"
