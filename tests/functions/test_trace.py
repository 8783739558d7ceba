"""Trace ids."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.functions.trace import Trace, child_of, new_root, new_trace, parse_trace

ROOT = "1-5759e988-bd862e3fe1be46a994272793"


def test_a_new_trace_has_lambdas_form() -> None:
    trace = parse_trace(new_trace(Random(1)))

    assert trace is not None
    assert trace.parent is not None
    assert str(trace) == new_trace(Random(1))


def test_a_new_trace_keeps_the_root_it_is_given() -> None:
    assert new_trace(Random(1), ROOT).startswith(f"Root={ROOT};Parent=")


def test_a_child_keeps_the_root_and_names_itself() -> None:
    asker = new_trace(Random(1))

    child = parse_trace(child_of(Random(2), asker))

    assert child is not None
    assert child.root == parse_trace(asker).root  # type: ignore[union-attr]
    assert child.parent != parse_trace(asker).parent  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "header", [None, "", "Root=", "Self=1", f"root={ROOT}", "Root=1-x-y", f"Root={ROOT}" + ";" * 999]
)
def test_what_names_no_root_is_no_trace(header: str | None) -> None:
    assert parse_trace(header) is None
    assert parse_trace(child_of(Random(1), header)) is not None


def test_a_header_without_a_parent_names_only_its_root() -> None:
    assert parse_trace(f"Root={ROOT};Sampled=1;Lineage=a:0") == Trace(ROOT, None)


@given(st.integers(), st.booleans())
def test_parsing_undoes_writing(seed: int, is_named: bool) -> None:
    trace = Trace(new_root(Random(seed)), "0123456789abcdef" if is_named else None)

    assert parse_trace(str(trace)) == trace


@given(st.text())
def test_any_text_parses_or_is_no_trace(text: str) -> None:
    parse_trace(text)
