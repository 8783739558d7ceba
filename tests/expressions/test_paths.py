"""Relations between several document paths, against their definition for two."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.expressions.faults import ExpressionFault, ExpressionKind
from pelton.expressions.paths import check_apart, printed
from pelton.expressions.syntax import Elements

PATHS = st.tuples(st.sampled_from(("a", "b")), st.lists(st.sampled_from(("x", "y", 0, 1)), max_size=3).map(tuple)).map(
    lambda path: (path[0], *path[1])
)


def overlap(one: Elements, two: Elements) -> bool:
    return one[: len(two)] == two[: len(one)]


def conflict(one: Elements, two: Elements) -> bool:
    differing = [pair for pair in zip(one, two, strict=False) if pair[0] != pair[1]]
    return bool(differing) and isinstance(differing[0][0], str) != isinstance(differing[0][1], str)


def first_pair(paths: list[Elements], is_so: Callable[[Elements, Elements], bool]) -> tuple[Elements, Elements] | None:
    """The pair whose later path comes first, and of these the one whose earlier path does."""
    pairs = [(two, one) for one, two in combinations(range(len(paths)), 2) if is_so(paths[one], paths[two])]
    return (paths[min(pairs)[1]], paths[min(pairs)[0]]) if pairs else None


@given(st.lists(PATHS, max_size=6))
def test_paths_are_apart_as_each_two_of_them_are(paths: list[Elements]) -> None:
    told = None
    try:
        check_apart(paths, ExpressionKind.UPDATE)
    except ExpressionFault as fault:
        told = fault.message

    relation, pair = "overlap", first_pair(paths, overlap)
    if pair is None:
        relation, pair = "conflict", first_pair(paths, conflict)
    assert told == (
        None
        if pair is None
        else f"Invalid UpdateExpression: Two document paths {relation} with each other; must remove or rewrite one of "
        f"these paths; path one: {printed(pair[0])}, path two: {printed(pair[1])}"
    )


def test_thousands_of_paths_are_looked_at_once_each() -> None:
    paths: list[Elements] = [("a", f"b{number}") for number in range(20_000)]

    # Each two of them would be two hundred million comparisons.
    check_apart(paths, ExpressionKind.PROJECTION)

    with pytest.raises(ExpressionFault, match=r"path one: \[a, b7\], path two: \[a, b7, c\]"):
        check_apart([*paths, ("a", "b7", "c")], ExpressionKind.PROJECTION)
