"""Sizes at their limits: items, pages, batches and transactions, each just within and just beyond."""

from __future__ import annotations

import pytest

from pelton.errors import ValidationFailed
from pelton.items.values import item_size

from .conftest import Json, Tables, table_request

ITEM_BYTES_MAX = 409_600
OVERHEAD = len("id") + len("a") + len("x")
LARGE: Json = {"S": "x" * 400_000}


def large(tables: Tables, count: int) -> list[Json]:
    """Keys of that many items of nearly 400 KB."""
    keys = [{"id": {"S": f"{number:02}"}} for number in range(count)]
    for key in keys:
        tables.put("orders", {**key, "x": LARGE})
    return keys


def test_an_item_of_400_kb_is_stored(orders: Tables) -> None:
    item = {"id": {"S": "a"}, "x": {"S": "x" * (ITEM_BYTES_MAX - OVERHEAD)}}

    orders.put("orders", item)

    assert orders.call("GetItem", {"TableName": "orders", "Key": {"id": {"S": "a"}}})["Item"] == item


def test_one_byte_more_is_refused(orders: Tables) -> None:
    with pytest.raises(ValidationFailed, match=r"^Item size has exceeded the maximum allowed size$"):
        orders.put("orders", {"id": {"S": "a"}, "x": {"S": "x" * (ITEM_BYTES_MAX - OVERHEAD + 1)}})


def test_an_update_beyond_400_kb_is_refused(orders: Tables) -> None:
    orders.put("orders", {"id": {"S": "a"}, "x": {"S": "x" * (ITEM_BYTES_MAX - OVERHEAD)}})
    update = {"TableName": "orders", "Key": {"id": {"S": "a"}}, "UpdateExpression": "SET y = :y"}

    with pytest.raises(ValidationFailed, match=r"^Item size to update has exceeded the maximum allowed size$"):
        orders.call("UpdateItem", {**update, "ExpressionAttributeValues": {":y": {"S": ""}}})


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        # For SET and ADD 19 bytes each, for REMOVE and DELETE 2, 1 for an index, 50 for arithmetic.
        ("SET x = :x", 19),
        ("SET x = :x, y[1] = id", 19 + 20),
        ("SET x = :x ADD n :n", 19 + 19),
        ("SET x = :x REMOVE gone, y[7]", 19 + 2 + 3),
        ("SET x = :x, n = if_not_exists(gone, n + :n) - :n", 19 + 19 + 100),
    ],
)
def test_update_item_counts_its_actions_in_place_of_the_key(orders: Tables, text: str, weight: int) -> None:
    key, rest = {"id": {"S": "a"}}, {"y": {"L": [{"S": ""}]}, "n": {"N": "0"}}
    orders.put("orders", {**key, **rest})
    update = {"TableName": "orders", "Key": key, "UpdateExpression": text, "ReturnValues": "ALL_NEW"}
    numbers = {":n": {"N": "0"}} if ":n" in text else {}
    small = orders.call("UpdateItem", {**update, "ExpressionAttributeValues": {**numbers, ":x": {"S": ""}}})
    # The key's three bytes go, three come for it.
    room = ITEM_BYTES_MAX - weight - item_size(small["Attributes"])
    orders.put("orders", {**key, **rest})

    with pytest.raises(ValidationFailed, match=r"^Item size to update has exceeded the maximum allowed size$"):
        orders.call("UpdateItem", {**update, "ExpressionAttributeValues": {**numbers, ":x": {"S": "x" * (room + 1)}}})
    orders.call("UpdateItem", {**update, "ExpressionAttributeValues": {**numbers, ":x": {"S": "x" * room}}})


def test_an_update_in_a_transaction_counts_the_item_alone(orders: Tables) -> None:
    values = {":x": {"S": "x" * (ITEM_BYTES_MAX - OVERHEAD)}}
    action = {"TableName": "orders", "Key": {"id": {"S": "a"}}, "UpdateExpression": "SET x = :x"}

    orders.call("TransactWriteItems", {"TransactItems": [{"Update": {**action, "ExpressionAttributeValues": values}}]})

    assert orders.get("orders", {"id": {"S": "a"}}) is not None


def test_a_page_ends_with_the_item_that_reaches_a_megabyte(orders: Tables) -> None:
    large(orders, 4)

    page = orders.call("Scan", {"TableName": "orders", "Select": "COUNT"})

    assert (page["Count"], page["ScannedCount"], "LastEvaluatedKey" in page) == (3, 3, True)


