"""Properties of all expression languages: against a second evaluator, through text and back, on any text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.expressions.condition import bound_condition
from pelton.expressions.condition_parser import parse_condition_text
from pelton.expressions.faults import ExpressionFault, ExpressionKind
from pelton.expressions.parameters import Parameters
from pelton.expressions.projection_parser import parse_projection_text
from pelton.expressions.syntax import (
    Add,
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    Delete,
    In,
    Not,
    Or,
    Path,
    Remove,
    Set,
    Value,
)
from pelton.expressions.update_parser import parse_update_text
from pelton.items.values import canonical_item

from .interpreting import holds
from .rendering import condition_text, operand_text, update_text

NAMES = st.sampled_from(["aa", "bb", "cc"])
SCALARS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.sampled_from([{"S": text} for text in ("", "a", "ab", "b", "é", "z")]),
    st.sampled_from([{"N": text} for text in ("0", "1", "1.0", "-2", "10", "1e2")]),
    st.sampled_from([{"B": text} for text in ("AA==", "AAE=", "/w==")]),
)
SETS = st.sampled_from([{"SS": ["a", "b"]}, {"SS": ["b", "a"]}, {"NS": ["1", "10"]}, {"BS": ["AA=="]}])
OTHERS = st.sampled_from([{"BOOL": True}, {"BOOL": False}, {"NULL": True}])
VALUES = st.recursive(
    st.one_of(SCALARS, SETS, OTHERS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda elements: {"L": elements}),
        st.dictionaries(NAMES, inner, max_size=2).map(lambda members: {"M": members}),
    ),
    max_leaves=4,
)
ITEMS = st.dictionaries(NAMES, VALUES, max_size=3)
CONSTANTS: dict[str, dict[str, Any]] = {
    ":sa": {"S": "a"}, ":sb": {"S": "ab"}, ":n1": {"N": "1"}, ":n10": {"N": "10"}, ":b0": {"B": "AA=="},
    ":b1": {"B": "AAE="}, ":set": {"SS": ["a", "b"]}, ":yes": {"BOOL": True}, ":list": {"L": [{"N": "1"}]},
    ":ts": {"S": "S"}, ":tn": {"S": "N"},
}  # fmt: skip
ANY = st.sampled_from([Value(name) for name in CONSTANTS])
ORDERED = st.sampled_from([Value(name) for name in (":sa", ":sb", ":n1", ":n10", ":b0", ":b1")])
BOUNDS = st.sampled_from([(":sa", ":sb"), (":n1", ":n10"), (":b0", ":b1")])
PATHS = st.tuples(NAMES, st.lists(st.one_of(NAMES, st.integers(0, 2)), max_size=2)).map(
    lambda parts: Path((parts[0], *parts[1]), has_names=False)
)
OPERANDS = st.one_of(PATHS, PATHS.map(lambda path: Call("size", (path,))))
TESTS = st.one_of(
    st.builds(Comparison, st.sampled_from(["=", "<>"]), OPERANDS, ANY),
    st.builds(Comparison, st.sampled_from(["<", "<=", ">", ">="]), OPERANDS, ORDERED),
    st.builds(lambda operand, bounds: Between(operand, Value(bounds[0]), Value(bounds[1])), OPERANDS, BOUNDS),
    st.builds(In, OPERANDS, st.lists(ANY, min_size=1, max_size=3).map(tuple)),
    st.builds(
        lambda function, path: Call(function, (path,)),
        st.sampled_from(["attribute_exists", "attribute_not_exists"]),
        PATHS,
    ),
    st.builds(
        lambda path, kind: Call("attribute_type", (path, kind)), PATHS, st.sampled_from([Value(":ts"), Value(":tn")])
    ),
    st.builds(
        lambda path, value: Call("begins_with", (path, value)), PATHS, st.sampled_from([Value(":sa"), Value(":b0")])
    ),
    st.builds(lambda path, value: Call("contains", (path, value)), PATHS, ANY),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        # The parser takes away a NOT of a NOT: it means nothing.
        st.builds(Not, inner.filter(lambda node: not isinstance(node, Not))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=6,
)
TERMS = st.recursive(
    st.one_of(PATHS, ANY),
    lambda inner: st.one_of(
        st.builds(lambda path, value: Call("if_not_exists", (path, value)), PATHS, inner),
        st.builds(lambda left, right: Call("list_append", (left, right)), inner, inner),
    ),
    max_leaves=3,
)
ACTIONS = st.one_of(
    st.builds(Set, PATHS, st.one_of(TERMS, st.builds(Arithmetic, st.sampled_from(["+", "-"]), TERMS, TERMS))),
    st.builds(Remove, PATHS),
    st.builds(Add, PATHS, ANY),
    st.builds(Delete, PATHS, ANY),
)
ORDER = {Set: 0, Remove: 1, Add: 2, Delete: 3}
UPDATES = st.lists(ACTIONS, min_size=1, max_size=4).map(
    lambda actions: tuple(sorted(actions, key=lambda action: ORDER[type(action)]))
)
TOKENS = st.sampled_from(
    [
        *("a", "aa", "#n", ":v", "AND", "or", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE", "name", "foo"),
        *("size", "contains", "attribute_exists", "if_not_exists", "list_append", "(", ")", "[", "]", "0", "99", ","),
        *(".", "=", "<>", "<", "<=", "+", "-", "!", "#", ":", "_a", "é", '"', "\n"),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=40), st.lists(TOKENS, max_size=16).map(" ".join), st.lists(TOKENS, max_size=16).map("".join)
)


@given(tree=CONDITIONS, item=ITEMS)
def test_a_condition_holds_where_the_second_evaluator_says_so(tree: Any, item: dict[str, Any]) -> None:
    item = canonical_item(item)

    is_met = bound_condition(tree, Parameters(values=canonical_item(CONSTANTS)), ExpressionKind.FILTER)(item)

    assert is_met is holds(tree, item, CONSTANTS)


@given(tree=CONDITIONS)
def test_a_condition_is_what_its_text_parses_to(tree: Any) -> None:
    assert parse_condition_text(ExpressionKind.CONDITION, condition_text(tree)).root == tree


@given(actions=UPDATES)
def test_an_update_is_what_its_text_parses_to(actions: Any) -> None:
    assert parse_update_text(ExpressionKind.UPDATE, update_text(actions)).root == actions


@given(paths=st.lists(PATHS, min_size=1, max_size=4))
def test_a_projection_is_what_its_text_parses_to(paths: list[Path]) -> None:
    text = ", ".join(map(operand_text, paths))

    assert parse_projection_text(ExpressionKind.PROJECTION, text).root == tuple(paths)


@pytest.mark.parametrize("parse", [parse_condition_text, parse_update_text, parse_projection_text])
@settings(deadline=None)
@given(text=TEXTS)
def test_any_text_parses_or_is_refused(parse: Any, text: str) -> None:
    try:
        parse(ExpressionKind.CONDITION, text)
    except ExpressionFault as fault:
        assert str(fault.message).startswith("Invalid ConditionExpression: ")
