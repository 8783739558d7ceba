"""Expected, filters and KeyConditions: what they mean and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.errors import ValidationFailed
from pelton.expressions.legacy_conditions import expected_condition, filter_condition, key_conditions
from pelton.items.schema import KeyAttribute, KeySchema

OPV = "One or more parameter values were invalid: "
ITEM: dict[str, dict[str, Any]] = {
    "a": {"S": "apple"},
    "n": {"N": "5"},
    "tags": {"SS": ["x", "y"]},
    "list": {"L": [{"N": "1"}]},
}
S, N = {"S": "apple"}, {"N": "5"}

MEANINGS: list[tuple[dict[str, Any], bool]] = [
    ({"a": {"Value": S}}, True),
    ({"a": {"Value": S, "Exists": True}}, True),
    ({"a": {"Value": {"S": "pear"}}}, False),
    ({"a": {"Exists": False}}, False),
    ({"none": {"Exists": False}}, True),
    ({"a": {"ComparisonOperator": "EQ", "Value": S}}, True),
    ({"none": {"ComparisonOperator": "NE", "Value": S}}, True),
    ({"n": {"ComparisonOperator": "LT", "Value": {"N": "5.0"}}}, False),
    ({"n": {"ComparisonOperator": "LE", "AttributeValueList": [{"N": "5.0"}]}}, True),
    ({"n": {"ComparisonOperator": "GT", "Value": {"N": "4"}}}, True),
    ({"n": {"ComparisonOperator": "GE", "Value": {"N": "6"}}}, False),
    ({"n": {"ComparisonOperator": "GE", "Value": {"S": "1"}}}, False),
    ({"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "5"}, {"N": "10"}]}}, True),
    ({"a": {"ComparisonOperator": "IN", "AttributeValueList": [{"S": "pear"}, S]}}, True),
    ({"a": {"ComparisonOperator": "BEGINS_WITH", "Value": {"S": "app"}}}, True),
    ({"a": {"ComparisonOperator": "CONTAINS", "Value": {"S": "ppl"}}}, True),
    ({"tags": {"ComparisonOperator": "CONTAINS", "Value": {"S": "x"}}}, True),
    ({"list": {"ComparisonOperator": "CONTAINS", "Value": {"N": "1.0"}}}, True),
    ({"tags": {"ComparisonOperator": "NOT_CONTAINS", "Value": {"S": "x"}}}, False),
    ({"none": {"ComparisonOperator": "NOT_CONTAINS", "Value": {"S": "x"}}}, True),
    ({"none": {"ComparisonOperator": "NULL"}}, True),
    ({"a": {"ComparisonOperator": "NOT_NULL"}}, True),
    ({"a": {"Value": S}, "n": {"Value": {"N": "6"}}}, False),
    # A name is a name, whatever it looks like in an expression.
    ({"#a.b[0]": {"Exists": False}, "name": {"Exists": False}}, True),
]

REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"Value": S, "AttributeValueList": [S]}, "Value and AttributeValueList cannot be used together for Attribute: a"),
    (
        {"Exists": True, "ComparisonOperator": "EQ", "Value": S},
        "Exists and ComparisonOperator cannot be used together for Attribute: a",
    ),
    (
        {"ComparisonOperator": "EQ"},
        "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
    ),
    (
        {"ComparisonOperator": "EQ", "AttributeValueList": []},
        "Invalid number of argument(s) for the EQ ComparisonOperator",
    ),
    ({"ComparisonOperator": "NULL", "Value": S}, "Invalid number of argument(s) for the NULL ComparisonOperator"),
    ({"ComparisonOperator": "BETWEEN", "Value": S}, "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
    (
        {"ComparisonOperator": "IN", "AttributeValueList": [S, N]},
        "AttributeValues inside AttributeValueList must be of same type",
    ),
    (
        {"ComparisonOperator": "LT", "Value": {"SS": ["x"]}},
        "ComparisonOperator LT is not valid for SS AttributeValue type",
    ),
    (
        {"ComparisonOperator": "BEGINS_WITH", "Value": N},
        "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type",
    ),
    ({"AttributeValueList": [S]}, "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"),
    ({}, "Value must be provided when Exists is null for Attribute: a"),
    ({"Exists": True}, "Value must be provided when Exists is true for Attribute: a"),
    ({"Exists": False, "Value": S}, "Value cannot be used when Exists is false for Attribute: a"),
]


@pytest.mark.parametrize(("expected", "is_met"), MEANINGS)
def test_what_is_expected_is_compared_with_the_item(expected: dict[str, Any], is_met: bool) -> None:
    assert expected_condition(expected, None)(ITEM) is is_met


def test_or_asks_for_one_of_the_entries() -> None:
    entries = {"a": {"Value": S}, "n": {"Value": {"N": "6"}}}

    assert expected_condition(entries, "OR")(ITEM)
    assert not expected_condition(entries, "AND")(ITEM)


@pytest.mark.parametrize(("entry", "text"), REFUSALS)
def test_an_entry_that_breaks_a_rule_is_refused_in_the_services_words(entry: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        expected_condition({"a": entry}, None)

    assert caught.value.message == OPV + text


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValidationFailed, match=r"^The BETWEEN condition was provided a range where the lower bound"):
        filter_condition({"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [N, {"N": "4"}]}}, None)


def test_a_filter_names_its_attributes() -> None:
    condition = filter_condition({"a": {"ComparisonOperator": "NOT_NULL"}}, None)

    assert condition.attributes == frozenset({"a"})


def test_key_conditions_become_a_range_of_keys() -> None:
    schema = KeySchema((KeyAttribute("id", "S"),), (KeyAttribute("at", "N"),))
    conditions = key_conditions(
        {
            "at": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "1.0"}]},
            "id": {"ComparisonOperator": "EQ", "AttributeValueList": [S]},
        }
    )

    bound = conditions.bind(schema)

    assert (bound.equal_values, bound.operator, bound.operands) == ((S,), ">", ({"N": "1"},))


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ({}, "Conditions can be of length 1 or 2 only"),
        (
            {"id": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": ""}]}},
            (
                "One or more parameter values are not valid. "
                "The AttributeValue for a key attribute cannot contain an empty string value. Key: id"
            ),
        ),
        (
            {"id": {"ComparisonOperator": "NE", "AttributeValueList": [S]}},
            "Attempted conditional constraint is not an indexable operation",
        ),
        (
            {"at": {"ComparisonOperator": "EQ", "AttributeValueList": [N]}},
            "Query condition missed key schema element: id",
        ),
        (
            {"id": {"ComparisonOperator": "EQ", "AttributeValueList": [N]}},
            OPV + "Condition parameter type does not match schema type",
        ),
        ({"id": {"ComparisonOperator": "GT", "AttributeValueList": [S]}}, "Query key condition not supported"),
    ],
)
def test_key_conditions_that_are_no_range_are_refused(conditions: dict[str, Any], text: str) -> None:
    schema = KeySchema((KeyAttribute("id", "S"),), (KeyAttribute("at", "N"),))

    with pytest.raises(ValidationFailed) as caught:
        key_conditions(conditions).bind(schema)

    assert caught.value.message == text
