"""Violated constraints, and the one text in which the service reports them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pelton.errors import ValidationFailed
from pelton.server.model.printing import Shapes, lower_first, printed

_PROBLEMS_MAX = 10


class Path(NamedTuple):
    """Where a value stands: cheap to make, for most are never printed."""

    parent: Path | None
    name: str
    is_member: bool = True  #: of a structure: printed with a small letter


class Problem(NamedTuple):
    """One violated constraint."""

    path: Path
    shape: str
    value: Any
    constraint: str  #: required, min, max, pattern, enum, keys or values
    text: str
    is_unnamed: bool  #: printed without its value, members with capital letters


#: Appends to the problems what is wrong with the value at the path.
Check = Callable[[Any, Any, list[Problem]], None]


def refusal(problems: Sequence[Problem], shapes: Shapes) -> ValidationFailed:
    """The one text for all problems (at least one)."""
    entries = [_entry(problem, shapes) for problem in problems[:_PROBLEMS_MAX]]
    noun = "error" if len(entries) == 1 else "errors"
    return ValidationFailed(f"{len(entries)} validation {noun} detected: {'; '.join(entries)}")


def _entry(problem: Problem, shapes: Shapes) -> str:
    path = _printed_path(problem.path, is_capital=problem.is_unnamed)
    if problem.is_unnamed:
        value = "Value"
    elif problem.value is None:
        value = "Value null"
    else:
        value = f"Value '{printed(problem.value, problem.shape, shapes)}'"
    return f"{value} at '{path}' failed to satisfy constraint: {problem.text}"


def _printed_path(path: Path | None, *, is_capital: bool) -> str:
    names: list[str] = []
    while path is not None:
        names.append(path.name if is_capital or not path.is_member else lower_first(path.name))
        path = path.parent
    return ".".join(reversed(names))
