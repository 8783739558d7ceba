"""How the service words each constraint of its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def min_text(noun: str, least: Any) -> str:
    """At least so much of a noun, ``length`` or ``value``."""
    return f"Member must have {noun} greater than or equal to {least}"


def max_text(noun: str, most: Any) -> str:
    """At most so much of it."""
    return f"Member must have {noun} less than or equal to {most}"


def pattern_text(pattern: str) -> str:
    """A pattern, as the model writes it."""
    return f"Member must satisfy regular expression pattern: {pattern}"


def all_texts(shape: Mapping[str, Any]) -> list[str]:
    """Every constraint of a key or value, in the order the service prints them."""
    texts = []
    if "max" in shape:
        texts.append(max_text("length", shape["max"]))
    if "min" in shape:
        texts.append(min_text("length", shape["min"]))
    if "pattern" in shape:
        texts.append(pattern_text(shape["pattern"]))
    if "enum" in shape:
        texts.append(enum_text(shape["enum"]))
    return texts


def enum_text(values: Sequence[str]) -> str:
    """A set of values, in the service's order."""
    return f"Member must satisfy enum value set: [{', '.join(values)}]"
