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
    for relation, is_so in (("overlap", _overlap), ("conflict", _conflict)):
        pair = _first_pair(paths, is_so)
        if pair is not None:
            raise _apart_fault(kind, relation, pair)


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


def _first_pair(
    paths: Sequence[Elements], is_so: Callable[[Elements, Elements], bool]
) -> tuple[Elements, Elements] | None:
    """The first two paths of which it is so; only those of one attribute can be."""
    by_attribute: dict[str | int, list[Elements]] = {}
    for path in paths:
        others = by_attribute.setdefault(path[0], [])
        for other in others:
            if is_so(other, path):
                return other, path
        others.append(path)
    return None


def _overlap(one: Elements, two: Elements) -> bool:
    shared = min(len(one), len(two))
    return one[:shared] == two[:shared]


def _conflict(one: Elements, two: Elements) -> bool:
    for left, right in zip(one, two, strict=False):
        if isinstance(left, str) != isinstance(right, str):
            return True
        if left != right:
            return False
    return False


def _apart_fault(kind: ExpressionKind, relation: str, pair: tuple[Elements, Elements]) -> ExpressionFault:
    one, two = pair
    return fault_in(
        kind,
        f"Two document paths {relation} with each other; must remove or rewrite one of these paths; "
        f"path one: {printed(one)}, path two: {printed(two)}",
    )
