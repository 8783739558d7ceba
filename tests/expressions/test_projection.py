"""Projections: parts of items in their structure, and what is refused."""

from __future__ import annotations

import pytest

from pelton.errors import ValidationFailed
from pelton.expressions.faults import ExpressionFault
from pelton.expressions.parameters import Parameters
from pelton.expressions.paths import check_scalar_keys
from pelton.expressions.projection import Projection, parse_projection, projection_of
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.items.types import Item

ITEM: Item = {
    "a": {"S": "x"},
    "m": {"M": {"b": {"N": "1"}, "c": {"N": "2"}, "d.e": {"N": "3"}}},
    "l": {"L": [{"S": "0"}, {"M": {"x": {"S": "p"}, "y": {"S": "q"}}}, {"S": "2"}]},
}


def projection(text: str) -> Projection:
    return parse_projection(text, Parameters({"#d": "d.e", "#a": "a"}))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", {"a": {"S": "x"}}),
        ("#a, m", {"a": ITEM["a"], "m": ITEM["m"]}),
        ("m.b", {"m": {"M": {"b": {"N": "1"}}}}),
        ("m.b, m.#d", {"m": {"M": {"b": {"N": "1"}, "d.e": {"N": "3"}}}}),
        # Lists are compact and in the order of their indexes; paths into one element merge.
        ("l[2], l[0]", {"l": {"L": [{"S": "0"}, {"S": "2"}]}}),
        ("l[1].y, l[2], l[1].x", {"l": {"L": [ITEM["l"]["L"][1], {"S": "2"}]}}),
        ("l[7], l[2]", {"l": {"L": [{"S": "2"}]}}),
        # What is missing, or is no container of that kind, is left out.
        ("gone, m.gone, l[9], a.b, m[0], l.x", {}),
        ("l[0].x, m.b", {"m": {"M": {"b": {"N": "1"}}}}),
    ],
)
def test_a_projection_keeps_the_structure_of_what_it_names(text: str, parts: Item) -> None:
    # Paths that conflict are tried one after the other.
    result: Item = {}
    for path in [text] if "m[0]" not in text else text.split(", "):
        result |= projection(path)(ITEM)

    assert result == parts


def test_a_projection_tells_what_it_looks_at() -> None:
    assert projection("m.b, #a").attributes == {"m", "a"}
    assert projection_of(["m", "gone"])(ITEM) == {"m": ITEM["m"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("a,", 'Syntax error; token: "<EOF>", near: ","'),
        ("a b", 'Syntax error; token: "b", near: "a b"'),
        (":v", 'Syntax error; token: ":v", near: ":v"'),
        ("m.name", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("and", "Attribute name is a reserved keyword; reserved keyword: and"),
        (
            "#gone",
            "An expression attribute name used in the document path is not defined; attribute name: #gone",
        ),
        (
            "a, #a",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                "path one: [a], path two: [a]"
            ),
        ),
        (
            "m, m.b[1]",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                "path one: [m], path two: [m, b, [1]]"
            ),
        ),
        (
            "m[0], m.b",
            (
                "Two document paths conflict with each other; must remove or rewrite one of these paths; "
                "path one: [m, [0]], path two: [m, b]"
            ),
        ),
        # Overlaps before conflicts.
        (
            "m[0], m.b, a, a",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                "path one: [a], path two: [a]"
            ),
        ),
        ("l[99999999999]", "List index is not within the allowable range; index: [99999999999]"),
    ],
)
def test_a_faulty_projection_is_refused_in_the_services_words(text: str, message: str) -> None:
    with pytest.raises(ExpressionFault) as caught:
        projection(text)

    assert caught.value.message == f"Invalid ProjectionExpression: {message}"


def test_a_path_into_a_key_is_refused() -> None:
    schema = KeySchema((KeyAttribute("m", "S"),))

    check_scalar_keys(projection("m, l[0]").paths, schema)
    with pytest.raises(ValidationFailed, match="are not allowed: IndexKey: m"):
        check_scalar_keys(projection("m.b").paths, schema, "IndexKey")
