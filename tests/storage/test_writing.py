"""What a transaction stores, counts and logs."""

from dataclasses import replace
from itertools import pairwise

import orjson
import pytest

from pelton.errors import ValidationFailed
from pelton.items.keys import index_key
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.storage.catalog import Table
from pelton.storage.change import Change, IndexChange, StoredItem
from pelton.storage.engine import Storage
from pelton.storage.transaction import WriteTransaction
from tests.storage.storing import (
    ACCOUNT,
    REGION,
    SCHEMA,
    delete,
    key_of,
    now,
    orders,
    put,
    records,
    stored,
    table_of,
    value_of,
)

BY_VALUE = KeySchema((KeyAttribute("value", "S"),))


def test_each_change_appends_one_record_with_both_images(storage: Storage) -> None:
    stream = orders(storage).stream
    assert stream is not None

    for decide in (put("a", "1"), put("a", "2"), delete("a")):
        now(storage, decide)

    found = records(storage, stream)
    assert [record.event_name for record in found] == ["INSERT", "MODIFY", "REMOVE"]
    assert [record.old_image for record in found] == [None, found[0].new_image, found[1].new_image]
    assert [record.sequence_number for record in found] == [1, 2, 3]
    assert found[2].new_size == 0


@pytest.mark.parametrize("view_type", ["KEYS_ONLY", "NEW_IMAGE"])
def test_a_view_type_without_old_images_keeps_the_new_one_alone(storage: Storage, view_type: str) -> None:
    stream = orders(storage, view_type=view_type).stream
    assert stream is not None

    now(storage, put("a", "1"))
    now(storage, put("a", "2"))

    assert [(record.new_image is None, record.old_image) for record in records(storage, stream)] == [(False, None)] * 2


def test_a_table_without_a_stream_leaves_no_record(storage: Storage) -> None:
    orders(storage, view_type=None)

    assert now(storage, put("a", "1")) is None
    assert storage.snapshot().tip() == 0


def test_counters_follow_items_and_bytes(storage: Storage) -> None:
    table = orders(storage)
    now(storage, put("a", "1"))
    now(storage, put("b", "1"))
    now(storage, put("a", "longer"))
    now(storage, delete("b"))

    with storage.snapshot() as snapshot:
        item = snapshot.item(table, key_of("a"))
        assert item is not None
        assert snapshot.counts(table) == (1, item.size)


def test_a_transaction_reads_what_it_has_done(storage: Storage) -> None:
    orders(storage)

    def decide(transaction: WriteTransaction) -> tuple[str | None, tuple[int, int], int]:
        put("a", "1")(transaction)
        table = table_of(transaction)
        return value_of(transaction.item(table, key_of("a"))), transaction.counts(table), transaction.tip()

    value, counts, tip = now(storage, decide)

    assert (value, counts[0], tip) == ("1", 1, 1)


def test_a_refusal_reaches_the_caller_and_changes_nothing(storage: Storage) -> None:
    orders(storage)

    def refuse(transaction: WriteTransaction) -> None:
        raise ValidationFailed("no")

    with pytest.raises(ValidationFailed):
        now(storage, refuse)
    assert stored(storage) == {}


def test_a_dropped_table_is_gone_and_its_stream_stays_readable(storage: Storage) -> None:
    table = orders(storage)
    now(storage, put("a", "1"))

    now(storage, lambda transaction: transaction.drop_table(table, 5))

    with storage.snapshot() as snapshot:
        (stream,) = snapshot.streams(ACCOUNT, REGION)
        assert snapshot.tables(ACCOUNT, REGION) == []
        assert stream.disabled_ms == 5
    assert len(records(storage, stream)) == 1


def test_a_table_made_anew_starts_empty_with_another_id_and_label(storage: Storage) -> None:
    first = orders(storage)
    now(storage, put("a", "1"))
    now(storage, lambda transaction: transaction.drop_table(first, 5))

    second = orders(storage)

    assert second.id > first.id
    assert second.latest_stream != first.latest_stream
    assert stored(storage) == {}


def test_tables_are_listed_by_the_bytes_of_their_names(storage: Storage) -> None:
    for name in ("b", "A", "a", "a.b"):
        orders(storage, name)

    with storage.snapshot() as snapshot:
        assert [table.name for table in snapshot.tables(ACCOUNT, REGION)] == ["A", "a", "a.b", "b"]
        assert snapshot.tables(ACCOUNT, "eu-west-1") == []
        assert snapshot.regions(ACCOUNT, "a") == [REGION]


def test_a_replaced_table_keeps_its_stream_and_changes_its_definition(storage: Storage) -> None:
    table = orders(storage)
    changed = replace(table, status="UPDATING", definition={"x": 1}, stream=None)

    now(storage, lambda transaction: transaction.replace_table(changed))

    found = table_of(storage.snapshot())
    assert (found.status, found.definition, found.stream) == ("UPDATING", {"x": 1}, table.stream)


