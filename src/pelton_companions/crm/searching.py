"""Contact search: filter groups (OR) of filters (AND), as HubSpot's search takes them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pelton_companions.crm.contacts import Contact
from pelton_companions.messages import BadBody, JsonObject

#: Properties that a bare ``query`` looks into.
QUERIED = ("firstname", "lastname", "email", "phone", "company")


def find(contacts: list[Contact], asked: JsonObject) -> list[Contact]:
    """The contacts that a search means, in its order.

    Raises:
        BadBody: a filter or sort that cannot be read.
    """
    groups = [_group(group) for group in _objects(asked, "filterGroups")]
    text = str(asked.get("query") or "").lower()
    found = [
        contact
        for contact in contacts
        if (not groups or any(matches(contact) for matches in groups)) and _holds(contact, text)
    ]
    for sort in reversed(asked.get("sorts") or []):
        name = sort["propertyName"] if isinstance(sort, dict) else str(sort)
        is_reversed = isinstance(sort, dict) and sort.get("direction") == "DESCENDING"
        found.sort(key=_by(name), reverse=is_reversed)
    return found


def _by(name: str) -> Callable[[Contact], str]:
    return lambda contact: contact.properties.get(name) or ""


def _holds(contact: Contact, text: str) -> bool:
    return not text or any(text in (contact.properties.get(name) or "").lower() for name in QUERIED)


def _group(group: JsonObject) -> Callable[[Contact], bool]:
    tests = [_test(each) for each in _objects(group, "filters")]
    return lambda contact: all(test(contact) for test in tests)


def _test(asked: JsonObject) -> Callable[[Contact], bool]:
    name, operator = asked.get("propertyName"), asked.get("operator")
    if not isinstance(name, str) or operator not in _OPERATORS:
        raise BadBody(f"a filter needs propertyName and one of the operators {', '.join(sorted(_OPERATORS))}")
    compare = _OPERATORS[operator]

    def test(contact: Contact) -> bool:
        value = contact.properties.get(name)
        return compare(value, asked) if value or operator in _ALSO_OF_NOTHING else False

    return test


def _objects(asked: JsonObject, name: str) -> list[JsonObject]:
    found = asked.get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise BadBody(f"{name} must be a list of objects")
    return found


def _text(asked: JsonObject, name: str = "value") -> str:
    return str(asked.get(name) or "").lower()


def _order(left: str, right: str) -> int:
    """Numbers by value, anything else as text."""
    try:
        one: Any = float(left)
        other: Any = float(right)
    except ValueError:
        one, other = left.lower(), right
    return int(one > other) - int(one < other)


_OPERATORS: dict[str, Callable[[Any, JsonObject], bool]] = {
    "EQ": lambda value, asked: value.lower() == _text(asked),
    "NEQ": lambda value, asked: (value or "").lower() != _text(asked),
    "IN": lambda value, asked: value.lower() in {str(each).lower() for each in asked.get("values") or []},
    "NOT_IN": lambda value, asked: (value or "").lower() not in {str(e).lower() for e in asked.get("values") or []},
    "HAS_PROPERTY": lambda value, _: bool(value),
    "NOT_HAS_PROPERTY": lambda value, _: not value,
    "CONTAINS_TOKEN": lambda value, asked: _text(asked).strip("*") in value.lower(),
    "LT": lambda value, asked: _order(value, _text(asked)) < 0,
    "LTE": lambda value, asked: _order(value, _text(asked)) <= 0,
    "GT": lambda value, asked: _order(value, _text(asked)) > 0,
    "GTE": lambda value, asked: _order(value, _text(asked)) >= 0,
    "BETWEEN": lambda value, asked: _order(value, _text(asked)) >= 0 >= _order(value, _text(asked, "highValue")),
}
_ALSO_OF_NOTHING = frozenset({"NEQ", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"})
