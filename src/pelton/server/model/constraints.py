"""Constraints of the model: required members, lengths, bounds, patterns and sets of values.

All violations of a request are reported in one text, "N validation errors detected", in the order of the service's
members and at most ten. Shapes without constraints have no check at all, so attribute values cost nothing here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pelton.errors import ValidationFailed
from pelton.server.model.constraint_texts import all_texts, enum_text, max_text, min_text, pattern_text
from pelton.server.model.printing import Shapes
from pelton.server.model.problems import Check, Path, Problem

#: How a part of a list or map is named where its violations are collected.
_COLLECTED = {"keys": "Map keys", "values": "Map value", "elements": "Member"}


class Constraints:
    """Makes the checks of one service's shapes, each once."""

    def __init__(self, shapes: Shapes, *, is_collecting: bool = False) -> None:
        """``is_collecting``: elements of lists are told as keys of maps are, with one constraint more (Lambda)."""
        self._shapes = shapes
        self._is_collecting = is_collecting
        self._checks: dict[str, Check | None] = {}
        self._being_made: set[str] = set()

    def check(self, name: str) -> Check | None:
        """The check of that shape; None: nothing about it can be wrong."""
        if name in self._being_made:  # A shape made of itself; it is asked again when all are known.
            return lambda value, path, problems: self._late(name, value, path, problems)
        if name not in self._checks:
            self._being_made.add(name)
            self._checks[name] = self._made(name, self._shapes[name])
            self._being_made.discard(name)
        return self._checks[name]

    def _late(self, name: str, value: Any, path: Path, problems: list[Problem]) -> None:
        check = self._checks[name]
        if check is not None:
            check(value, path, problems)

    def _made(self, name: str, shape: Mapping[str, Any]) -> Check | None:
        kind = shape["type"]
        if name == "AttributeValue":
            return None
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            return _both(_bounds(name, shape, "length", len), self._elements(name, shape))
        if kind == "map":
            return _both(_bounds(name, shape, "length", len), self._entries(name, shape))
        if kind == "string":
            return _string(name, shape)
        if kind in ("integer", "long", "double", "float"):
            return _bounds(name, shape, "value", _itself)
        return None

    def _elements(self, name: str, shape: Mapping[str, Any]) -> Check | None:
        element = self.check(shape["member"])
        if element is None:
            return None
        part_shape = self._shapes[shape["member"]]
        if self._is_collecting and part_shape["type"] == "string":
            return self._collected(name, part_shape, element, "elements")

        def check(value: Any, path: Path, problems: list[Problem]) -> None:
            for position, given in enumerate(value, start=1):
                place = Path(Path(path, str(position), is_member=False), "member", is_member=False)
                element(given, place, problems)

        return check

    def _entries(self, name: str, shape: Mapping[str, Any]) -> Check | None:
        """Keys and values of a map. Values that are texts or lists are reported at the map, others at their key."""
        keys = self._collected(name, self._shapes[shape["key"]], self.check(shape["key"]), "keys")
        value = self._shapes[shape["value"]]
        if value["type"] not in ("string", "list") or not _has_own_bounds(value):
            return _both(keys, _at_keys(self.check(shape["value"])))
        if value["type"] == "string":
            return _both(keys, self._collected(name, value, self.check(shape["value"]), "values"))
        lengths = self._collected(name, value, _bounds(shape["value"], value, "length", len), "values")
        return _both(_both(keys, lengths), _at_keys(self._elements(shape["value"], value)))

    def _collected(self, name: str, part_shape: Mapping[str, Any], check_part: Check | None, part: str) -> Check | None:
        """Keys or values of a map, or elements of a list: what is wrong with any is reported once, at the whole."""
        if check_part is None:
            return None
        texts = [*all_texts(part_shape), *(["Member must not be null"] if self._is_collecting else [])]
        text = f"{_COLLECTED[part]} must satisfy constraint: [{', '.join(texts)}]"

        def check(value: Any, path: Path, problems: list[Problem]) -> None:
            found: list[Problem] = []
            for given in value.values() if part == "values" else value:
                check_part(given, path, found)
            if found:
                problems.append(Problem(path, name, value, part, text, is_unnamed=False))

        return check

    def _structure(self, shape: Mapping[str, Any]) -> Check | None:
        required = shape.get("required", ())
        alone = shape.get("alone", ())
        members = shape["members"]
        rules: list[_Rule] = []
        for name in (*alone, *(name for name in members if name not in alone)):
            member = members[name]
            check_member = self.check(member["shape"])
            if check_member is None and name not in required:
                continue
            check_member = _with_texts(check_member, member.get("texts"))
            is_met = _predicate(self._shapes[member["shape"]])
            rules.append(_Rule(name, name in required, is_met, check_member, member["shape"], name in alone))
        texts = {name: members[name]["texts"]["required"] for name in required if "texts" in members[name]}
        return _structure_check(rules, texts) if rules else None