def test_items_come_in_key_order_within_bounds(storage: Storage) -> None:
    table = orders(storage)
    for name in "abcdefgh":
        now(storage, put(name, "1"))

    keys = sorted(key_of(name) for name in "abcdefgh")
    with storage.snapshot() as snapshot:
        ascending = [row.key for row in snapshot.items(table, None, lower=keys[2], upper=keys[5])]
        descending = [row.key for row in snapshot.items(table, None, lower=keys[2], upper=None, is_descending=True)]

    assert ascending == keys[2:5]
    assert descending == keys[:1:-1]


def test_a_token_is_remembered_with_its_answer(storage: Storage) -> None:
    now(storage, lambda transaction: transaction.remember_token("scope", "token", b"digest", b"answer", 7))

    assert now(storage, lambda transaction: transaction.token("scope", "token")) == (b"digest", b"answer", 7)
    assert now(storage, lambda transaction: transaction.token("scope", "other")) is None


def with_index(storage: Storage) -> Table:
    return add_index(storage, orders(storage))


def add_index(storage: Storage, table: Table) -> Table:
    return now(
        storage,
        lambda transaction: transaction.create_index(
            table, name="by_value", schema=BY_VALUE, is_global=True, projection={"ProjectionType": "ALL"}
        ),
    )


def indexed(table: Table, before: StoredItem | None, after: StoredItem | None) -> Change:
    """The change with its index rows, as ``tables`` would decide it."""

    def entry(item: StoredItem | None) -> StoredItem | None:
        if item is None:
            return None
        key = index_key(BY_VALUE, SCHEMA, orjson.loads(item.body))
        return None if key is None else StoredItem(key=key, body=item.body, size=item.size)

    old, new = entry(before), entry(after)
    (index,) = table.indexes
    moved = old if old is not None and (new is None or new.key != old.key) else None
    change = IndexChange(
        of_index=index, remove=None if moved is None else moved.key, put=new, old_size=old and old.size
    )
    item = after or before
    assert item is not None
    return Change(
        table=table, key=item.key, keys=b"{}", keys_size=2, before=before, after=after, index_changes=(change,)
    )


def item(identifier: str, value: str, more: str = "") -> StoredItem:
    body = orjson.dumps({"id": {"S": identifier}, "value": {"S": value}, "more": {"S": more}})
    return StoredItem(key=key_of(identifier), body=body, size=len(body))


def test_index_rows_and_their_counters_follow_the_item(storage: Storage) -> None:
    table = with_index(storage)
    versions = [None, item("a", "1"), item("a", "1", "same index key"), item("a", "2"), None]
    counts = []

    for before, after in pairwise(versions):
        now(storage, lambda transaction, b=before, a=after: transaction.apply(indexed(table, b, a)))
        rows = list(storage.snapshot().items(table, table.indexes[0], lower=b"", upper=None))
        assert [row.body for row in rows] == ([] if after is None else [after.body])
        counts.append(storage.snapshot().counts(table, table.indexes[0]))

    assert counts == [(1, versions[1].size), (1, versions[2].size), (1, versions[3].size), (0, 0)]


def test_a_backfilled_index_counts_each_row_once(storage: Storage) -> None:
    table = with_index(storage)
    rows = [StoredItem(key=b"k", body=b"{}", size=2), StoredItem(key=b"l", body=b"{}", size=3)]

    now(storage, lambda transaction: transaction.fill_index(table.indexes[0], rows))
    now(storage, lambda transaction: transaction.fill_index(table.indexes[0], rows[:1]))

    assert storage.snapshot().counts(table, table.indexes[0]) == (2, 5)


@pytest.mark.parametrize(
    "after", [item("a", "1", "same index key"), item("a", "2"), None], ids=["changed", "moved", "removed"]
)
def test_a_row_that_a_backfill_has_not_made_yet_is_counted_from_its_first_change(
    storage: Storage, after: StoredItem | None
) -> None:
    table = orders(storage)
    before = item("a", "1")
    plain = Change(table=table, key=before.key, keys=b"{}", keys_size=2, before=None, after=before)
    now(storage, lambda transaction: transaction.apply(plain))
    table = add_index(storage, table)

    now(storage, lambda transaction: transaction.apply(indexed(table, before, after)))

    rows = list(storage.snapshot().items(table, table.indexes[0], lower=b"", upper=None))
    assert [row.body for row in rows] == ([] if after is None else [after.body])
    assert storage.snapshot().counts(table, table.indexes[0]) == (len(rows), sum(row.size for row in rows))


def test_a_dropped_index_takes_its_rows_along(storage: Storage) -> None:
    table = with_index(storage)

    dropped = now(storage, lambda transaction: transaction.drop_index(table, table.indexes[0]))

    assert dropped.indexes == ()
    assert table_of(storage.snapshot()).indexes == ()
