"""Fragments of an item: values at their paths, without what is around them.

Lists are compact, in the order of their indexes: what UpdateItem answers to UPDATED_NEW.
Source: API reference, UpdateItem, ReturnValues.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pelton.expressions.draft import Assignment
from pelton.items.types import AttributeValue, Item


class _Leaf:
    """A value at the end of a path."""

    __slots__ = ("value",)

    def __init__(self, value: AttributeValue) -> None:
        self.value = value


def fragment(assignments: Iterable[Assignment]) -> Item:
    """The values of assignments in their structure; removals leave nothing.

    Args:
        assignments: at paths none of which is another or lies below another.
    """
    tree: dict[Any, Any] = {}
    for path, value in assignments:
        if value is None:
            continue
        branch = tree
        for element in path[:-1]:
            branch = branch.setdefault(element, {})
        branch[path[-1]] = _Leaf(value)
    return {name: _built(branch) for name, branch in tree.items()}


def _built(branch: dict[Any, Any] | _Leaf) -> AttributeValue:
    if isinstance(branch, _Leaf):
        return branch.value
    if isinstance(next(iter(branch)), str):
        return {"M": {name: _built(below) for name, below in branch.items()}}
    return {"L": [_built(branch[index]) for index in sorted(branch)]}