def _at_keys(check_value: Check | None) -> Check | None:
    """The values of a map, what is wrong reported at their keys."""
    if check_value is None:
        return None

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        for name, given in value.items():
            place = Path(Path(path, name, is_member=False), "member", is_member=False)
            check_value(given, place, problems)

    return check


class _Rule(NamedTuple):
    """What a structure asks of one member."""

    name: str
    is_required: bool
    is_met: Callable[[Any], bool]  #: tells fast that nothing is wrong; False: ``check`` knows
    check: Check | None
    shape: str
    is_alone: bool


def _structure_check(rules: Sequence[_Rule], texts: Mapping[str, str]) -> Check:
    def check(value: Any, path: Path | None, problems: list[Problem]) -> None:
        for name, is_required, is_met, check_member, shape, is_alone in rules:
            given = value.get(name)
            if given is None:
                if is_required:
                    if name in texts:
                        raise ValidationFailed(texts[name])
                    text = "Member must not be null"
                    problems.append(Problem(Path(path, name), shape, None, "required", text, is_unnamed=False))
            elif check_member is not None and not is_met(given):
                check_member(given, Path(path, name), problems)
            if is_alone and problems:
                return

    return check


def _predicate(shape: Mapping[str, Any]) -> Callable[[Any], bool]:
    """Whether a scalar meets its constraints, told without a place to name; of other values never."""
    if shape["type"] != "string":
        return _never
    if "enum" in shape:
        return frozenset(shape["enum"]).__contains__
    least, most = shape.get("min", 0), shape.get("max", sys.maxsize)
    matches = re.compile(shape.get("pattern", r"(?s:.*)")).fullmatch
    return lambda value: least <= len(value) <= most and matches(value) is not None


def _never(_: Any) -> bool:
    return False


def _with_texts(check: Check | None, texts: Mapping[str, str] | None) -> Check | None:
    """The check, but what has a text of its own is raised at once."""
    if check is None or texts is None or not texts.keys() - {"required"}:
        return check

    def check_with_texts(value: Any, path: Path, problems: list[Problem]) -> None:
        found: list[Problem] = []
        check(value, path, found)
        for problem in found:
            if problem.path is path and problem.constraint in texts:
                raise ValidationFailed(texts[problem.constraint])
        problems.extend(found)

    return check_with_texts


def _both(first: Check | None, second: Check | None) -> Check | None:
    if first is None or second is None:
        return first or second

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        first(value, path, problems)
        second(value, path, problems)

    return check


def _itself(value: Any) -> Any:
    return value


def _has_own_bounds(shape: Mapping[str, Any]) -> bool:
    return any(constraint in shape for constraint in ("min", "max", "pattern", "enum"))


def _bounds(name: str, shape: Mapping[str, Any], noun: str, measure: Callable[[Any], Any]) -> Check | None:
    """At least ``min`` and at most ``max`` of what ``measure`` says."""
    least, most = shape.get("min", float("-inf")), shape.get("max", float("inf"))
    if "min" not in shape and "max" not in shape:
        return None
    unnamed = shape.get("unnamed", ())

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        size = measure(value)
        if size < least:
            problems.append(Problem(path, name, value, "min", min_text(noun, least), "min" in unnamed))
        elif size > most:
            problems.append(Problem(path, name, value, "max", max_text(noun, most), "max" in unnamed))

    return check


def _string(name: str, shape: Mapping[str, Any]) -> Check | None:
    if "enum" in shape:
        return _enum(name, shape["enum"])
    length = _bounds(name, shape, "length", len)
    if "pattern" not in shape:
        return length
    check = _both(_pattern(name, shape["pattern"]), length)
    return check if "arn_max" not in shape or check is None else _name_or_arn(name, shape, check)


def _enum(name: str, values: Sequence[str]) -> Check:
    allowed = frozenset(values)

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        if value not in allowed:
            problems.append(Problem(path, name, value, "enum", enum_text(values), is_unnamed=False))

    return check


def _pattern(name: str, pattern: str) -> Check:
    matches = re.compile(pattern).fullmatch

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        if matches(value) is None:
            problems.append(Problem(path, name, value, "pattern", pattern_text(pattern), is_unnamed=False))

    return check


def _name_or_arn(name: str, shape: Mapping[str, Any], check_name: Check) -> Check:
    """A table's name, or its ARN: longer and of another form. Of an empty one only the length is reported."""
    check_arn = _bounds(name, {"min": 1, "max": shape["arn_max"]}, "length", len)
    check_empty = _bounds(name, {"min": shape["min"]}, "length", len)
    assert check_arn is not None and check_empty is not None

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        if not value:
            check_empty(value, path, problems)
        elif value.startswith("arn:"):
            check_arn(value, path, problems)
        else:
            check_name(value, path, problems)

    return check
