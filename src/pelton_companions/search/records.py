"""What of a record is searched, in which order, and what filters and facets see. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pelton_companions.messages import JsonObject
from pelton_companions.search.words import Word, words_and_joined

_MODIFIER = re.compile(r"^(?:unordered|ordered|searchable|filterOnly|afterDistinct)\((.*)\)$")


def attribute_names(setting: Sequence[str]) -> list[str]:
    """Attribute names of a setting, without modifiers such as ``unordered(...)``, in order."""
    names = []
    for line in setting:
        for name in line.split(","):
            plain = _MODIFIER.match(name.strip())
            names.append(plain.group(1) if plain else name.strip())
    return names


def searchable_texts(record: JsonObject, settings: JsonObject) -> list[tuple[str, str]]:
    """Attribute (dotted) and text of everything that is searched, the most important first.

    Without ``searchableAttributes`` every attribute but ``objectID`` is searched, as it stands.
    """
    names = attribute_names(settings.get("searchableAttributes") or [])
    if not names:
        return [pair for name in record if name != "objectID" for pair in _texts(name, record[name])]
    return [pair for name in names for pair in _texts(name, value_at(record, name))]


def searchable_words(record: JsonObject, settings: JsonObject) -> Iterator[tuple[int, Word]]:
    """Every word that is searched, with the rank of its text (0 the most important)."""
    for rank, (_, text) in enumerate(searchable_texts(record, settings)):
        for word in words_and_joined(text):
            yield rank, word


def facet_values(record: JsonObject, settings: JsonObject) -> JsonObject:
    """Values of the attributes for faceting, nested as their names are dotted; no objects or nulls."""
    found: JsonObject = {}
    for name in attribute_names(settings.get("attributesForFaceting") or []):
        value = value_at(record, name)
        kept = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str | int | float)]
        if kept:
            *parents, last = name.split(".")
            place = found
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = kept
    return found


def value_at(record: JsonObject, name: str) -> Any:
    """The value of a dotted attribute; None when there is none."""
    if name in record:
        return record[name]
    value: Any = record
    for step in name.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def chosen_attributes(record: JsonObject, wanted: Sequence[str], hidden: Sequence[str]) -> JsonObject:
    """The record with the wanted top-level attributes (``*``: all) less the hidden ones and ``-name``."""
    unwanted = {name[1:] for name in wanted if name.startswith("-")} | set(hidden)
    names = [name for name in wanted if not name.startswith("-")]
    everything = "*" in names or not names
    return {
        name: value
        for name, value in record.items()
        if name == "objectID" or (name not in unwanted and (everything or name in names))
    }


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, str(value)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(name, each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(f"{name}.{key}", each)
