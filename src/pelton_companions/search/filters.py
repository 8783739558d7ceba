"""Filters: Algolia's filter grammar, ``facetFilters`` and ``numericFilters``, to one expression. Pure.

    filters := or ;  or := and ("OR" and)* ;  and := not ("AND" not)* ;  not := "NOT"? (test | "(" or ")")
    test    := name ":" value | name ":" low "TO" high | name ("=" | "!=" | "<" | "<=" | ">" | ">=") number

Only attributes in ``attributesForFaceting`` can be filtered by; a test of another matches nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias


class BadFilter(ValueError):
    """A filter that cannot be read; the text says where."""


@dataclass(frozen=True, slots=True)
class Equals:
    """An attribute has this value; text that reads as a number or boolean means that too."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Within:
    """A number lies between two bounds; None is unbounded."""

    name: str
    low: float | None
    high: float | None
    low_included: bool = True
    high_included: bool = True


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Filter


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; no parts: everything."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts holds."""

    parts: tuple[Filter, ...]


Filter: TypeAlias = Equals | Within | Not | AllOf | AnyOf

_TOKEN = re.compile(r"""\s*(?:(\(|\)|<=|>=|!=|=|<|>|:)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s()<>=!:]+))""")
_NUMERIC = re.compile(r"^\s*(.+?)\s*(<=|>=|!=|=|<|>)\s*(-?[0-9.eE+-]+)\s*$")
_RANGE = re.compile(r"^\s*(.+?)\s*:\s*(-?[0-9.eE+-]+)\s+TO\s+(-?[0-9.eE+-]+)\s*$")


def parse_filters(text: str) -> Filter:
    """The expression of a ``filters`` parameter; blank means everything.

    Raises:
        BadFilter: the text does not follow the grammar.
    """
    tokens = list(_tokens(text))
    if not tokens:
        return AllOf(())
    parser = _Parser(tokens)
    found = parser.any_of()
    if parser.at < len(tokens):
        raise BadFilter(f"filters: unexpected {tokens[parser.at][0]!r}")
    return found


def parse_facet_filters(value: Any) -> Filter:
    """``["a:b", ["c:d", "c:-e"]]``: the outer list is AND, inner lists are OR, ``-`` negates a value.

    Raises:
        BadFilter: not lists of strings of the form ``name:value``.
    """
    return _lists(value, _facet_test)


def parse_numeric_filters(value: Any) -> Filter:
    """``["n>5", ["n:1 TO 3", "m=2"]]``: as ``facetFilters``, with comparisons.

    Raises:
        BadFilter: not lists of comparisons.
    """
    return _lists(value, _numeric_test)


def _lists(value: Any, test: Any) -> Filter:
    if value is None:
        return AllOf(())
    outer = [part for part in value.split(",") if part] if isinstance(value, str) else value
    if not isinstance(outer, list):
        raise BadFilter("facetFilters and numericFilters are lists of strings or of such lists")
    return AllOf(tuple(AnyOf(tuple(map(test, each))) if isinstance(each, list) else test(each) for each in outer))


def _facet_test(text: Any) -> Filter:
    name, colon, value = text.partition(":") if isinstance(text, str) else ("", "", "")
    if not colon:
        raise BadFilter(f"facetFilters: {text!r} is not of the form name:value")
    if name.startswith("-"):
        return Not(Equals(name[1:], value))
    return Not(Equals(name, value[1:])) if value.startswith("-") else Equals(name, value.removeprefix("\\"))


def _numeric_test(text: Any) -> Filter:
    if isinstance(text, str) and (found := _RANGE.match(text)):
        return Within(found.group(1), _number(found.group(2)), _number(found.group(3)))
    if isinstance(text, str) and (found := _NUMERIC.match(text)):
        return _comparison(found.group(1), found.group(2), _number(found.group(3)))
    raise BadFilter(f"numericFilters: {text!r} is not a comparison such as age>=18")


def _comparison(name: str, operator: str, number: float) -> Filter:
    match operator:
        case "=":
            return Within(name, number, number)
        case "!=":
            return Not(Within(name, number, number))
        case "<" | "<=":
            return Within(name, None, number, high_included=operator == "<=")
        case _:
            return Within(name, number, None, low_included=operator == ">=")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BadFilter(f"{text!r} is not a number") from error


def _tokens(text: str) -> Any:
    """Pairs of text and whether it was quoted: a quoted AND is a value."""
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise BadFilter(f"filters: cannot read {text[at:]!r}")
        at = found.end()
        sign, double, single, bare = found.groups()
        quoted = double if double is not None else single
        yield (re.sub(r"\\(.)", r"\1", quoted), True) if quoted is not None else (sign or bare, False)


class _Parser:
    """Recursive descent over the tokens; ``at`` is the next one."""

    def __init__(self, tokens: list[tuple[str, bool]]) -> None:
        self.tokens = tokens
        self.at = 0

    def any_of(self) -> Filter:
        parts = [self._all_of()]
        while self._take("OR"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all_of(self) -> Filter:
        parts = [self._negated()]
        while self._take("AND"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _negated(self) -> Filter:
        if self._take("NOT"):
            return Not(self._negated())
        if not self._take("("):
            return self._test()
        inner = self.any_of()
        if not self._take(")"):
            raise BadFilter("filters: a parenthesis is not closed")
        return inner

    def _test(self) -> Filter:
        name = self._next("an attribute")
        operator = self._next("':' or a comparison")
        if operator != ":":
            if operator not in {"=", "!=", "<", "<=", ">", ">="}:
                raise BadFilter(f"filters: {operator!r} after {name!r} is not an operator")
            return _comparison(name, operator, _number(self._next("a number")))
        value = self._next("a value")
        if self._take("TO"):
            return Within(name, _number(value), _number(self._next("a number")))
        return Equals(name, value)

    def _take(self, word: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == (word, False):
            self.at += 1
            return True
        return False

    def _next(self, what: str) -> str:
        if self.at == len(self.tokens):
            raise BadFilter(f"filters: {what} is missing at the end")
        self.at += 1
        return self.tokens[self.at - 1][0]
