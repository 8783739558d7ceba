"""Document paths: placeholders resolved, values found, relations between several paths.

A resolved path is a tuple of attribute names (str) and list indexes (int); its first element is
always a name. A path that leads nowhere, be it past a list's end or into a scalar, is *missing*.
Source: DynamoDB developer guide, "Document paths"; recorded texts of overlaps and conflicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pelton.errors import ValidationFailed
from pelton.expressions.faults import ExpressionFault, ExpressionKind, fault_in
from pelton.expressions.parameters import Parameters
from pelton.expressions.syntax import Elements, Path
from pelton.items.schema import KeySchema
from pelton.items.types import AttributeValue, Item

#: Finds a path's value in an item; None when it is missing.
Getter = Callable[[Item], AttributeValue | None]


def resolved(path: Path, parameters: Parameters, kind: ExpressionKind) -> Elements:
    """The path with its ``#names`` replaced.

    Raises:
        ExpressionFault: a name is not defined.
    """
    if not path.has_names:
        return path.elements
    return tuple(
        resolved_name(element, parameters, kind) if isinstance(element, str) and element[0] == "#" else element
        for element in path.elements
    )


def resolved_name(name: str, parameters: Parameters, kind: ExpressionKind) -> str:
    """The attribute name a ``#name`` stands for.

    Raises:
        ExpressionFault: it is not defined.
    """
    attribute = parameters.names.get(name)
    if attribute is None:
        text = f"An expression attribute name used in the document path is not defined; attribute name: {name}"
        raise fault_in(kind, text)
    return attribute


def getter(path: Elements) -> Getter:
    """A function that finds the path's value."""
    first = path[0]
    assert isinstance(first, str), "a path begins with a name"
    if len(path) == 1:
        return lambda item: item.get(first)
    rest = path[1:]

    def find(item: Item) -> AttributeValue | None:
        return value_below(item.get(first), rest)

    return find


def value_below(value: AttributeValue | None, elements: Elements) -> AttributeValue | None:
    """The value at these elements below a value, None when missing."""
    for element in elements:
        if value is None:
            return None
        value = child(value, element)
    return value


def child(value: AttributeValue, element: str | int) -> AttributeValue | None:
    """The member or list element of a value, None when it has none of that name or index."""
    if isinstance(element, str):
        members: Item | None = value.get("M")
        return None if members is None else members.get(element)
    values: list[AttributeValue] | None = value.get("L")
    return None if values is None or element >= len(values) else values[element]


def printed(path: Elements) -> str:
    """The path as error texts show it: ``[a, b, [0]]``."""
    return f"[{', '.join(part if isinstance(part, str) else f'[{part}]' for part in path)}]"


def check_apart(paths: Sequence[Elements], kind: ExpressionKind) -> None:
    """No path is another or lies below another, and none treats as a list what another treats as a map.

    Overlaps are told before conflicts; the earlier path of the text is path one.

    Raises:
        ExpressionFault: two paths overlap or conflict.
    """
    if len(paths) < 2 or _are_distinct_attributes(paths):
        return
    if (pair := _overlapping(paths)) is not None:
        raise _apart_fault(kind, "overlap", pair)
    if (pair := _conflicting(paths)) is not None:
        raise _apart_fault(kind, "conflict", pair)


def check_scalar_keys(paths: Iterable[Elements], schema: KeySchema, label: str = "Key") -> None:
    """No path goes into a key attribute: keys are scalars.

    Args:
        paths: of an update or a projection.
        schema: of the table or an index.
        label: how the text calls the attribute: ``Key``, or ``IndexKey`` for an index's.

    Raises:
        ValidationFailed: one does.
    """
    for path in paths:
        if len(path) > 1 and any(path[0] == attribute.name for attribute in schema.attributes):
            raise ValidationFailed(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
                f"{label}: {path[0]}"
            )


def _are_distinct_attributes(paths: Sequence[Elements]) -> bool:
    """Whether no two paths begin with the same attribute: the usual case, told fast."""
    return len({path[0] for path in paths}) == len(paths)


class _Node:
    """An element of paths, and what comes below it: a tree, for comparing each two paths takes too long."""

    __slots__ = ("below", "first", "is_end")

    def __init__(self, first: Elements) -> None:
        self.first = first  #: the first path that it is an element of
        self.below: dict[str | int, _Node] = {}
        self.is_end = False  #: a path ends here


def _overlapping(paths: Sequence[Elements]) -> tuple[Elements, Elements] | None:
    """The first path that is an earlier one or lies below or above it, after that one."""
    root = _Node(())
    for path in paths:
        node, is_apart = root, False
        for element in path:
            below = node.below.get(element)
            if below is None:
                below = node.below[element] = _Node(path)
                is_apart = True
            elif below.is_end:
                return below.first, path
            node = below
        if not is_apart:
            return node.first, path
        node.is_end = True
    return None


def _conflicting(paths: Sequence[Elements]) -> tuple[Elements, Elements] | None:
    """The first path with an index where an earlier one has a name, or the other way, after that one.

    Args:
        paths: that do not overlap.
    """
    root = _Node(())
    for path in paths:
        node = root
        for element in path:
            if node.below and isinstance(element, str) != isinstance(next(iter(node.below)), str):
                return node.first, path
            node = node.below.setdefault(element, _Node(path))
    return None


def _apart_fault(kind: ExpressionKind, relation: str, pair: tuple[Elements, Elements]) -> ExpressionFault:
    one, two = pair
    return fault_in(
        kind,
        f"Two document paths {relation} with each other; must remove or rewrite one of these paths; "
        f"path one: {printed(one)}, path two: {printed(two)}",
    )
