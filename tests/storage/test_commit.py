"""Group commit: who waits for what, and what follows a failure."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from pelton.clock import SystemClock
from pelton.errors import InternalServerError, ValidationFailed
from pelton.storage.check import check
from pelton.storage.drivers import ThreadDriver
from pelton.storage.engine import Storage, StorageOptions
from pelton.storage.faults import Fault, classify
from pelton.storage.transaction import WriteTransaction
from pelton.testing.clock import ManualClock
from tests.storage.faulty_disk import Faults, broken_sync, faulty_disk, full, read_only
from tests.storage.storing import (
    ACCOUNT,
    REGION,
    key_of,
    make_orders,
    now,
    open_inline,
    opened,
    orders,
    put,
    stored,
    table_of,
    value_of,
)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def shaky(tmp_path: Path, faults: Faults) -> Iterator[Storage]:
    """A storage with the table ``orders`` and one item, on a disk with faults."""
    with faulty_disk(faults) as vfs, opened(tmp_path, options=StorageOptions(vfs=vfs)) as storage:
        orders(storage)
        now(storage, put("a", "1"))
        yield storage
        faults.heal()


def threaded(folder: Path) -> Storage:
    return Storage.open(folder, clock=SystemClock(), driver=ThreadDriver())


@pytest.mark.parametrize("error", [full(), read_only()])
def test_a_write_without_room_is_refused_and_leaves_nothing(shaky: Storage, faults: Faults, error: Exception) -> None:
    faults.fail("write", "wal", error)

    with pytest.raises(InternalServerError):
        now(shaky, put("b", "1"))

    assert stored(shaky) == {"a": "1"}
    assert shaky.snapshot().tip() == 1


def test_a_disk_that_fills_in_the_middle_of_a_batch_leaves_no_half(shaky: Storage, faults: Faults) -> None:
    faults.fail("write", "wal", full(), passed=3)

    def many(transaction: WriteTransaction) -> None:
        for number in range(50):
            put(f"k{number}", "x" * 3000)(transaction)

    with pytest.raises(InternalServerError, match="full"):
        now(shaky, many)

    assert stored(shaky) == {"a": "1"}
    assert shaky.snapshot().counts(table_of(shaky.snapshot()))[0] == 1


def test_writes_go_on_by_themselves_when_there_is_room_again(shaky: Storage, faults: Faults) -> None:
    faults.fail("write", "wal", full())
    with pytest.raises(InternalServerError):
        now(shaky, put("b", "1"))
    faults.heal()

    number = now(shaky, put("b", "1"))

    assert number == 2
    assert stored(shaky) == {"a": "1", "b": "1"}


def test_reads_go_on_while_the_disk_is_full(shaky: Storage, faults: Faults) -> None:
    faults.fail("write", "wal", full())
    with pytest.raises(InternalServerError):
        now(shaky, put("b", "1"))

    with shaky.snapshot() as snapshot:
        assert value_of(snapshot.item(table_of(snapshot), key_of("a"))) == "1"


def test_a_table_of_a_failed_batch_leaves_no_trace(shaky: Storage, faults: Faults) -> None:
    faults.fail("write", "wal", full())
    with pytest.raises(InternalServerError):
        orders(shaky, "more")
    faults.heal()

    assert shaky.snapshot().table(ACCOUNT, REGION, "more") is None
    assert orders(shaky, "more").name == "more"


def test_a_failed_sync_stops_everything_with_one_line(shaky: Storage, faults: Faults) -> None:
    lines: list[str] = []
    shaky.on_fatal(lines.append)
    faults.fail("sync", "wal", broken_sync())

    with pytest.raises(InternalServerError):
        now(shaky, put("b", "1"))
    faults.heal()
    with pytest.raises(InternalServerError):
        now(shaky, put("c", "1"))

    assert len(lines) == 1
    assert lines[0].startswith(Fault.FATAL.value)
    assert "\n" not in lines[0]


def test_an_sqlite_error_in_a_decision_fails_the_whole_batch(tmp_path: Path) -> None:
    async def scenario() -> list[object]:
        storage = threaded(tmp_path)
        await storage.write(lambda transaction: None)
        answers: list[object] = []

        def broken(transaction: WriteTransaction) -> None:
            transaction.select("SELECT nothing FROM nowhere")

        storage.submit(make_orders, answers.append)
        storage.submit(broken, answers.append)
        storage.submit(lambda transaction: None, answers.append)
        while len(answers) < 3:
            await asyncio.sleep(0)
        assert storage.snapshot().table(ACCOUNT, REGION, "orders") is None
        storage.close()
        return answers

    first, second, third = asyncio.run(scenario())

    assert isinstance(first, InternalServerError)
    assert isinstance(second, InternalServerError)
    assert third is None  # it had not been decided yet, so it went into the next batch


def test_a_decision_that_fails_after_writing_takes_its_batch_along(storage: Storage) -> None:
    orders(storage)

    def half(transaction: WriteTransaction) -> None:
        put("a", "1")(transaction)
        raise ValidationFailed("too late")

    with pytest.raises(InternalServerError):
        now(storage, half)
    assert stored(storage) == {}
    assert now(storage, put("a", "1")) == 1


def test_refusals_wait_for_the_commit_of_their_batch(tmp_path: Path) -> None:
    async def scenario() -> list[tuple[str, bool]]:
        storage = threaded(tmp_path)
        await storage.write(make_orders)
        heard: list[tuple[str, bool]] = []

        def refuse(transaction: WriteTransaction) -> None:
            assert transaction.item(table_of(transaction), key_of("a")) is not None
            raise ValidationFailed("there is one")

        def note(name: str) -> None:
            snapshot = storage.snapshot()
            heard.append((name, snapshot.item(table_of(snapshot), key_of("a")) is not None))

        storage.submit(put("a", "1"), lambda _: note("write"))
        storage.submit(refuse, lambda _: note("refusal"))
        while len(heard) < 2:
            await asyncio.sleep(0)
        storage.close()
        return heard

    assert asyncio.run(scenario()) == [("write", True), ("refusal", True)]


def test_many_writers_share_commits_and_each_is_answered(tmp_path: Path) -> None:
    async def writer(storage: Storage, name: str) -> list[int | None]:
        return [await storage.write(put(f"{name}{number}", "1")) for number in range(20)]

    async def scenario() -> tuple[list[int | None], int]:
        storage = threaded(tmp_path)
        await storage.write(make_orders)
        tips: list[int] = []
        storage.on_commit(tips.append)
        numbers = await asyncio.gather(*[writer(storage, f"w{index}-") for index in range(16)])
        count = len(stored(storage))
        storage.close()
        assert tips == sorted(tips)
        assert tips[-1] == 320
        assert len(tips) < 320
        return [number for batch in numbers for number in batch], count

    numbers, count = asyncio.run(scenario())

    assert sorted(number or 0 for number in numbers) == list(range(1, 321))
    assert count == 320
    assert check(tmp_path).problems == ()


def test_a_rider_joins_the_next_batch(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        storage = threaded(tmp_path)
        await storage.write(make_orders)
        heard: list[str] = []
        storage.ride(put("rider", "1"), lambda _: heard.append("rider"))
        await storage.write(put("a", "1"))
        heard.append("write")
        storage.close()
        return heard

    assert asyncio.run(scenario()) == ["rider", "write"]


def test_riders_that_left_with_a_batch_leave_no_timer_behind(tmp_path: Path) -> None:
    async def scenario() -> float | None:
        clock = ManualClock()
        storage = Storage.open(tmp_path / "data", clock=clock, driver=ThreadDriver())
        await storage.write(make_orders)
        storage.ride(put("rider", "1"))
        await storage.write(put("a", "1"))
        due = clock.next_due()
        storage.close()
        return due

    assert asyncio.run(scenario()) is None


def test_a_rider_without_company_travels_alone(tmp_path: Path) -> None:
    async def scenario() -> dict[str, str]:
        storage = threaded(tmp_path)
        await storage.write(make_orders)
        arrived = asyncio.Event()
        storage.ride(put("rider", "1"), lambda _: arrived.set())
        await asyncio.wait_for(arrived.wait(), 5)
        found = stored(storage)
        storage.close()
        return found

    assert asyncio.run(scenario()) == {"rider": "1"}


def test_closing_commits_what_waits_and_refuses_what_comes(tmp_path: Path) -> None:
    async def scenario() -> list[object]:
        storage = threaded(tmp_path)
        await storage.write(make_orders)
        answers: list[object] = []
        storage.submit(put("a", "1"), answers.append)
        storage.ride(put("b", "1"), answers.append)
        storage.close()
        storage.submit(put("c", "1"), answers.append)
        return answers

    answers = asyncio.run(scenario())

    assert answers[:2] == [1, 2]
    assert isinstance(answers[2], InternalServerError)
    with opened(tmp_path) as storage:
        assert stored(storage) == {"a": "1", "b": "1"}


def test_a_write_from_within_an_answer_is_stored_before_the_call_returns(tmp_path: Path) -> None:
    storage = open_inline(tmp_path)
    orders(storage)
    seen: list[dict[str, str]] = []

    def then(answer: object) -> None:
        now(storage, put("b", "1"))
        seen.append(stored(storage))

    storage.submit(put("a", "1"), then)
    storage.close()

    assert seen == [{"a": "1", "b": "1"}]


def test_a_listener_hears_only_of_commits_with_records(storage: Storage) -> None:
    orders(storage)
    tips: list[int] = []
    storage.on_commit(tips.append)

    now(storage, put("a", "1"))
    now(storage, lambda transaction: transaction.remember_token("s", "t", b"", b"", 1))
    now(storage, put("a", "2"))

    assert tips == [1, 2]


def test_a_full_disk_that_shows_as_an_io_error_is_still_a_full_disk() -> None:
    error = apsw.IOError("disk I/O error")
    error.extendedresult = apsw.SQLITE_IOERR_SHMSIZE

    assert classify(error, 28) is Fault.DISK_FULL
    assert classify(error, 5) is Fault.FATAL
    assert classify(broken_sync(), 28) is Fault.FATAL
