"""Attribute values: what is refused in which words, canonical form, size, equality and order."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.errors import ValidationFailed
from pelton.items.types import AttributeValue
from pelton.items.values import (
    NestedTooDeep,
    canonical_item,
    canonical_value,
    check_nesting,
    compare,
    equal,
    item_size,
    items_equal,
    measured_item,
    value_size,
)

OPV = "One or more parameter values were invalid: "


def nested(levels: int) -> AttributeValue:
    """A value of that many levels."""
    value: AttributeValue = {"S": "x"}
    for _ in range(levels - 1):
        value = {"L": [value]}
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"X": "1"}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            {"S": "a", "N": "1"},
            (
                "Supplied AttributeValue has more than one datatypes set, "
                "must contain exactly one of the supported datatypes"
            ),
        ),
        # A fault inside comes before the wrong number of types.
        ({"S": "a", "N": "x"}, "The parameter cannot be converted to a numeric value: x"),
        ({"NULL": False}, OPV + "Null attribute value types must have the value of true"),
        ({"SS": []}, OPV + "An string set  may not be empty"),
        ({"NS": []}, OPV + "An number set  may not be empty"),
        ({"BS": []}, OPV + "Binary sets should not be empty"),
        ({"SS": ["a", "a"]}, OPV + "Input collection [a, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"BS": ["Yg==", "Yg=="]}, OPV + "Input collection [Yg==, Yg==]of type BS contains duplicates."),
        ({"L": [{"M": {"a": {"N": ""}}}]}, "The parameter cannot be converted to a numeric value"),
    ],
)
def test_a_bad_value_is_refused_in_the_services_words(value: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        canonical_item({"a": value})

    assert caught.value.message == message


@pytest.mark.parametrize("value", [{"S": ""}, {"B": ""}, {"SS": [""]}, {"L": []}, {"M": {}}, {"NULL": True}])
def test_empty_values_other_than_sets_are_valid(value: AttributeValue) -> None:
    assert canonical_value(value) is value


def test_32_levels_are_allowed_and_33_are_not() -> None:
    canonical_item({"a": nested(32)})
    check_nesting({"a": nested(32)})

    with pytest.raises(NestedTooDeep):
        canonical_item({"a": nested(33)})
    with pytest.raises(NestedTooDeep):
        check_nesting({"a": nested(33)})


def test_a_canonical_item_is_not_copied() -> None:
    item = {"a": {"S": "x"}, "b": {"N": "1"}, "c": {"L": [{"M": {"d": {"NS": ["1", "2"]}}}]}}

    assert canonical_item(item) is item


def test_numbers_become_canonical_at_any_depth_and_the_request_is_left_alone() -> None:
    item = {"a": {"N": "1.0"}, "b": {"L": [{"M": {"c": {"NS": ["01", "2"]}}}]}, "d": {"B": "YR=="}}

    canonical = canonical_item(item)

    assert canonical == {"a": {"N": "1"}, "b": {"L": [{"M": {"c": {"NS": ["1", "2"]}}}]}, "d": {"B": "YQ=="}}
    assert list(canonical) == ["a", "b", "d"]
    assert item["a"] == {"N": "1.0"}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"B": "AQL/"}, 3),
        ({"N": "12.5"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["1", "-1"]}, 5),
        ({"BS": ["AQL/", ""]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}]}, 6),
        ({"M": {"é": {"S": "ab"}}}, 8),
    ],
)
def test_a_value_has_the_size_the_service_counts(value: AttributeValue, size: int) -> None:
    assert value_size(value) == size


def test_sizes_agree_with_the_recorded_stream_records() -> None:
    keys = {"sk": {"S": "ord#1"}, "pk": {"S": "cust#7"}}
    first = {**keys, "total": {"N": "12.5"}, "blob": {"B": "AQL/"}, "ttl": {"N": "1767225600"}}
    second = {**first, "total": {"N": "99"}, "paid": {"BOOL": True}}

    assert (item_size(keys), item_size(first), item_size(second)) == (15, 38, 42)
    assert measured_item(first) == (first, 38)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}),
        ({"L": [{"NS": ["1", "2"]}]}, {"L": [{"NS": ["2", "1"]}]}),
        (
            {"M": {"a": {"S": "x"}, "b": {"BS": ["YQ==", "Yg=="]}}},
            {"M": {"b": {"BS": ["Yg==", "YQ=="]}, "a": {"S": "x"}}},
        ),
        ({"BOOL": False}, {"BOOL": False}),
    ],
)
def test_values_that_differ_only_in_order_without_meaning_are_equal(
    left: AttributeValue, right: AttributeValue
) -> None:
    assert equal(left, right)
    assert items_equal({"a": left}, {"a": right})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"S": "1"}, {"N": "1"}),
        ({"SS": ["1"]}, {"NS": ["1"]}),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"L": [{"S": "a"}]}, {"L": [{"S": "a"}, {"S": "a"}]}),
        ({"M": {"a": {"S": "x"}}}, {"M": {"b": {"S": "x"}}}),
        ({"BOOL": False}, {"BOOL": True}),
        ({"BOOL": False}, {"NULL": True}),
        ({"SS": ["a", "b"]}, {"SS": ["a", "c"]}),
    ],
)
def test_different_values_are_not_equal(left: AttributeValue, right: AttributeValue) -> None:
    assert not equal(left, right)
    assert not items_equal({"a": left}, {"a": right})


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ({"N": "9"}, {"N": "10"}),
        ({"N": "-10"}, {"N": "-9"}),
        ({"S": "a"}, {"S": "aa"}),
        # By code point, not by UTF-16 unit.
        ({"S": "\uffff"}, {"S": "\U00010000"}),
        # Decoded bytes: base64 text would sort the other way.
        ({"B": "aA=="}, {"B": "/w=="}),
    ],
)
def test_order_is_the_types_own(lower: AttributeValue, higher: AttributeValue) -> None:
    assert compare(lower, higher) < 0 < compare(higher, lower)
    assert compare(lower, lower) == 0
