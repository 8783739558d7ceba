"""PartiQL: statements do what the operations they stand for do."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import orjson
import pytest

from pelton.errors import ValidationFailed, WireError
from pelton.tables.errors import ConditionalCheckFailed, DuplicateItem, IdempotentParameterMismatch, TransactionCanceled
from tests.tables.conftest import Tables, table_request


@pytest.fixture
def orders(tmp_path: Path) -> Tables:
    tables = Tables(tmp_path / "data")
    index = {
        "IndexName": "by-name",
        "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    tables.call("CreateTable", table_request(sort="N", GlobalSecondaryIndexes=[index]))
    for number in range(5):
        tables.put(
            "orders",
            {"id": {"S": "a"}, "at": {"N": str(number)}, "n": {"N": str(number * 10)}, "t": {"S": f"it's {number}"}},
        )
    tables.put(
        "orders", {"id": {"S": "b"}, "at": {"N": "1"}, "m": {"M": {"x": {"L": [{"S": "deep"}]}}}, "z": {"NULL": True}}
    )
    return tables


def run(tables: Tables, statement: str, *parameters: Any, **members: Any) -> Any:
    given = {"Parameters": list(parameters)} if parameters else {}
    return tables.call("ExecuteStatement", {"Statement": statement, **given, **members})


def found(tables: Tables, where: str, *parameters: Any) -> list[tuple[str, int]]:
    items = run(tables, f'SELECT * FROM "orders" {where}', *parameters)["Items"]
    return sorted((item["id"]["S"], int(item["at"]["N"])) for item in items)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("", [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 1)]),
        ("WHERE id = 'b'", [("b", 1)]),
        ("WHERE id = 'a' AND at = 3", [("a", 3)]),
        ("WHERE 'a' = id AND at BETWEEN 1 AND 2", [("a", 1), ("a", 2)]),
        ("WHERE id = 'a' AND at IN [1, 4]", [("a", 1), ("a", 4)]),  # a key that no key condition can express
        ("WHERE id = 'a' AND n > 25", [("a", 3), ("a", 4)]),
        ("WHERE id = 'a' AND at > 0 AND at < 3", [("a", 1), ("a", 2)]),
        ("WHERE t = 'it''s 2'", [("a", 2)]),
        ("WHERE begins_with(t, 'it') AND contains(t, '4')", [("a", 4)]),
        ("WHERE size(t) = 6 AND (n = 0 OR n = 10)", [("a", 0), ("a", 1)]),
        ("WHERE attribute_type(m, 'M')", [("b", 1)]),
        ("WHERE n IS MISSING", [("b", 1)]),
        ("WHERE z IS NULL", [("b", 1)]),
        ("WHERE NOT (n IS NOT MISSING)", [("b", 1)]),
        ("WHERE m.x[0] = 'deep'", [("b", 1)]),
        ("WHERE n IN (10, 20.0)", [("a", 1), ("a", 2)]),
    ],
)
def test_select_finds_what_its_condition_says(orders: Tables, where: str, expected: Any) -> None:
    assert found(orders, where) == expected


def test_select_projects_orders_and_reads_indexes(orders: Tables) -> None:
    descending = run(orders, "SELECT at FROM orders WHERE id = 'a' ORDER BY at DESC")["Items"]
    indexed = run(orders, 'SELECT * FROM "orders"."by-name" WHERE at = 1')["Items"]

    assert [item["at"]["N"] for item in descending] == ["4", "3", "2", "1", "0"]
    assert sorted(item["id"]["S"] for item in indexed) == ["a", "b"]


def test_pages_go_on_with_the_token_of_the_same_statement(orders: Tables) -> None:
    first = run(orders, "SELECT * FROM orders WHERE id = ?", {"S": "a"}, Limit=3)
    rest = run(orders, "SELECT * FROM orders WHERE id = ?", {"S": "a"}, NextToken=first["NextToken"])

    assert (len(first["Items"]), len(rest["Items"]), "NextToken" in rest) == (3, 2, False)
    with pytest.raises(ValidationFailed, match="NextToken does not match request"):
        run(orders, "SELECT * FROM orders", NextToken=first["NextToken"])
    with pytest.raises(ValidationFailed, match="Invalid NextToken"):
        run(orders, "SELECT * FROM orders", NextToken="!")


def test_insert_stores_every_kind_of_literal_and_never_overwrites(orders: Tables) -> None:
    statement = "INSERT INTO orders VALUE {'id': 'c', 'at': -1, 's': <<'x', 'y'>>, 'l': [1, null, true], 'm': {'k': ?}}"

    assert run(orders, statement, {"B": "eA=="}) == {"Items": []}
    assert orders.get("orders", {"id": {"S": "c"}, "at": {"N": "-1"}}) == {
        "id": {"S": "c"},
        "at": {"N": "-1"},
        "s": {"SS": ["x", "y"]},
        "l": {"L": [{"N": "1"}, {"NULL": True}, {"BOOL": True}]},
        "m": {"M": {"k": {"B": "eA=="}}},
    }
    with pytest.raises(DuplicateItem):
        run(orders, statement, {"B": "eA=="})


def test_update_sets_removes_and_returns(orders: Tables) -> None:
    update = "UPDATE orders SET n = n + 1, l = [1] SET s = set_add(s, <<'q'>>) REMOVE t WHERE id = 'a' AND at = 1"

    answer = run(orders, f"{update} RETURNING ALL NEW *")
    appended = run(
        orders, "UPDATE orders SET l = list_append(l, [2]) WHERE id = 'a' AND at = 1 RETURNING MODIFIED NEW *"
    )

    assert answer["Items"] == [
        {"id": {"S": "a"}, "at": {"N": "1"}, "n": {"N": "11"}, "l": {"L": [{"N": "1"}]}, "s": {"SS": ["q"]}}
    ]
    assert appended["Items"] == [{"l": {"L": [{"N": "1"}, {"N": "2"}]}}]


def test_an_update_makes_no_item_and_obeys_its_condition(orders: Tables) -> None:
    with pytest.raises(ConditionalCheckFailed):
        run(orders, "UPDATE orders SET n = 1 WHERE id = 'x' AND at = 1")
    with pytest.raises(ConditionalCheckFailed):
        run(orders, "UPDATE orders SET n = 1 WHERE id = 'a' AND at = 1 AND n > 50")


def test_delete_returns_the_item_and_is_content_when_there_is_none(orders: Tables) -> None:
    gone = run(orders, "DELETE FROM orders WHERE id = 'b' AND at = 1 RETURNING ALL OLD *")
    again = run(orders, "DELETE FROM orders WHERE id = 'b' AND at = 1")

    assert gone["Items"][0]["id"] == {"S": "b"}
    assert again == {"Items": []}


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("EXPLAIN x", "Statement wasn't well formed, can't be processed: Expected data manipulation"),
        ("SELECT", "Unexpected end of statement"),
        ("SELECT * FROM orders WHERE", "Unexpected end of statement"),
        ("SELECT COUNT(*) FROM orders", "wasn't well formed"),
        ("SELECT * FROM orders WHERE id = 'a", "wasn't well formed"),
        ("SELECT * FROM orders WHERE id = ?", "Number of parameters"),
        ("SELECT * FROM orders.no", "The table does not have the specified index"),
        ("SELECT * FROM orders.a.b", "A path may contain at most 2 components in the FROM clause"),
        ('SELECT * FROM ""', "Path component cannot be an empty string"),
        ("SELECT * FROM orders ORDER BY at", "Must have WHERE clause"),
        ("SELECT * FROM orders WHERE id = 'a' ORDER BY n", "must be part of the primary key"),
        ("UPDATE orders SET n = 1 WHERE id = 'a'", "mandatory equality on all key attributes"),
        ("UPDATE orders SET n = 1", "mandatory equality on all key attributes"),
        ("DELETE FROM orders WHERE at = 1", "mandatory equality on all key attributes"),
        ("DELETE FROM orders WHERE id = 'a' AND at = 1 RETURNING MODIFIED OLD *", "Only RETURNING ALL OLD"),
        ('DELETE FROM "orders"."by-name" WHERE id = 1', "This operation is not supported on an index"),
        ("INSERT INTO orders VALUE 5", "INSERT takes a map"),
        ("INSERT INTO orders VALUE {'id': <<1, 'a'>>}", "a set holds"),
        ("EXISTS(SELECT * FROM orders WHERE id = 'a' AND at = 1)", "only supported in ExecuteTransaction"),
        ("SELECT * FROM orders WHERE " + "(" * 500, "more than 32 levels"),
        ("INSERT INTO orders VALUE " + "[" * 500, "more than 32 levels"),
        ("SELECT * FROM orders WHERE frobnicate(id)", "Unsupported function"),
    ],
)
def test_what_is_no_statement_is_refused(orders: Tables, statement: str, text: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        run(orders, statement)

    assert text in caught.value.message


def test_a_batch_tells_the_error_of_each_statement(orders: Tables) -> None:
    answer = orders.call(
        "BatchExecuteStatement",
        {
            "Statements": [
                {"Statement": "INSERT INTO orders VALUE {'id': 'n', 'at': 1}"},
                {"Statement": "INSERT INTO orders VALUE {'id': 'n', 'at': 1}"},
                {"Statement": "UPDATE orders SET n = 1 WHERE id = 'n'"},
            ]
        },
    )["Responses"]

    assert answer[0] == {"TableName": "orders"}
    assert (answer[1]["Error"]["Code"], answer[1]["TableName"]) == ("DuplicateItem", "orders")
    assert answer[2]["Error"]["Code"] == "ValidationError"


def test_a_batch_reads_items_by_their_keys(orders: Tables) -> None:
    texts = ["SELECT n FROM orders WHERE id = 'a' AND at = 2", "SELECT * FROM orders WHERE id = 'a'"]

    answer = orders.call("BatchExecuteStatement", {"Statements": [{"Statement": text} for text in texts]})["Responses"]

    assert answer[0] == {"TableName": "orders", "Item": {"n": {"N": "20"}}}
    assert "must specify the primary key" in answer[1]["Error"]["Message"]


def transact(tables: Tables, *texts: str, **members: Any) -> Any:
    return tables.call("ExecuteTransaction", {"TransactStatements": [{"Statement": text} for text in texts], **members})


def test_a_transaction_is_all_or_nothing_and_remembers_its_token(orders: Tables) -> None:
    put, check = (
        "INSERT INTO orders VALUE {'id': 'n', 'at': 1}",
        "EXISTS(SELECT * FROM orders WHERE id = 'b' AND at = 1)",
    )

    assert transact(orders, put, check, ClientRequestToken="t") == {"Responses": []}
    assert transact(orders, put, check, ClientRequestToken="t") == {"Responses": []}
    with pytest.raises(IdempotentParameterMismatch):
        transact(orders, put, ClientRequestToken="t")
    with pytest.raises(TransactionCanceled) as caught:
        transact(orders, "DELETE FROM orders WHERE id = 'b' AND at = 1", put)

    assert [reason.code for reason in caught.value.reasons] == ["None", "DuplicateItem"]
    assert orders.get("orders", {"id": {"S": "b"}, "at": {"N": "1"}}) is not None


def test_a_transaction_reads(orders: Tables) -> None:
    answer = transact(
        orders, "SELECT n FROM orders WHERE id = 'a' AND at = 2", "SELECT * FROM orders WHERE id = 'q' AND at = 2"
    )

    assert answer == {"Responses": [{"Item": {"n": {"N": "20"}}}, {}]}


@pytest.mark.parametrize("operation", ["BatchExecuteStatement", "ExecuteTransaction"])
def test_reads_and_writes_do_not_mix(orders: Tables, operation: str) -> None:
    texts = ["SELECT * FROM orders WHERE id = 'a' AND at = 2", "DELETE FROM orders WHERE id = 'a' AND at = 2"]
    member = "Statements" if operation == "BatchExecuteStatement" else "TransactStatements"

    with pytest.raises(WireError, match=r"(?i)read and write"):
        orders.call(operation, {member: [{"Statement": text} for text in texts]})


@pytest.mark.parametrize("key", [5, {"id": 5}, {"id": {"S": 5}}, {"id": {}}, {"id": {"L": []}}])
def test_a_token_of_anothers_making_is_refused(orders: Tables, key: Any) -> None:
    made = run(orders, "SELECT * FROM orders", Limit=1)["NextToken"]
    digest = orjson.loads(b64decode(made))[0]

    with pytest.raises(ValidationFailed, match="Invalid NextToken"):
        run(orders, "SELECT * FROM orders", NextToken=b64encode(orjson.dumps([digest, key])).decode())
