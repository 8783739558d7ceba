"""Copies of a table hold one moment of it, whatever is written meanwhile; histories hold every moment since."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pelton.errors import InternalServerError
from pelton.storage.catalog import Copy
from pelton.storage.change import StoredItem
from pelton.storage.check import check
from pelton.storage.connection import Durability
from pelton.storage.copies import (
    all_copies,
    copied_items,
    copy_by_id,
    history_tip,
    recovered_items,
    recovery_of,
)
from pelton.storage.engine import Storage, StorageOptions
from pelton.storage.schema import copy_rows
from pelton.storage.transaction import WriteTransaction
from pelton.testing.clock import ManualClock
from tests.storage.storing import ACCOUNT, REGION, START_MS, delete, now, opened, orders, put, stored, table_of

names = st.sampled_from([f"item {number}" for number in range(12)])
writes = st.tuples(names, st.one_of(st.none(), st.text(max_size=3)))  #: None: delete
#: Hundreds of folders in one test: what is written need not reach the disk.
UNSYNCED = StorageOptions(durability=Durability.NONE)
IN_ONE_TEST = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(storage: Storage, identifier: str, value: str | None) -> None:
    now(storage, delete(identifier) if value is None else put(identifier, value))


def begun(storage: Storage, kind: str = "USER") -> Copy:
    def decide(transaction: WriteTransaction) -> Copy:
        table = table_of(transaction)
        arn = None if kind == "RECOVERY" else f"{table.arn}/backup/{transaction.tip()}"
        copy = Copy(
            table_id=table.id,
            kind=kind,
            account=ACCOUNT,
            region=REGION,
            arn=arn,
            created_ms=START_MS,
            detail={},
        )
        return transaction.begin_copy(table, copy)

    return now(storage, decide)


def stepped(storage: Storage, copy: Copy, rows_max: int = 2) -> Copy:
    return now(storage, lambda transaction: transaction.copy_step(copy_by_id(transaction, copy.id), rows_max))


def finished(storage: Storage, copy: Copy) -> Copy:
    while not copy.is_whole:
        copy = stepped(storage, copy)
    return copy


def values(items: list[StoredItem]) -> dict[str, str]:
    bodies = [orjson.loads(item.body) for item in items]
    return {body["id"]["S"]: body["value"]["S"] for body in bodies}


def copied(storage: Storage, copy: Copy) -> dict[str, str]:
    items: list[StoredItem] = []
    after: bytes | None = b""
    while after is not None:
        step, after = copied_items(storage.snapshot(), copy, after, 3)
        items.extend(step)
    return values(items)


def recovered(storage: Storage, copy: Copy, up_to: int) -> dict[str, str]:
    items: list[StoredItem] = []
    after: bytes | None = b""
    while after is not None:
        step, after = recovered_items(storage.snapshot(), copy, up_to, after, 3)
        items.extend(step)
    return values(items)


@given(before=st.lists(writes, max_size=20), meanwhile=st.lists(st.one_of(writes, st.just("step")), max_size=40))
@IN_ONE_TEST
def test_a_copy_holds_the_moment_it_was_begun(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, str | None]],
    meanwhile: list[tuple[str, str | None] | str],
) -> None:
    folder = tmp_path_factory.mktemp("copy") / "data"
    with opened(folder, options=UNSYNCED) as storage:
        orders(storage)
        for identifier, value in before:
            write(storage, identifier, value)
        expected = stored(storage)

        copy = begun(storage)
        for what in meanwhile:
            if isinstance(what, str):
                copy = copy if copy.is_whole else stepped(storage, copy)
            else:
                write(storage, *what)

        assert copied(storage, finished(storage, copy)) == expected
    assert check(folder).problems == ()


@given(
    before=st.lists(writes, max_size=15),
    after=st.lists(st.one_of(writes, st.sampled_from(["step", "merge"])), max_size=40),
    data=st.data(),
)
@IN_ONE_TEST
def test_every_moment_since_can_be_recovered(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, str | None]],
    after: list[tuple[str, str | None] | str],
    data: st.DataObject,
) -> None:
    clock = ManualClock(START_MS)
    folder = tmp_path_factory.mktemp("history") / "data"
    with opened(folder, clock, UNSYNCED) as storage:
        orders(storage)
        for identifier, value in before:
            write(storage, identifier, value)
        copy = begun(storage, "RECOVERY")
        moments = {clock.now_ms(): stored(storage)}
        horizon = clock.now_ms()

        for what in after:
            clock.advance(1)
            if not isinstance(what, str):
                write(storage, *what)
                moments[clock.now_ms()] = stored(storage)
            elif not copy.is_whole:
                copy = stepped(storage, copy)
            elif what == "merge":
                horizon = data.draw(st.sampled_from(sorted(moment for moment in moments if moment >= horizon)))
                while not now(storage, lambda transaction: transaction.merge_history(copy, horizon, 2)):  # noqa: B023
                    pass
        copy = finished(storage, copy)

        kept = {moment: state for moment, state in moments.items() if moment >= horizon}
        found = {moment: recovered(storage, copy, history_tip(storage.snapshot(), copy, moment)) for moment in kept}
        assert found == kept
    assert check(folder).problems == ()


def test_a_half_made_copy_goes_on_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as storage:
        orders(storage)
        for number in range(9):
            write(storage, f"item {number}", "old")
        expected = stored(storage)
        copy = stepped(storage, begun(storage), 3)

    with opened(tmp_path / "data") as storage:
        for number in range(9):
            write(storage, f"item {number}", "new")
        (reloaded,) = all_copies(storage.snapshot())

        assert (reloaded.is_whole, reloaded.position) == (False, copy.position)
        assert copied(storage, finished(storage, reloaded)) == expected


def test_a_refused_batch_leaves_a_copy_as_it_was(storage: Storage) -> None:
    orders(storage)
    write(storage, "item 1", "old")
    copy = begun(storage)

    def fail(transaction: WriteTransaction) -> None:
        transaction.copy_step(copy)
        raise ValueError("a fault of ours")

    with pytest.raises(InternalServerError):
        now(storage, fail)
    write(storage, "item 1", "new")

    assert copied(storage, finished(storage, copy)) == {"item 1": "old"}


def test_a_dropped_copy_leaves_no_rows(storage: Storage, clock: ManualClock) -> None:
    orders(storage)
    write(storage, "item 1", "old")
    copy = finished(storage, begun(storage, "RECOVERY"))

    now(storage, lambda transaction: transaction.drop_copy(copy))
    storage.start_trimming(1000)
    clock.advance(60)
    write(storage, "item 1", "new")

    tables = storage.snapshot().select("SELECT name FROM sqlite_schema WHERE name IN (?, 'history_1')", (copy_rows(1),))
    assert tables == []
    assert recovery_of(storage.snapshot(), copy.table_id) is None


def test_a_table_that_goes_can_leave_its_items_as_a_copy(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as storage:
        table = orders(storage)
        write(storage, "item 1", "old")
        kept = Copy(
            table_id=table.id, kind="SYSTEM", account=ACCOUNT, region=REGION, arn="arn", created_ms=1, detail={}
        )

        def decide(transaction: WriteTransaction) -> Copy:
            copy = transaction.turn_into_copy(table_of(transaction), kept)
            transaction.drop_table(table_of(transaction), START_MS)
            return copy

        copy = now(storage, decide)
        storage.start_trimming(1000)

        assert copied(storage, copy) == {"item 1": "old"}
    assert check(tmp_path / "data").problems == ()
