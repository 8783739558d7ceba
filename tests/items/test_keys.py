"""Storage keys: partitions are contiguous, sort keys in order, ranges exact."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.items.keys import (
    after_prefix,
    encode_key_value,
    index_key,
    key_hash,
    key_of,
    partition_range,
    sort_range,
    storage_key,
)
from pelton.items.numbers import canonical_number
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.items.types import AttributeValue
from pelton.items.values import compare

TABLE = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "S"),))
BY_NUMBER = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "N"),))
BY_BINARY = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "B"),))
HASH_ONLY = KeySchema((KeyAttribute("pk", "S"),))
WIDE = KeySchema(
    (KeyAttribute("a", "S"), KeyAttribute("b", "N")),
    (KeyAttribute("c", "S"), KeyAttribute("d", "N"), KeyAttribute("e", "B")),
)

#: Few characters, zeros among them: collisions and prefixes are likely.
texts = st.text(st.sampled_from("\x00\x01abé\uffff\U00010000"), min_size=1, max_size=5)
strings = texts.map(lambda text: {"S": text})
binaries = st.binary(min_size=1, max_size=4).map(lambda raw: {"B": b64encode(raw).decode()})
numbers = st.decimals(-1000, 1000, places=2).map(lambda number: {"N": canonical_number(f"{number:f}")})


@given(st.one_of(*(st.tuples(kind, kind) for kind in (strings, binaries, numbers))))
def test_encoded_values_sort_as_values_and_delimit_themselves(pair: tuple[AttributeValue, AttributeValue]) -> None:
    left, right = pair
    kind = next(iter(left))
    first, second = encode_key_value(kind, left), encode_key_value(kind, right)

    assert (first > second) - (first < second) == compare(left, right)
    assert first == second or not first.startswith(second)


@pytest.mark.parametrize(("schema", "values"), [(TABLE, strings), (BY_NUMBER, numbers), (BY_BINARY, binaries)])
@given(data=st.data())
def test_a_sort_range_holds_exactly_what_meets_the_condition(
    schema: KeySchema, values: st.SearchStrategy[AttributeValue], data: st.DataObject
) -> None:
    stored, low, high = data.draw(values), data.draw(values), data.draw(values)
    pk: AttributeValue = {"S": "p"}
    key = storage_key(schema, {"pk": pk, "sk": stored})

    expected = {
        "=": compare(stored, low) == 0,
        "<": compare(stored, low) < 0,
        "<=": compare(stored, low) <= 0,
        ">": compare(stored, low) > 0,
        ">=": compare(stored, low) >= 0,
        "BETWEEN": compare(low, stored) <= 0 <= compare(high, stored),
    }
    for operator, is_met in expected.items():
        lower, upper = sort_range(schema, [pk], operator, [low, high])
        assert (lower <= key and (upper is None or key < upper)) == is_met, operator


@given(texts, texts)
def test_begins_with_is_a_range(stored: str, prefix: str) -> None:
    key = storage_key(TABLE, {"pk": {"S": "p"}, "sk": {"S": stored}})

    lower, upper = sort_range(TABLE, [{"S": "p"}], "begins_with", [{"S": prefix}])

    assert upper is not None
    assert (lower <= key < upper) == stored.startswith(prefix)


@given(texts, texts, texts)
def test_a_partition_is_one_range(pk: str, other: str, sk: str) -> None:
    lower, upper = partition_range(TABLE, [{"S": pk}])

    key = storage_key(TABLE, {"pk": {"S": other}, "sk": {"S": sk}})

    assert upper is not None
    assert (lower <= key < upper) == (pk == other)


@given(numbers, texts, numbers, binaries)
def test_several_key_attributes_sort_from_left_to_right(
    b: AttributeValue, c: str, d: AttributeValue, e: AttributeValue
) -> None:
    item = {"a": {"S": "x"}, "b": b, "c": {"S": c}, "d": d, "e": e}
    key = storage_key(WIDE, item)

    lower, upper = sort_range(WIDE, [item["a"], b, item["c"], d], ">=", [e])
    below, above = sort_range(WIDE, [item["a"], b, item["c"]], "<", [d])

    assert upper is not None and lower <= key < upper
    assert above is not None and not below <= key < above


def test_keys_on_disk_never_change() -> None:
    key = storage_key(TABLE, {"pk": {"S": "a"}, "sk": {"S": "b\x00"}})

    assert key.hex() == "a6fcdd6fd6277c27" + "610000" + "6200ff0000"
    assert key_hash(key) == 0xA6FCDD6FD6277C27


def test_equal_numbers_are_the_same_key() -> None:
    schema = KeySchema((KeyAttribute("pk", "N"),))

    assert storage_key(schema, {"pk": {"N": "1"}}) == storage_key(schema, {"pk": {"N": "1.0"}})


def test_an_index_row_ends_with_the_tables_key() -> None:
    index = KeySchema((KeyAttribute("email", "S"),))
    item = {"pk": {"S": "p"}, "sk": {"S": "s"}, "email": {"S": "e"}}

    key = index_key(index, TABLE, item)

    assert key == storage_key(index, item) + storage_key(TABLE, item)


@pytest.mark.parametrize("value", [None, {"N": "1"}, {"S": ""}, {"NULL": True}])
def test_an_item_without_a_fit_value_is_not_in_the_index(value: AttributeValue | None) -> None:
    item = {"pk": {"S": "p"}, "sk": {"S": "s"}, **({} if value is None else {"email": value})}

    assert index_key(KeySchema((KeyAttribute("email", "S"),)), TABLE, item) is None


def test_the_key_of_an_item_is_its_key_attributes_in_order() -> None:
    item = {"x": {"N": "1"}, "sk": {"S": "s"}, "pk": {"S": "p"}}

    assert list(key_of(TABLE, item)) == ["pk", "sk"]


def test_nothing_follows_a_prefix_of_the_highest_bytes() -> None:
    assert after_prefix(b"\xff\xff") is None
    assert after_prefix(b"a\xff") == b"b"
