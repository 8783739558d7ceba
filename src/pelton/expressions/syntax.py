"""The syntax trees of the five languages: immutable values without the parameters of a request.

A tree depends on nothing but the expression's text, so it can be kept and bound again and again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

#: Elements of a path as written: identifiers and ``#name`` placeholders (str), list indexes (int).
Elements = tuple[str | int, ...]

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Path:
    """A document path as written."""

    elements: Elements
    has_names: bool  #: whether an element is a ``#name``


@dataclass(frozen=True, slots=True)
class Value:
    """A ``:value`` placeholder."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments, of whatever number and kind."""

    function: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left + right`` or ``left - right``; only in SET."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right`` with one of = <> < <= > >=."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """``operand BETWEEN low AND high``, bounds included."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """``operand IN (option, ...)``."""

    operand: Operand
    options: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT condition``."""

    condition: ConditionNode


@dataclass(frozen=True, slots=True)
class And:
    """``condition AND condition AND ...``: two or more, as written on one level of parentheses."""

    conditions: tuple[ConditionNode, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """``condition OR condition OR ...``: two or more, as written on one level of parentheses."""

    conditions: tuple[ConditionNode, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """``SET path = value``."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class Remove:
    """``REMOVE path``."""

    path: Path


@dataclass(frozen=True, slots=True)
class Add:
    """``ADD path :value``."""

    path: Path
    value: Value


@dataclass(frozen=True, slots=True)
class Delete:
    """``DELETE path :value``."""

    path: Path
    value: Value


Operand = Path | Value | Call | Arithmetic
ConditionNode = Comparison | Between | In | Call | Not | And | Or
Action = Set | Remove | Add | Delete


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A tree and the placeholders its expression uses, in the order of the text."""

    root: T
    names: tuple[str, ...]
    values: tuple[str, ...]
    placeholders: frozenset[str] = field(init=False, repr=False, compare=False)  #: all names and values

    def __post_init__(self) -> None:
        object.__setattr__(self, "placeholders", frozenset(self.names + self.values))
