"""Projections: the parts of an item that a list of document paths names, in their structure.

``a.b`` gives ``{"a": {"M": {"b": …}}}``; list elements come as a compact list in the order of their
indexes, several paths into one element as one element. What is missing is left out.
Source: DynamoDB developer guide, "Projection expressions".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pelton.expressions.cache import ExpressionCache, parsed_with
from pelton.expressions.faults import ExpressionKind
from pelton.expressions.parameters import Parameters
from pelton.expressions.paths import check_apart, child, resolved
from pelton.expressions.projection_parser import parse_projection_text
from pelton.expressions.syntax import Elements, Path
from pelton.items.types import AttributeValue, Item

#: Path elements to what is wanted below them; None wants all. ``Any`` stands for the tree itself.
Tree = dict[str | int, Any]


@dataclass(frozen=True, slots=True)
class Projection:
    """Document paths, none of which is another or lies below another."""

    paths: tuple[Elements, ...]
    tree: Tree

    def __call__(self, item: Item) -> Item:
        """What the paths name of an item, in their order; empty when nothing is there."""
        return projected(item, self.tree)

    @property
    def attributes(self) -> frozenset[str]:
        """Names of the top-level attributes it looks at."""
        return frozenset(str(path[0]) for path in self.paths)


def parse_projection(text: str, parameters: Parameters, cache: ExpressionCache | None = None) -> Projection:
    """The projection a text says.

    Args:
        text: a ProjectionExpression.
        parameters: the request's; names that the text uses count as used.
        cache: where the texts of this server are kept parsed; None parses anew.

    Raises:
        ExpressionFault: the text is not a projection, or two paths overlap or conflict.
    """
    kind = ExpressionKind.PROJECTION
    parsed = parsed_with(cache, kind, text, parse_projection_text)
    parameters.use(parsed)
    shape = None if cache is None else parameters.shape
    if cache is None or shape is None:
        return _bound(parsed.root, parameters)
    return cache.kept((kind, text, shape), lambda: _bound(parsed.root, parameters))


def _bound(written: tuple[Path, ...], parameters: Parameters) -> Projection:
    kind = ExpressionKind.PROJECTION
    paths = tuple(resolved(path, parameters, kind) for path in written)
    check_apart(paths, kind)
    return Projection(paths, tree_of(paths))


def projection_of(names: Iterable[str]) -> Projection:
    """The projection to whole top-level attributes: what AttributesToGet and indexes ask for."""
    paths: tuple[Elements, ...] = tuple((name,) for name in names)
    return Projection(paths, tree_of(paths))


def tree_of(paths: Iterable[Elements]) -> Tree:
    """Paths that do not overlap, by their common beginnings."""
    tree: Tree = {}
    for path in paths:
        branch = tree
        for element in path[:-1]:
            branch = branch.setdefault(element, {})
        branch[path[-1]] = None
    return tree


def projected(item: Item, tree: Tree) -> Item:
    """What a tree names of an item, or of a map's members."""
    result: Item = {}
    for name, branch in tree.items():
        assert isinstance(name, str), "an item has names, not indexes"
        value = item.get(name)
        if value is not None and branch is not None:
            value = _part(value, branch)
        if value is not None:
            result[name] = value
    return result


def _part(value: AttributeValue, branch: Tree) -> AttributeValue | None:
    """What a branch names of a value; None when nothing of it is there."""
    if isinstance(next(iter(branch)), str):
        members = projected(value["M"], branch) if "M" in value else None
        return {"M": members} if members else None
    elements = []
    for index in sorted(branch):
        element = child(value, index)
        below = branch[index]
        if element is not None and below is not None:
            element = _part(element, below)
        if element is not None:
            elements.append(element)
    return {"L": elements} if elements else None