def test_a_batch_beyond_16_mb_leaves_keys_for_another_call(orders: Tables) -> None:
    keys = large(orders, 43)

    first = orders.call("BatchGetItem", {"RequestItems": {"orders": {"Keys": keys, "ConsistentRead": True}}})
    second = orders.call("BatchGetItem", {"RequestItems": first["UnprocessedKeys"]})

    assert first["UnprocessedKeys"]["orders"]["ConsistentRead"] is True
    assert len(first["Responses"]["orders"]) + len(second["Responses"]["orders"]) == len(keys)
    assert second["UnprocessedKeys"] == {}


def test_a_transaction_holds_at_most_4_mb(orders: Tables) -> None:
    keys = large(orders, 11)
    gets = [{"Get": {"TableName": "orders", "Key": key}} for key in keys]
    puts = [{"Put": {"TableName": "orders", "Item": {**key, "x": LARGE, "y": {"S": "1"}}}} for key in keys]

    assert len(orders.call("TransactGetItems", {"TransactItems": gets[:10]})["Responses"]) == 10
    for name, actions in (("TransactGetItems", gets), ("TransactWriteItems", puts)):
        with pytest.raises(ValidationFailed, match="4 MB"):
            orders.call(name, {"TransactItems": actions})
    assert "y" not in (orders.get("orders", keys[0]) or {})


def with_local_index(tables: Tables, projection: Json) -> None:
    """A table ``notes`` whose local index ``by_rank`` has that projection."""
    index = {
        "IndexName": "by_rank",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "rank", "KeyType": "RANGE"}],
        "Projection": projection,
    }
    request = table_request("notes", sort="S", LocalSecondaryIndexes=[index])
    request["AttributeDefinitions"].append({"AttributeName": "rank", "AttributeType": "S"})
    tables.call("CreateTable", request)


NOTE: Json = {"id": {"S": "a"}, "at": {"S": "b"}, "rank": {"S": "c"}}
NOTE_BYTES = len("idaatbrankctext")


def test_an_item_and_its_local_entries_are_400_kb_together(tables: Tables) -> None:
    with_local_index(tables, {"ProjectionType": "ALL"})
    half = ITEM_BYTES_MAX // 2 - NOTE_BYTES

    tables.put("notes", {**NOTE, "text": {"S": "x" * half}})

    with pytest.raises(ValidationFailed, match=r"^Item size has exceeded the maximum allowed size$"):
        tables.put("notes", {**NOTE, "text": {"S": "x" * (half + 1)}})
    update = {"TableName": "notes", "Key": {"id": NOTE["id"], "at": NOTE["at"]}, "UpdateExpression": "SET y = id"}
    with pytest.raises(ValidationFailed, match=r"^Item size to update has exceeded the maximum allowed size$"):
        tables.call("UpdateItem", update)
    assert "y" not in tables.call("Scan", {"TableName": "notes", "IndexName": "by_rank"})["Items"][0]


@pytest.mark.parametrize(
    ("projection", "ranked"),
    [
        ({"ProjectionType": "KEYS_ONLY"}, {"rank": NOTE["rank"]}),
        ({"ProjectionType": "ALL"}, {}),  # Not in the index.
    ],
)
def test_what_a_local_index_does_not_hold_does_not_count_twice(tables: Tables, projection: Json, ranked: Json) -> None:
    with_local_index(tables, projection)
    text = {"S": "x" * (ITEM_BYTES_MAX - 2 * NOTE_BYTES)}

    tables.put("notes", {"id": NOTE["id"], "at": NOTE["at"], "text": text, **ranked})

    assert tables.call("Scan", {"TableName": "notes", "Select": "COUNT"})["Count"] == 1


def test_an_attributes_name_has_at_most_65535_bytes(orders: Tables) -> None:
    orders.put("orders", {"id": {"S": "a"}, "é" * 32_767: {"S": "1"}})

    for item in ({"é" * 32_768: {"S": "1"}}, {"m": {"M": {"x" * 65_536: {"S": "1"}}}}):
        with pytest.raises(ValidationFailed, match="Attribute name is longer than 65535 bytes"):
            orders.put("orders", {"id": {"S": "b"}, **item})
    assert orders.get("orders", {"id": {"S": "b"}}) is None
