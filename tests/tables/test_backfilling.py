"""Indexes created by UpdateTable: filled in steps, across writes and crashes, readable when whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from pelton.errors import LimitExceeded, ResourceInUse, ResourceNotFound, ValidationFailed
from pelton.tables.backfilling import STEP_ITEMS, Backfilling, backfill_step
from pelton.testing.local import LocalPelton

from .conftest import Json, Tables, table_request

OPV = "One or more parameter values were invalid: "
IN_USE = "Attempt to change a resource which is still in use: Table is being updated: orders"
STATE = {"AttributeName": "state", "AttributeType": "S"}
BY_STATE: Json = {
    "IndexName": "by_state",
    "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
NEW_INDEX: Json = {"AttributeDefinitions": [STATE], "GlobalSecondaryIndexUpdates": [{"Create": BY_STATE}]}
BY_NEW: Json = {
    "TableName": "orders",
    "IndexName": "by_state",
    "KeyConditionExpression": "#s = :s",
    "ExpressionAttributeNames": {"#s": "state"},
    "ExpressionAttributeValues": {":s": {"S": "new"}},
}


def fill(tables: Tables, count: int) -> None:
    for start in range(0, count, 25):
        puts = [
            {"PutRequest": {"Item": {"id": {"S": str(number)}, "state": {"S": "new"}}}}
            for number in range(start, min(start + 25, count))
        ]
        tables.call("BatchWriteItem", {"RequestItems": {"orders": puts}})


def update(tables: Tables, **members: object) -> Json:
    answer: Json = tables.call("UpdateTable", {"TableName": "orders", **members})["TableDescription"]
    return answer


def step(tables: Tables) -> bool:
    answers: list[object] = []
    tables.storage.submit(lambda transaction: backfill_step(transaction, transaction.all_tables()), answers.append)
    assert isinstance(answers[0], bool), answers[0]
    return answers[0]


def described(tables: Tables) -> Json:
    answer: Json = tables.call("DescribeTable", {"TableName": "orders"})["Table"]
    return answer


def index_states(tables: Tables) -> list[tuple[str, bool | None]]:
    indexes = described(tables).get("GlobalSecondaryIndexes", ())
    return [(index["IndexStatus"], index.get("Backfilling")) for index in indexes]


def test_an_index_goes_from_creating_over_backfilling_to_active(orders: Tables) -> None:
    fill(orders, STEP_ITEMS + 1)

    answer = update(orders, **NEW_INDEX)

    assert answer["TableStatus"] == "UPDATING"
    assert index_states(orders) == [("CREATING", False)]
    assert step(orders)
    assert index_states(orders) == [("CREATING", True)]
    assert step(orders)
    assert index_states(orders) == [("ACTIVE", None)]
    assert not step(orders)
    assert orders.call("Query", BY_NEW)["Count"] == STEP_ITEMS + 1


def test_the_table_is_updating_until_the_backfill_begins(orders: Tables) -> None:
    fill(orders, STEP_ITEMS + 1)
    update(orders, **NEW_INDEX)

    assert described(orders)["TableStatus"] == "UPDATING"
    with pytest.raises(ResourceInUse, match=f"^{IN_USE}$"):
        update(orders, DeletionProtectionEnabled=True)
    assert orders.get("orders", {"id": {"S": "0"}}) is not None

    step(orders)
    assert described(orders)["TableStatus"] == "ACTIVE"
    update(orders, DeletionProtectionEnabled=False)


def test_a_small_table_is_active_as_soon_as_the_answer_is_there(orders: Tables) -> None:
    fill(orders, STEP_ITEMS - 1)

    answer = update(orders, **NEW_INDEX)

    created = answer["GlobalSecondaryIndexes"][0]
    assert (answer["TableStatus"], created["IndexStatus"], created["Backfilling"]) == ("UPDATING", "CREATING", False)
    assert described(orders)["TableStatus"] == "ACTIVE"
    assert index_states(orders) == [("CREATING", True)]
    step(orders)
    assert index_states(orders) == [("ACTIVE", None)]
    assert orders.call("Query", BY_NEW)["Count"] == STEP_ITEMS - 1


def test_a_table_that_takes_several_steps_is_updating_first(orders: Tables) -> None:
    fill(orders, STEP_ITEMS)

    update(orders, **NEW_INDEX)

    assert described(orders)["TableStatus"] == "UPDATING"
    assert index_states(orders) == [("CREATING", False)]


def test_a_table_is_not_deleted_while_an_index_is_filled(orders: Tables) -> None:
    fill(orders, STEP_ITEMS + 1)
    update(orders, **NEW_INDEX)
    step(orders)

    with pytest.raises(ResourceInUse, match=f"^{IN_USE}$"):
        orders.call("DeleteTable", {"TableName": "orders"})

    step(orders)
    assert orders.call("DeleteTable", {"TableName": "orders"})["TableDescription"]["TableStatus"] == "DELETING"


def test_a_value_too_long_for_an_index_key_is_passed_over_then_and_later(orders: Tables) -> None:
    orders.put("orders", {"id": {"S": "long"}, "state": {"S": "x" * 2049}})
    orders.put("orders", {"id": {"S": "longest"}, "state": {"S": "x" * 2048}})
    update(orders, **NEW_INDEX)
    step(orders)

    changed = {"TableName": "orders", "Key": {"id": {"S": "long"}}, "UpdateExpression": "SET x = id"}
    orders.call("UpdateItem", changed)

    index = {"TableName": "orders", "IndexName": "by_state"}
    assert [item["id"]["S"] for item in orders.call("Scan", index)["Items"]] == ["longest"]
    orders.call("DeleteItem", {"TableName": "orders", "Key": {"id": {"S": "long"}}})
    assert described(orders)["GlobalSecondaryIndexes"][0]["ItemCount"] == 1


@pytest.mark.parametrize("operation", ["Query", "Scan"])
def test_an_index_is_not_read_before_it_is_whole(orders: Tables, operation: str) -> None:
    update(orders, **NEW_INDEX)
    request = BY_NEW if operation == "Query" else {"TableName": "orders", "IndexName": "by_state"}

    with pytest.raises(ValidationFailed, match=r"^Cannot read from backfilling global secondary index: by_state$"):
        orders.call(operation, request)


def test_writes_during_the_backfill_are_in_the_index_once(orders: Tables) -> None:
    fill(orders, STEP_ITEMS + 100)
    update(orders, **NEW_INDEX)
    step(orders)

    for number in range(STEP_ITEMS + 100):
        key = {"id": {"S": str(number)}}
        if number % 3 == 0:
            orders.call("DeleteItem", {"TableName": "orders", "Key": key})
        elif number % 3 == 1:
            orders.put("orders", {**key, "state": {"S": "new"}, "x": {"S": "1"}})
    orders.put("orders", {"id": {"S": "late"}, "state": {"S": "new"}})
    step(orders)

    kept = orders.call("Scan", {"TableName": "orders", "Select": "COUNT"})["Count"]
    assert orders.call("Query", BY_NEW)["Count"] == kept
    assert described(orders)["GlobalSecondaryIndexes"][0]["ItemCount"] == kept


def test_an_item_whose_value_has_another_type_is_passed_over(orders: Tables) -> None:
    orders.put("orders", {"id": {"S": "bad"}, "state": {"N": "1"}})
    orders.put("orders", {"id": {"S": "good"}, "state": {"S": "new"}})
    update(orders, **NEW_INDEX)
    step(orders)

    changed = {"TableName": "orders", "Key": {"id": {"S": "bad"}}, "UpdateExpression": "SET x = :x"}
    orders.call("UpdateItem", {**changed, "ExpressionAttributeValues": {":x": {"S": "1"}}})

    assert orders.call("Query", BY_NEW)["Count"] == 1


def test_a_value_too_long_for_a_later_index_does_not_hold_up_other_changes(orders: Tables) -> None:
    orders.put("orders", {"id": {"S": "long"}, "state": {"S": "x" * 2049}})
    update(orders, **NEW_INDEX)
    changed = {"TableName": "orders", "Key": {"id": {"S": "long"}}}

    orders.call("UpdateItem", {**changed, "UpdateExpression": "SET x = id"})

    with pytest.raises(ValidationFailed, match="beyond allowed size limits of 2048 bytes"):
        orders.put("orders", {"id": {"S": "long"}, "state": {"S": "x" * 2049}})


def test_a_value_of_another_type_is_refused_during_the_backfill(orders: Tables) -> None:
    update(orders, **NEW_INDEX)

    with pytest.raises(ValidationFailed) as caught:
        orders.put("orders", {"id": {"S": "bad"}, "state": {"N": "1"}})

    assert caught.value.message == OPV + "Schema violation against backfilling index"
    assert orders.get("orders", {"id": {"S": "bad"}}) is None


def test_the_backfill_goes_on_after_a_crash(tmp_path: Path) -> None:
    first = Tables(tmp_path)
    first.call("CreateTable", table_request())
    fill(first, STEP_ITEMS + 1)
    update(first, **NEW_INDEX)
    step(first)
    first.storage.close()

    second = Tables(tmp_path)
    backfilling = Backfilling(second.storage, second.clock)
    backfilling.start()
    second.clock.advance(1)

    assert second.call("Query", BY_NEW)["Count"] == STEP_ITEMS + 1
    second.storage.close()


def test_an_index_that_is_being_filled_can_be_deleted_and_takes_its_attributes_with_it(orders: Tables) -> None:
    fill(orders, STEP_ITEMS + 1)
    update(orders, **NEW_INDEX)
    step(orders)

    answer = update(orders, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_state"}}])

    assert [index["IndexStatus"] for index in answer["GlobalSecondaryIndexes"]] == ["DELETING"]
    assert index_states(orders) == []
    assert described(orders)["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert not step(orders)


def test_a_redeclared_attribute_keeps_its_type(orders: Tables) -> None:
    redeclared = [{"AttributeName": "id", "AttributeType": "N"}, STATE, {"AttributeName": "x", "AttributeType": "S"}]

    update(orders, **{**NEW_INDEX, "AttributeDefinitions": redeclared})

    assert described(orders)["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}, STATE]


OTHER = {**BY_STATE, "IndexName": "other"}
REFUSALS = [
    (
        [{}],
        ValidationFailed,
        (
            OPV + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            "GlobalSecondaryIndexUpdate.Delete must not be null"
        ),
    ),
    (
        [{"Create": BY_STATE}, {"Delete": {"IndexName": "by_state"}}],
        ValidationFailed,
        OPV + "Only one global secondary index update per index is allowed simultaneously. Index: by_state",
    ),
    (
        [{"Create": BY_STATE}, {"Create": OTHER}],
        LimitExceeded,
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    ),
    (
        [{"Update": {"IndexName": "none", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}}],
        ValidationFailed,
        (
            "This operation cannot be performed with given input values. "
            "Please contact DynamoDB service team for more info: Action Blocked: IndexUpdate"
        ),
    ),
    ([{"Delete": {"IndexName": "none"}}], ResourceNotFound, "Requested resource not found"),
]


@pytest.mark.parametrize(("updates", "error", "text"), REFUSALS)
def test_index_updates_that_cannot_be_are_refused(
    orders: Tables, updates: list[Json], error: type[ValidationFailed], text: str
) -> None:
    with pytest.raises(error) as caught:
        update(orders, AttributeDefinitions=[STATE], GlobalSecondaryIndexUpdates=updates)

    assert caught.value.message == text
    assert index_states(orders) == []


def test_an_index_that_is_there_is_not_created_again(orders: Tables) -> None:
    update(orders, **NEW_INDEX)
    step(orders)

    with pytest.raises(ValidationFailed, match="already exists"):
        update(orders, **NEW_INDEX)


def test_a_second_index_waits_for_the_first(orders: Tables) -> None:
    fill(orders, STEP_ITEMS + 1)
    update(orders, **NEW_INDEX)
    step(orders)

    with pytest.raises(LimitExceeded, match="Only 1 online index"):
        update(orders, AttributeDefinitions=[STATE], GlobalSecondaryIndexUpdates=[{"Create": OTHER}])


def test_keys_of_a_new_index_are_declared_in_the_request(orders: Tables) -> None:
    with pytest.raises(ValidationFailed) as caught:
        update(orders, GlobalSecondaryIndexUpdates=[{"Create": BY_STATE}])

    text = "Some index key attributes are not defined in AttributeDefinitions. Keys: [state], AttributeDefinitions: []"
    assert caught.value.message == OPV + text


def test_a_provisioned_table_needs_throughput_for_each_index(orders: Tables) -> None:
    update(orders, **NEW_INDEX)
    step(orders)
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    change = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}

    with pytest.raises(ValidationFailed) as caught:
        update(orders, **change)
    assert caught.value.message == OPV + "ProvisionedThroughput must be specified for index: by_state"

    with_index = {"Update": {"IndexName": "by_state", "ProvisionedThroughput": units}}
    update(orders, **change, GlobalSecondaryIndexUpdates=[with_index])
    shown = described(orders)["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]
    assert shown == {"NumberOfDecreasesToday": 0, **units}


def test_a_running_pelton_fills_indexes_by_itself() -> None:
    with LocalPelton() as local:
        client = local.client("dynamodb")
        client.create_table(**table_request())
        client.put_item(TableName="orders", Item={"id": {"S": "a"}, "state": {"S": "new"}})

        client.update_table(TableName="orders", **NEW_INDEX)
        local.advance(1)

        assert client.query(**BY_NEW)["Count"] == 1
