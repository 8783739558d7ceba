"""Keys against a schema: what is refused, in which words and order."""

from __future__ import annotations

import pytest

from pelton.errors import ValidationFailed
from pelton.items.key_checks import (
    KEY_MISMATCH,
    IndexKey,
    check_batch_put_key,
    check_index_keys,
    check_key,
    check_put_key,
    check_updated_index_keys,
)
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.items.types import Item

TABLE = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "B"),))
KEY: Item = {"pk": {"S": "p"}, "sk": {"B": "YQ=="}}
INDEXES = [
    IndexKey("z", KeySchema((KeyAttribute("email", "S"),))),
    IndexKey("a", KeySchema((KeyAttribute("email", "S"),), (KeyAttribute("age", "N"),))),
]
OPV = "One or more parameter values were invalid: "
ARE = "One or more parameter values are not valid. "
EMPTY_STRING = "The AttributeValue for a key attribute cannot contain an empty string value."


def test_a_whole_key_passes() -> None:
    check_key(TABLE, KEY)
    check_put_key(TABLE, {**KEY, "more": {"S": ""}})
    check_batch_put_key(TABLE, {**KEY, "more": {"S": ""}})


@pytest.mark.parametrize(
    "key",
    [{}, {"pk": KEY["pk"]}, {**KEY, "x": {"S": "y"}}, {**KEY, "sk": {"S": "a"}}, {"pk": KEY["pk"], "x": KEY["sk"]}],
)
def test_a_key_of_another_shape_does_not_match(key: Item) -> None:
    with pytest.raises(ValidationFailed, match=KEY_MISMATCH):
        check_key(TABLE, key)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, OPV + "Missing the key pk in the item"),
        ({"pk": {"N": "1"}}, OPV + "Type mismatch for key pk expected: S actual: N"),
        ({"pk": KEY["pk"]}, OPV + "Missing the key sk in the item"),
        ({**KEY, "pk": {"S": ""}}, ARE + EMPTY_STRING + " Key: pk"),
        (
            {**KEY, "sk": {"B": ""}},
            ARE + "The AttributeValue for a key attribute cannot contain an empty binary value. Key: sk",
        ),
        (
            {**KEY, "pk": {"S": "x" * 2049}},
            OPV + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            {**KEY, "sk": {"B": "QUFB" * 342}},
            OPV + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        ),
    ],
)
def test_a_put_item_without_a_fit_key_is_refused(item: Item, message: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        check_put_key(TABLE, item)

    assert caught.value.message == message


@pytest.mark.parametrize("item", [{"pk": KEY["pk"]}, {**KEY, "pk": {"N": "1"}}])
def test_a_batch_put_tells_a_bad_key_as_a_key_does(item: Item) -> None:
    with pytest.raises(ValidationFailed, match=KEY_MISMATCH):
        check_batch_put_key(TABLE, item)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"email": {"N": "1"}}, OPV + "Type mismatch for Index Key email Expected: S Actual: N IndexName: a"),
        ({"age": {"NULL": True}}, OPV + "Type mismatch for Index Key age Expected: N Actual: NULL IndexName: a"),
        (
            {"email": {"S": ""}},
            ARE
            + "A value specified for a secondary index key is not supported. "
            + EMPTY_STRING
            + " IndexName: a, IndexKey: email",
        ),
    ],
)
def test_a_value_no_index_can_hold_is_refused(item: Item, message: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        check_index_keys(INDEXES, item)

    assert caught.value.message == message


def test_an_item_without_index_keys_is_fine() -> None:
    check_index_keys(INDEXES, {"email": {"S": "e"}})


def test_an_update_answers_only_for_what_it_changes() -> None:
    stale: Item = {"email": {"N": "1"}, "age": {"S": ""}}

    check_updated_index_keys(INDEXES, stale, frozenset(("other",)))

    with pytest.raises(ValidationFailed, match="secondary index key to unsupported type"):
        check_updated_index_keys(INDEXES, stale, frozenset(("email",)))
    with pytest.raises(ValidationFailed, match="to a value that is not supported"):
        check_updated_index_keys(INDEXES, {"email": {"S": ""}}, frozenset(("email",)))
