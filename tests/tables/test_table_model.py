"""A state machine drives a table with a local and two global indexes beside a dict.

After every step: the table is the dict, every index holds what the dict says, the replayed stream is the
table, and index rows made anew from the replayed stream are the stored ones, byte for byte. Backups and
point-in-time recovery give back what the dict was; a restart changes nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from pelton.errors import ValidationFailed
from pelton.items.keys import storage_key
from pelton.items.values import item_size
from pelton.storage.change import StoredItem
from pelton.tables.backfilling import backfill_step
from pelton.tables.errors import ConditionalCheckFailed, TransactionCanceled
from pelton.tables.index_rows import index_entries

from .conftest import STREAM, Json, Tables

TABLE = "orders"
KEYS = st.tuples(st.sampled_from(["a", "b", "ü"]), st.sampled_from(["-1", "0", "2", "10"]))
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from([{"S": "new"}, {"S": "paid"}, {"S": "p"}]),
        "total": st.sampled_from([{"N": "1"}, {"N": "-20"}, {"N": "3.5"}]),
        "tags": st.sampled_from([{"SS": ["x", "y"]}, {"SS": ["y", "x"]}, {"L": [{"N": "1"}]}]),
        "note": st.sampled_from([{"S": "n"}, {"S": "x" * 300}, {"NULL": True}]),
    },
)
REQUEST = {
    "TableName": TABLE,
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "N"},
        {"AttributeName": "state", "AttributeType": "S"},
        {"AttributeName": "total", "AttributeType": "N"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": STREAM,
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by_total",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "total", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["tags"]},
        }
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_state",
            "KeySchema": [
                {"AttributeName": "state", "KeyType": "HASH"},
                {"AttributeName": "total", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "all_by_state",
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        },
    ],
}


def key_json(key: tuple[str, str]) -> Json:
    return {"id": {"S": key[0]}, "at": {"N": key[1]}}


def plain(item: Json) -> Json:
    """The item with its sets in one order."""
    return {name: {"SS": sorted(value["SS"])} if "SS" in value else value for name, value in item.items()}


def sorted_items(items: list[Json]) -> list[bytes]:
    return sorted(orjson.dumps(plain(item), option=orjson.OPT_SORT_KEYS) for item in items)


class TableMachine(RuleBasedStateMachine):
    """One table with indexes and a stream, and the dict it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.tables = Tables(Path(self.folder) / "data")
        self.model: dict[tuple[str, str], Json] = {}
        self.changes = 0
        self.has_late = False
        self.is_late_whole = False
        self.moments: dict[int, list[bytes]] = {}  #: what the table held at the end of a millisecond
        self.restored = 0

    @initialize()
    def create(self) -> None:
        self.tables.call("CreateTable", REQUEST)
        specification = {"PointInTimeRecoveryEnabled": True}
        self.tables.call(
            "UpdateContinuousBackups", {"TableName": TABLE, "PointInTimeRecoverySpecification": specification}
        )

    def teardown(self) -> None:
        self.tables.storage.close()
        shutil.rmtree(self.folder)

    def become(self, key: tuple[str, str], item: Json | None) -> None:
        before = self.model.get(key)
        if (before and plain(before)) != (item and plain(item)):
            self.changes += 1
        if item is None:
            self.model.pop(key, None)
        else:
            self.model[key] = item

    @rule(key=KEYS, attributes=ATTRIBUTES)
    def put(self, key: tuple[str, str], attributes: Json) -> None:
        item = {**key_json(key), **attributes}
        answer = self.tables.call("PutItem", {"TableName": TABLE, "Item": item, "ReturnValues": "ALL_OLD"})
        before = self.model.get(key)
        assert (before and plain(before)) == (answer.get("Attributes") and plain(answer["Attributes"]))
        self.become(key, item)

    @rule(key=KEYS)
    def delete(self, key: tuple[str, str]) -> None:
        self.tables.call("DeleteItem", {"TableName": TABLE, "Key": key_json(key)})
        self.become(key, None)

    @rule(key=KEYS, attributes=ATTRIBUTES)
    def put_if_absent(self, key: tuple[str, str], attributes: Json) -> None:
        item = {**key_json(key), **attributes}
        body = {"TableName": TABLE, "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
        if key in self.model:
            with pytest.raises(ConditionalCheckFailed):
                self.tables.call("PutItem", body)
        else:
            self.tables.call("PutItem", body)
            self.become(key, item)

    @rule(key=KEYS, amount=st.sampled_from(["1", "-3", "0.5"]))
    def add(self, key: tuple[str, str], amount: str) -> None:
        body = {
            "TableName": TABLE,
            "Key": key_json(key),
            "UpdateExpression": "ADD #total :amount",
            "ExpressionAttributeNames": {"#total": "total"},
            "ExpressionAttributeValues": {":amount": {"N": amount}},
            "ReturnValues": "ALL_NEW",
        }
        before = self.model.get(key, key_json(key))
        total = Decimal(before.get("total", {"N": "0"})["N"]) + Decimal(amount)
        text = format(total.normalize(), "f") if total else "0"
        after = {**before, "total": {"N": text}}
        assert plain(self.tables.call("UpdateItem", body)["Attributes"]) == plain(after)
        self.become(key, after)

    @rule(key=KEYS)
    def remove_state(self, key: tuple[str, str]) -> None:
        body = {
            "TableName": TABLE,
            "Key": key_json(key),
            "UpdateExpression": "REMOVE #s",
            "ExpressionAttributeNames": {"#s": "state"},
        }
        self.tables.call("UpdateItem", body)
        after = dict(self.model.get(key, key_json(key)))
        after.pop("state", None)
        self.become(key, after)

    @rule(key=KEYS, expected=st.sampled_from(["new", "paid"]), state=st.sampled_from(["paid", "p"]))
    def advance_state(self, key: tuple[str, str], expected: str, state: str) -> None:
        body = {
            "TableName": TABLE,
            "Key": key_json(key),
            "UpdateExpression": "SET #s = :new",
            "ConditionExpression": "#s = :expected",
            "ExpressionAttributeNames": {"#s": "state"},
            "ExpressionAttributeValues": {":new": {"S": state}, ":expected": {"S": expected}},
        }
        item = self.model.get(key)
        if item is None or item.get("state") != {"S": expected}:
            with pytest.raises(ConditionalCheckFailed):
                self.tables.call("UpdateItem", body)
        else:
            self.tables.call("UpdateItem", body)
            self.become(key, {**item, "state": {"S": state}})

    @rule(key=KEYS)
    def delete_by_statement(self, key: tuple[str, str]) -> None:
        statement = "DELETE FROM orders WHERE id = ? AND at = ? RETURNING ALL OLD *"
        parameters = [{"S": key[0]}, {"N": key[1]}]
        answer = self.tables.call("ExecuteStatement", {"Statement": statement, "Parameters": parameters})
        before = self.model.get(key)
        assert [plain(item) for item in answer["Items"]] == ([] if before is None else [plain(before)])
        self.become(key, None)

    @rule()
    def restart(self) -> None:
        clock, path = self.tables.clock, Path(self.folder) / "data"
        self.tables.storage.close()
        self.tables = Tables(path, clock=clock)

    @rule()
    def time_passes(self) -> None:
        self.moments[self.tables.clock.now_ms()] = sorted_items(list(self.model.values()))
        self.tables.clock.advance(1)

    @rule(data=st.data())
    def recover(self, data: st.DataObject) -> None:
        """Point-in-time recovery gives a moment back, indexes included."""
        if not self.moments:
            return
        moment_ms = data.draw(st.sampled_from(sorted(self.moments)))
        body = {"SourceTableName": TABLE, "RestoreDateTime": moment_ms / 1000}
        self.check_restored("RestoreTableToPointInTime", body, self.moments[moment_ms])

    @rule()
    def back_up_and_restore(self) -> None:
        details = self.tables.call("CreateBackup", {"TableName": TABLE, "BackupName": "now"})["BackupDetails"]
        body = {"BackupArn": details["BackupArn"]}
        self.check_restored("RestoreTableFromBackup", body, sorted_items(list(self.model.values())))
        self.tables.call("DeleteBackup", body)

    def check_restored(self, operation: str, body: Json, expected: list[bytes]) -> None:
        self.restored += 1
        target = f"restored{self.restored}"
        self.tables.call(operation, {**body, "TargetTableName": target})
        found = self.tables.call("Scan", {"TableName": target})["Items"]
        indexed = self.tables.call("Scan", {"TableName": target, "IndexName": "all_by_state"})["Items"]
        assert sorted_items(found) == expected
        assert sorted_items(indexed) == [item for item in expected if "state" in orjson.loads(item)]
        self.tables.call("DeleteTable", {"TableName": target})

    @rule(keys=st.lists(KEYS, min_size=1, max_size=5, unique=True))
    def get_several(self, keys: list[tuple[str, str]]) -> None:
        there = sorted_items([self.model[key] for key in keys if key in self.model])
        asked = [key_json(key) for key in keys]
        batch = self.tables.call("BatchGetItem", {"RequestItems": {TABLE: {"Keys": asked}}})
        gets = [{"Get": {"TableName": TABLE, "Key": key}} for key in asked]
        whole = self.tables.call("TransactGetItems", {"TransactItems": gets})["Responses"]
        assert sorted_items(batch["Responses"][TABLE]) == there
        assert [response.get("Item") and plain(response["Item"]) for response in whole] == [
            self.model.get(key) and plain(self.model[key]) for key in keys
        ]

    @rule(first=KEYS, second=KEYS, attributes=ATTRIBUTES)
    def move(self, first: tuple[str, str], second: tuple[str, str], attributes: Json) -> None:
        """A transaction: it happens whole when the first exists and the second does not, else not at all."""
        if first == second:
            return
        item = {**key_json(second), **attributes}
        actions = [
            {"Delete": {"TableName": TABLE, "Key": key_json(first), "ConditionExpression": "attribute_exists(id)"}},
            {"Put": {"TableName": TABLE, "Item": item, "ConditionExpression": "attribute_not_exists(id)"}},
        ]
        is_possible = first in self.model and second not in self.model
        if is_possible:
            self.tables.call("TransactWriteItems", {"TransactItems": actions})
            self.become(first, None)
            self.become(second, item)
        else:
            with pytest.raises(TransactionCanceled):
                self.tables.call("TransactWriteItems", {"TransactItems": actions})

    @rule(keys=st.lists(KEYS, min_size=1, max_size=4, unique=True), attributes=ATTRIBUTES, is_put=st.booleans())
    def batch(self, keys: list[tuple[str, str]], attributes: Json, is_put: bool) -> None:
        requests = [
            {"PutRequest": {"Item": {**key_json(key), **attributes}}}
            if is_put
            else {"DeleteRequest": {"Key": key_json(key)}}
            for key in keys
        ]
        self.tables.call("BatchWriteItem", {"RequestItems": {TABLE: requests}})
        for key in keys:
            self.become(key, {**key_json(key), **attributes} if is_put else None)

    @rule(limit=st.integers(1, 5), is_ascending=st.booleans(), partition=st.sampled_from(["a", "b", "ü"]))
    def query_pages(self, limit: int, is_ascending: bool, partition: str) -> None:
        body = {
            "TableName": TABLE,
            "KeyConditionExpression": "id = :id AND #at >= :at",
            "ExpressionAttributeNames": {"#at": "at"},
            "ExpressionAttributeValues": {":id": {"S": partition}, ":at": {"N": "0"}},
            "Limit": limit,
            "ScanIndexForward": is_ascending,
        }
        expected = [key for key in self.model if key[0] == partition and Decimal(key[1]) >= 0]
        expected.sort(key=lambda key: Decimal(key[1]), reverse=not is_ascending)
        items = self.pages("Query", body)
        assert [plain(item) for item in items] == [plain(self.model[key]) for key in expected]

    @rule(limit=st.integers(1, 5), is_ascending=st.booleans(), partition=st.sampled_from(["a", "b", "ü"]))
    def query_local_index(self, limit: int, is_ascending: bool, partition: str) -> None:
        """All attributes of items by a local index: what it does not hold is fetched."""
        body = {
            "TableName": TABLE,
            "IndexName": "by_total",
            "KeyConditionExpression": "id = :id AND #total > :low",
            "ExpressionAttributeNames": {"#total": "total"},
            "ExpressionAttributeValues": {":id": {"S": partition}, ":low": {"N": "-5"}},
            "Select": "ALL_ATTRIBUTES",
            "Limit": limit,
            "ScanIndexForward": is_ascending,
        }
        items = self.pages("Query", body)
        totals = [Decimal(item["total"]["N"]) for item in items]
        assert totals == sorted(totals, reverse=not is_ascending)
        own = [item for item in self.indexed("total") if item["id"] == {"S": partition}]
        assert sorted_items(items) == sorted_items([item for item in own if Decimal(item["total"]["N"]) > -5])

    @rule(limit=st.integers(1, 5), order=st.sampled_from(["", "ORDER BY at", "ORDER BY at DESC", "ORDER BY id"]))
    def select_by_statement(self, limit: int, order: str) -> None:
        statement = f"SELECT * FROM orders WHERE id IN ['a', 'ü', 'none'] AND at >= 0 {order}"
        items: list[Json] = []
        token: Json = {}
        while True:
            answer = self.tables.call("ExecuteStatement", {"Statement": statement, "Limit": limit, **token})
            items += answer["Items"]
            if "NextToken" not in answer:
                break
            token = {"NextToken": answer["NextToken"]}
        expected = [item for key, item in self.model.items() if key[0] != "b" and Decimal(key[1]) >= 0]
        assert sorted_items(items) == sorted_items(expected)
        if "at" in order:
            places = [Decimal(item["at"]["N"]) for item in items]
            assert places == sorted(places, reverse="DESC" in order)

    @rule(limit=st.integers(1, 5), is_ascending=st.booleans(), state=st.sampled_from(["new", "paid", "p"]))
    def query_global_index(self, limit: int, is_ascending: bool, state: str) -> None:
        body = {
            "TableName": TABLE,
            "IndexName": "by_state",
            "KeyConditionExpression": "#s = :s",
            "ExpressionAttributeNames": {"#s": "state"},
            "ExpressionAttributeValues": {":s": {"S": state}},
            "Limit": limit,
            "ScanIndexForward": is_ascending,
        }
        items = self.pages("Query", body)
        totals = [Decimal(item["total"]["N"]) for item in items]
        assert totals == sorted(totals, reverse=not is_ascending)
        names = ("id", "at", "state", "total")
        expected = [item for item in self.indexed("state", "total") if item["state"] == {"S": state}]
        assert sorted_items(items) == sorted_items([{name: item[name] for name in names} for item in expected])

    @rule(limit=st.integers(1, 5), total_segments=st.integers(1, 4))
    def scan_segments(self, limit: int, total_segments: int) -> None:
        items: list[Json] = []
        for segment in range(total_segments):
            body = {"TableName": TABLE, "Limit": limit, "Segment": segment, "TotalSegments": total_segments}
            items += self.pages("Scan", body)
        assert sorted_items(items) == sorted_items(list(self.model.values()))

    @rule()
    def create_late_index(self) -> None:
        if self.has_late:
            return
        create = {
            "IndexName": "late",
            "KeySchema": [{"AttributeName": "total", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
        self.tables.call(
            "UpdateTable",
            {
                "TableName": TABLE,
                "AttributeDefinitions": [{"AttributeName": "total", "AttributeType": "N"}],
                "GlobalSecondaryIndexUpdates": [{"Create": create}],
            },
        )
        self.has_late, self.is_late_whole = True, False

    @rule()
    def fill_late_index(self) -> None:
        self.tables.storage.submit(
            lambda transaction: backfill_step(transaction, transaction.all_tables()), lambda answer: None
        )
        self.is_late_whole = self.has_late

    @rule()
    def drop_late_index(self) -> None:
        if not self.has_late:
            return
        delete = {"TableName": TABLE, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "late"}}]}
        self.tables.call("UpdateTable", delete)
        self.has_late = self.is_late_whole = False

    @invariant()
    def late_index_holds_all_once_it_is_whole(self) -> None:
        if not self.is_created() or not self.has_late:
            return
        request = {"TableName": TABLE, "IndexName": "late"}
        if self.is_late_whole:
            assert sorted_items(self.tables.call("Scan", request)["Items"]) == sorted_items(self.indexed("total"))
            described = self.tables.call("DescribeTable", {"TableName": TABLE})["Table"]
            counts = {index["IndexName"]: index["ItemCount"] for index in described["GlobalSecondaryIndexes"]}
            assert counts["late"] == len(self.indexed("total"))
        else:
            with pytest.raises(ValidationFailed):
                self.tables.call("Scan", request)

    @invariant()
    def table_is_the_dict(self) -> None:
        if not self.is_created():
            return
        answer = self.tables.call("Scan", {"TableName": TABLE})
        assert sorted_items(answer["Items"]) == sorted_items(list(self.model.values()))
        described = self.tables.call("DescribeTable", {"TableName": TABLE})["Table"]
        assert described["ItemCount"] == len(self.model)

    @invariant()
    def indexes_hold_what_they_should(self) -> None:
        if not self.is_created():
            return
        by_total = self.tables.call("Scan", {"TableName": TABLE, "IndexName": "by_total"})["Items"]
        names = ("id", "at", "total", "tags")
        expected = [{name: item[name] for name in names if name in item} for item in self.indexed("total")]
        assert sorted_items(by_total) == sorted_items(expected)
        whole = self.tables.call("Scan", {"TableName": TABLE, "IndexName": "all_by_state"})["Items"]
        assert sorted_items(whole) == sorted_items(self.indexed("state"))

    @invariant()
    def replayed_stream_is_the_table(self) -> None:
        if not self.is_created():
            return
        records = self.tables.records(TABLE)
        assert len(records) == self.changes, "one record per effective change"
        replayed: dict[bytes, Json] = {}
        for record in records:
            if record.new_image is None:
                del replayed[record.keys]
            else:
                replayed[record.keys] = orjson.loads(record.new_image)
        assert sorted_items(list(replayed.values())) == sorted_items(list(self.model.values()))
        self.check_rebuilt([record.new_image for record in self.newest(records) if record.new_image is not None])

    def newest(self, records: list[Any]) -> list[Any]:
        """The last record of each key."""
        return list({record.keys: record for record in records}.values())

    def check_rebuilt(self, bodies: list[bytes]) -> None:
        """Table and indexes made anew from the stream's images are the stored rows, bytes and sizes."""
        table = self.tables.table(TABLE)
        items = []
        for body in bodies:
            item = orjson.loads(body)
            items.append(StoredItem(key=storage_key(table.schema, item), body=body, size=item_size(item)))
        with self.tables.storage.snapshot() as snapshot:
            assert list(snapshot.items(table, None, lower=b"", upper=None)) == sorted(items)
            for index in table.indexes:
                if index.name == "late" and not self.is_late_whole:
                    continue
                rows = [row for item in items if (row := index_entries(table, index, item)) is not None]
                stored = list(snapshot.items(table, index, lower=b"", upper=None))
                assert [(row.key, row.size) for row in stored] == sorted((row.key, row.size) for row in rows)
                assert sorted_items([orjson.loads(row.body) for row in stored]) == sorted_items(
                    [orjson.loads(row.body) for row in rows]
                )

    def is_created(self) -> bool:
        return self.tables.table(TABLE) is not None

    def indexed(self, *names: str) -> list[Json]:
        return [item for item in self.model.values() if all(name in item for name in names)]

    def pages(self, operation: str, body: dict[str, Any]) -> list[Json]:
        items: list[Json] = []
        start: Json = {}
        while True:
            answer = self.tables.call(operation, {**body, **start})
            items += answer["Items"]
            assert answer["ScannedCount"] <= body["Limit"]
            if "LastEvaluatedKey" not in answer:
                return items
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


TestTableModel = TableMachine.TestCase
TestTableModel.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.proof
def test_a_thousand_long_runs_of_the_machine_agree_with_the_dict() -> None:
    run_state_machine_as_test(
        TableMachine,
        settings=settings(
            max_examples=1000, stateful_step_count=80, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
