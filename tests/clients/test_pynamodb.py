"""PynamoDB: models with indexes, transactions, a TTL attribute, conditions, batches, and its connection class."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pynamodb.attributes import (
    BinaryAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.connection import Connection, TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, TransactWriteError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

from .conftest import VARIABLES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class ByView(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_view"
        read_capacity_units = 2
        write_capacity_units = 1
        projection = AllProjection()

    view = NumberAttribute(hash_key=True, default=0)


class BySubject(LocalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_subject"
        projection = AllProjection()

    forum = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(range_key=True)


class Author(MapAttribute[str, Any]):
    name = UnicodeAttribute()
    age = NumberAttribute(null=True)


class Thread(Model):
    class Meta:
        table_name = "threads"
        region = "us-east-1"
        aws_access_key_id = "any"
        aws_secret_access_key = "any"
        host = ""
        read_capacity_units = 5
        write_capacity_units = 5

    forum = UnicodeAttribute(hash_key=True)
    title = UnicodeAttribute(range_key=True)
    subject = UnicodeAttribute(default="none")
    view = NumberAttribute(default=0)
    tags = UnicodeSetAttribute(null=True)
    author = Author(null=True)
    replies = ListAttribute(null=True)
    extra = JSONAttribute(null=True)
    picture = BinaryAttribute(null=True, legacy_encoding=False)
    written = UTCDateTimeAttribute(default=NOW)
    gone = TTLAttribute(null=True)
    version = VersionAttribute()
    by_view = ByView()
    by_subject = BySubject()


@pytest.fixture
def threads(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Thread]]:
    for name, value in VARIABLES.items():  # A Connection of one's own finds its keys where every SDK does.
        monkeypatch.setenv(name, value)
    Thread.Meta.host = url
    Thread._connection = None
    Thread.create_table(wait=True)
    yield Thread
    Thread.delete_table(wait=True)


def save(title: str, **members: Any) -> Thread:
    thread = Thread("cats", title, **members)
    thread.save()
    return thread


def test_a_model_comes_back_as_it_was_saved(threads: type[Thread]) -> None:
    save(
        "one",
        tags={"a", "b"},
        author=Author(name="Ann", age=7),
        replies=["x", 2, {"deep": True}],
        extra={"any": [1, None]},
        picture=b"\x00\xff",
        gone=timedelta(days=1),
    )

    found = threads.get("cats", "one", consistent_read=True)

    assert (found.tags, found.author.name, found.author.age) == ({"a", "b"}, "Ann", 7)
    assert found.replies[2] == {"deep": True}
    assert (found.extra, found.picture, found.written) == ({"any": [1, None]}, b"\x00\xff", NOW)
    assert found.gone is not None and found.gone > datetime.now(UTC)
    assert (threads.exists(), threads.count("cats")) == (True, 1)
    with pytest.raises(DoesNotExist):
        threads.get("cats", "two")


def test_a_version_guards_against_a_lost_update(threads: type[Thread]) -> None:
    first, second = save("one"), threads.get("cats", "one")
    first.update(actions=[Thread.view.add(1), Thread.tags.set({"x"})])

    second.subject = "late"
    with pytest.raises(PutError) as refused:
        second.save()

    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    assert (first.view, first.version) == (1, 2)


def test_updates_set_add_append_and_remove(threads: type[Thread]) -> None:
    thread = save("one", tags={"a"}, replies=["x"])

    thread.update(
        actions=[
            Thread.tags.add({"b"}),
            Thread.replies.set(Thread.replies.append(["y"])),
            Thread.view.set(Thread.view + 5),
            Thread.subject.remove(),
        ],
        condition=Thread.view == 0,
    )

    assert (thread.tags, thread.replies, thread.view) == ({"a", "b"}, ["x", "y"], 5)
    with pytest.raises(DeleteError):
        thread.delete(Thread.view > 100)


def test_queries_scans_and_indexes_page_through_all(threads: type[Thread]) -> None:
    with threads.batch_write() as batch:
        for number in range(40):
            batch.save(Thread("cats", f"title {number:02}", view=number % 4, subject=f"s{39 - number:02}"))

    titles = [thread.title for thread in threads.query("cats", Thread.title.startswith("title 1"), page_size=3)]
    viewed = list(threads.by_view.query(2, filter_condition=Thread.title > "title 20"))
    by_subject = [thread.subject for thread in threads.by_subject.query("cats", limit=3, scan_index_forward=False)]
    scanned = list(threads.scan(Thread.view.is_in(0, 1) & Thread.tags.does_not_exist(), page_size=7))
    segments = [thread.title for part in (0, 1) for thread in threads.scan(segment=part, total_segments=2)]

    assert titles == [f"title 1{number}" for number in range(10)]
    assert len(viewed) == 5
    assert by_subject == ["s39", "s38", "s37"]
    assert len(scanned) == 20
    assert len(set(segments)) == 40
    assert len(list(threads.batch_get([("cats", f"title {number:02}") for number in range(40)]))) == 40


def test_transactions_are_whole_or_nothing(url: str, threads: type[Thread]) -> None:
    save("one", view=1)
    connection = Connection(region="us-east-1", host=url)

    with TransactWrite(connection=connection, client_request_token="token") as transaction:
        transaction.save(Thread("cats", "two"))
        transaction.update(Thread("cats", "one", version=1), actions=[Thread.view.set(9)])
    with (
        pytest.raises(TransactWriteError) as canceled,
        TransactWrite(connection=connection) as transaction,
    ):
        transaction.condition_check(Thread, "cats", "one", condition=Thread.view == 0)
        transaction.save(Thread("cats", "three"))
    with TransactGet(connection=connection) as reading:
        one = reading.get(Thread, "cats", "one")
        two = reading.get(Thread, "cats", "two")

    assert (one.get().view, two.get().title) == (9, "two")
    assert [reason and reason.code for reason in canceled.value.cancellation_reasons] == [
        "ConditionalCheckFailed",
        None,
    ]
    assert threads.count("cats") == 2


def test_the_ttl_of_a_model_is_on_with_its_table(client: Any, threads: type[Thread]) -> None:
    description = client.describe_time_to_live(TableName=threads.Meta.table_name)

    assert description["TimeToLiveDescription"] == {"AttributeName": "gone", "TimeToLiveStatus": "ENABLED"}


def test_the_connection_class_speaks_for_itself(url: str, threads: type[Thread]) -> None:
    described = Connection(region="us-east-1", host=url).dispatch("DescribeTable", {"TableName": "threads"})
    connection = TableConnection("threads", meta_table=MetaTable(described["Table"]), region="us-east-1", host=url)
    connection.put_item("dogs", range_key="one", attributes={"view": {"N": "3"}})

    item = connection.get_item("dogs", range_key="one")["Item"]
    names = Connection(region="us-east-1", host=url).list_tables()["TableNames"]

    assert item == {"forum": {"S": "dogs"}, "title": {"S": "one"}, "view": {"N": "3"}}
    assert "threads" in names
    assert described["Table"]["TableStatus"] == "ACTIVE"
