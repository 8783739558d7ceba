"""PartiQL: statements do what the operations they stand for do."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import orjson
import pytest

from pelton.errors import ValidationFailed, WireError
from pelton.operations import Access, RequestContext
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
        ("WHERE n NOT IN (10, 20.0) AND NOT n BETWEEN 30 AND 50", [("a", 0), ("b", 1)]),
        ("WHERE n NOT BETWEEN 5 AND 50", [("a", 0), ("b", 1)]),
        ("WHERE id IN ['a', 'b', 'a', 'c'] AND at = 1", [("a", 1), ("b", 1)]),
        ("WHERE id IN ['b'] AND at > 0", [("b", 1)]),
        ("WHERE id IN ['a', 'b'] AND at IN [0, 1]", [("a", 0), ("a", 1), ("b", 1)]),
        ("WHERE id = 'a' AND id = 'b'", []),
    ],
)
def test_select_finds_what_its_condition_says(orders: Tables, where: str, expected: Any) -> None:
    assert found(orders, where) == expected


def test_select_projects_orders_and_reads_indexes(orders: Tables) -> None:
    descending = run(orders, "SELECT at FROM orders WHERE id = 'a' ORDER BY at DESC")["Items"]
    indexed = run(orders, 'SELECT * FROM "orders"."by-name" WHERE at = 1')["Items"]

    assert [item["at"]["N"] for item in descending] == ["4", "3", "2", "1", "0"]
    assert sorted(item["id"]["S"] for item in indexed) == ["a", "b"]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("ORDER BY at", [("a", 0), ("a", 1), ("b", 1), ("a", 2), ("a", 3), ("a", 4)]),
        ("ORDER BY at DESC", [("a", 4), ("a", 3), ("a", 2), ("b", 1), ("a", 1), ("a", 0)]),
        ("ORDER BY id", [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 1)]),
        ("ORDER BY id DESC", [("b", 1), ("a", 4), ("a", 3), ("a", 2), ("a", 1), ("a", 0)]),
        ("AND at IN [3, 1, 1] ORDER BY at", [("a", 1), ("b", 1), ("a", 3)]),
        ("AND at > 2 ORDER BY at DESC", [("a", 4), ("a", 3)]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_several_partitions_are_read_in_order_page_by_page(
    orders: Tables, clause: str, expected: Any, limit: int
) -> None:
    statement = f"SELECT * FROM orders WHERE id IN ['b', 'a'] {clause}"
    items: list[Any] = []
    token: dict[str, str] = {}
    while True:
        answer = run(orders, statement, Limit=limit, **token)
        items.extend(answer["Items"])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}

    found_pairs = [(item["id"]["S"], int(item["at"]["N"])) for item in items]
    if clause.startswith(("ORDER BY at", "AND at IN")):  # Partitions with an equal sort key come in either order.
        assert [at for _, at in found_pairs] == [at for _, at in expected]
        assert sorted(found_pairs) == sorted(expected)
    else:
        assert found_pairs == expected


def test_in_on_keys_reads_only_the_items_it_names(orders: Tables) -> None:
    answer = run(
        orders,
        "SELECT * FROM orders WHERE id IN ['a', 'b'] AND at IN [1, 3]",
        ReturnConsumedCapacity="TOTAL",
        Limit=3,
    )

    assert len(answer["Items"]) == 3
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 0.5


@pytest.mark.parametrize(
    ("statement", "access"),
    [("SELECT * FROM orders", Access.READ), ("DELETE FROM orders WHERE id = 'a' AND at = 1", Access.WRITE)],
)
def test_a_statement_that_reads_does_not_wait_for_the_writer(orders: Tables, statement: str, access: Access) -> None:
    context = RequestContext(account="000000000000", region="us-east-1", now_ms=1, request_id="R")
    bodies = {
        "ExecuteStatement": {"Statement": statement},
        "BatchExecuteStatement": {"Statements": [{"Statement": statement}]},
        "ExecuteTransaction": {"TransactStatements": [{"Statement": statement}]},
    }

    found = {orders.operations[name].prepare(body, context)[0] for name, body in bodies.items()}

    assert found == {access}


def test_a_path_is_shown_under_its_last_name(orders: Tables) -> None:
    by_scan = run(orders, "SELECT m.x[0], id FROM orders WHERE id = 'b'")["Items"]
    by_key = transact(orders, "SELECT m.x FROM orders WHERE id = 'b' AND at = 1")["Responses"]

    assert by_scan == [{"x": {"S": "deep"}, "id": {"S": "b"}}]
    assert by_key == [{"Item": {"x": {"L": [{"S": "deep"}]}}}]


def test_an_index_shows_and_asks_about_what_it_holds(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "data")
    index = {
        "IndexName": "by-at",
        "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    tables.call("CreateTable", table_request(sort="N", GlobalSecondaryIndexes=[index]))

    for statement, members, text in (
        ('SELECT n FROM orders."by-at" WHERE at = 1', {}, "Global secondary index by-at does not project [n]"),
        (
            'SELECT id FROM orders."by-at" WHERE at = 1 AND n = 1',
            {},
            "Secondary index by-at does not project one or more filter attributes: [n]",
        ),
        (
            'SELECT id FROM orders."by-at" WHERE at = 1',
            {"ConsistentRead": True},
            "Strongly consistent read is not supported on Global Secondary Indexes",
        ),
    ):
        with pytest.raises(ValidationFailed) as caught:
            run(tables, statement, **members)
        assert caught.value.message == text


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
        (
            "SELECT COUNT(*) FROM orders",
            "Statement wasn't well formed, can't be processed: Unexpected path component at 1:8:5",
        ),
        (
            'INSERT INTO "orders"."by-name" VALUE {}',
            "FROM clause may only contain a single table name in data manipulation statements at 1:13:8",
        ),
        (
            "SELECT * FROM orders WHERE t < true",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
        ("SELECT * FROM orders WHERE id IN [" + ", ".join(["'x'"] * 51) + "]", "IN takes at most 50 values"),
        ("SELECT * FROM orders WHERE id = 5", "does not match schema type"),
        ("SELECT * FROM orders WHERE id = ''", "cannot contain an empty string value"),
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
                {"Statement": "INSERT INTO orders VALUE {'id': 'a', 'at': 1}"},
                {"Statement": "UPDATE orders SET n = 1 WHERE id = 'n'"},
                {"Statement": "UPDATE orders SET n = 1 WHERE id = 'a' AND at = 2 AND n = 5"},
                {"Statement": "DELETE FROM gone WHERE id = 'a'"},
                {"Statement": "DELETE"},
            ]
        },
    )["Responses"]

    assert answer[0] == {"TableName": "orders"}
    assert (answer[1]["Error"]["Code"], answer[1]["TableName"]) == ("DuplicateItem", "orders")
    assert [entry["Error"]["Code"] for entry in answer[2:]] == [
        "ValidationError",
        "ConditionalCheckFailed",
        "ResourceNotFound",
        "ValidationError",
    ]
    assert ["TableName" in entry for entry in answer[2:]] == [False, True, False, False]


def test_a_batch_names_each_item_once(orders: Tables) -> None:
    texts = ["UPDATE orders SET n = 1 WHERE id = 'a' AND at = 1.0", "DELETE FROM orders WHERE at = 1 AND id = 'a'"]

    with pytest.raises(ValidationFailed, match="Provided list of item keys contains duplicates"):
        orders.call("BatchExecuteStatement", {"Statements": [{"Statement": text} for text in texts]})

    assert orders.get("orders", {"id": {"S": "a"}, "at": {"N": "1"}}) is not None


def test_a_batch_that_reads_can_ask_for_more_than_the_key(orders: Tables) -> None:
    texts = [f"SELECT n FROM orders WHERE id = 'a' AND at = {at} AND n > 15" for at in (1, 2)]

    answer = orders.call("BatchExecuteStatement", {"Statements": [{"Statement": text} for text in texts]})["Responses"]

    assert answer == [{"TableName": "orders"}, {"TableName": "orders", "Item": {"n": {"N": "20"}}}]


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


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"N": "x"}, "The parameter cannot be converted to a numeric value: x"),
        ({"N": "1E126"}, "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    ],
    ids=["no number", "overflow"],
)
def test_a_value_that_is_none_is_told_by_itself(orders: Tables, value: Any, fault: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        orders.call("ExecuteStatement", {"Statement": "SELECT * FROM orders WHERE n = ?", "Parameters": [value]})

    assert caught.value.message == fault
