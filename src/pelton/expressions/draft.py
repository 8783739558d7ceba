"""An item in the making: assignments and removals at document paths, on a copy of what they touch.

All paths mean the item as it was before: elements removed from a list leave a gap until the end, so
indexes do not shift under later paths, and what is appended comes after them.
Source: DynamoDB developer guide, "Update expressions".
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from pelton.errors import ValidationFailed
from pelton.expressions.syntax import Elements
from pelton.items.types import AttributeValue, Item

#: Where a value goes; None as value removes what is there.
Assignment = tuple[Elements, AttributeValue | None]


class PathInvalid(ValidationFailed):
    """The parent of an updated path is missing, or is no container of that kind."""

    def __init__(self) -> None:
        super().__init__("The document path provided in the update expression is invalid for update")


def assigned(item: Item, assignments: Iterable[Assignment]) -> Item:
    """The item with these assignments made; the item itself is left alone.

    Args:
        item: before.
        assignments: at paths none of which is another or lies below another.

    Raises:
        PathInvalid: a path's parent is not there or is no map or list, as the path needs it.
    """
    after = dict(item)
    nested: list[Assignment] = []
    for path, value in assignments:
        if len(path) > 1:
            nested.append((path, value))
        elif value is None:
            after.pop(path[0], None)  # type: ignore[arg-type]  # A path begins with a name.
        else:
            after[path[0]] = value  # type: ignore[index]  # A path begins with a name.
    if nested:
        _Draft(after).assign(nested)
    return after


class _Draft:
    """Copies each container of the item once, when something in it changes."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self._copies: dict[int, Any] = {}  #: the containers that are copies, by identity
        self._gapped: dict[int, list[AttributeValue | None]] = {}  #: the lists that have gaps

    def assign(self, assignments: list[Assignment]) -> None:
        """Removals first, then values by rising index, so that several appended keep their order."""
        for path, value in assignments:
            if value is None:
                self._remove(path)
        values = [(path, value) for path, value in assignments if value is not None]
        for path, value in sorted(values, key=lambda assignment: _last_index(assignment[0])):
            self._put(path, value)
        for elements in self._gapped.values():
            elements[:] = [element for element in elements if element is not None]

    def _put(self, path: Elements, value: AttributeValue) -> None:
        container, last = self._parent(path), path[-1]
        if isinstance(last, int) and last >= len(container):
            container.append(value)
        else:
            container[last] = value

    def _remove(self, path: Elements) -> None:
        container, last = self._parent(path), path[-1]
        if isinstance(last, str):
            container.pop(last, None)
        elif last < len(container):
            container[last] = None
            self._gapped[id(container)] = container

    def _parent(self, path: Elements) -> Any:
        """The container that the path's last element is in: a copy, a map's members or a list's elements."""
        container: Any = self._item
        for element, below in pairwise(path):
            kind = "M" if isinstance(below, str) else "L"
            content = _content(container, element, kind)
            if id(content) not in self._copies:
                content = content.copy()
                self._copies[id(content)] = content
                container[element] = {kind: content}
            container = content
        return container


def _content(container: Any, element: str | int, kind: str) -> Any:
    """The members or elements of the map or list at an element of a container."""
    if isinstance(element, str):
        value = container.get(element)
    else:
        value = container[element] if element < len(container) else None
    content = None if value is None else value.get(kind)
    if content is None:
        raise PathInvalid
    return content


def _last_index(path: Elements) -> int:
    """The index a path ends with, -1 when it ends with a name."""
    last = path[-1]
    return last if isinstance(last, int) else -1
