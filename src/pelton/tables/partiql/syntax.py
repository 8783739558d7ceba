"""What a statement says: immutable values, its literals and parameters already attribute values."""

from __future__ import annotations

from dataclasses import dataclass

from pelton.items.types import AttributeValue

#: Names (str) and list indexes (int), a name first.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: a literal or a parameter."""

    value: AttributeValue


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute by its path."""

    path: Path


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; its name in lower case."""

    function: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left + right`` or ``left - right``."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """``operand BETWEEN low AND high``."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """``operand IN (option, ...)``."""

    operand: Operand
    options: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Is:
    """``path IS MISSING`` or ``path IS NULL``."""

    path: Path
    what: str


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT condition``."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Every:
    """``condition AND condition ...``, two or more."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """``condition OR condition ...``, two or more."""

    conditions: tuple[Condition, ...]


Operand = Literal | Reference | Call | Arithmetic
Condition = Comparison | Between | In | Is | Call | Not | Every | Some


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """``SELECT``; ``paths`` empty: ``*``."""

    table: str
    index: str | None
    paths: tuple[Path, ...]
    where: Condition | None
    order: tuple[str, bool] | None  #: attribute, whether it is descending
    is_exists: bool = False


@dataclass(frozen=True, slots=True)
class Insert:
    """``INSERT``."""

    table: str
    item: dict[str, AttributeValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """``UPDATE``."""

    table: str
    sets: tuple[tuple[Path, Operand], ...]
    removes: tuple[Path, ...]
    where: Condition | None
    returning: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """``DELETE``."""

    table: str
    where: Condition | None
    returning: str | None


Statement = Select | Insert | Update | Delete
