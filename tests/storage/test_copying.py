"""Snapshots: consistent under writers, bounded in what they cost them, and back into an empty folder only."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from pelton.clock import SystemClock
from pelton.storage.check import check
from pelton.storage.checkpointing import CheckpointLimits
from pelton.storage.copying import CannotCopy, Copied, copy_stopped
from pelton.storage.drivers import ThreadDriver
from pelton.storage.engine import Storage, StorageOptions
from pelton.storage.restoring import restore
from pelton.storage.schema import MIGRATIONS, UnknownSchema
from pelton.storage.transaction import WriteTransaction
from pelton.testing.clock import ManualClock
from tests.storage.faulty_disk import Faults, faulty_disk, full
from tests.storage.storing import make_orders, now, opened, orders, put, records, stored, table_of

VALUE = "x" * 3000


def untold(_copied: int, _total: int) -> None:
    """Nobody looks."""


def filled(storage: Storage, count: int) -> None:
    def many(transaction: WriteTransaction) -> None:
        for number in range(count):
            put(f"k{number}", VALUE)(transaction)

    now(storage, many)


def both(number: int) -> Callable[[WriteTransaction], None]:
    """Two items in one transaction: in a consistent copy they are equal."""

    def decide(transaction: WriteTransaction) -> None:
        put("left", f"{number}")(transaction)
        put("right", f"{number}")(transaction)

    return decide


def finished(storage: Storage, clock: ManualClock, file: Path) -> Copied | Exception:
    """Copy to the end, a batch between any two steps."""
    ends: list[Copied | Exception] = []
    storage.copy_to(file, untold, ends.append)
    number = 0
    while not ends:
        number += 1
        now(storage, both(number))
        clock.advance(0.002)
    return ends[0]


def test_a_copy_taken_between_batches_is_one_moment_of_the_storage(
    storage: Storage, clock: ManualClock, tmp_path: Path
) -> None:
    orders(storage)
    filled(storage, 1500)

    copied = finished(storage, clock, tmp_path / "copy")

    assert isinstance(copied, Copied)
    assert stat.S_IMODE(copied.file.stat().st_mode) == 0o600
    restore(copied.file, tmp_path / "restored", untold)
    assert check(tmp_path / "restored").problems == ()
    with opened(tmp_path / "restored") as restored:
        items = stored(restored)
        stream = table_of(restored.snapshot()).stream
        assert stream is not None
        assert len(records(restored, stream)) == 1500 + 2 * int(items["left"])
    assert len(items) == 1502
    assert items["left"] == items["right"]
    assert int(items["left"]) > 5


def test_writers_and_checkpoints_go_on_while_a_copy_is_taken(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, int, Copied | Exception]:
        limits = CheckpointLimits(start_pages=200, hold_pages_max=50)
        storage = Storage.open(
            tmp_path / "data",
            clock=SystemClock(),
            driver=ThreadDriver(),
            options=StorageOptions(checkpoints=limits),
        )
        await storage.write(make_orders)
        for start in range(0, 2000, 100):
            await asyncio.gather(*(storage.write(put(f"k{n}", VALUE)) for n in range(start, start + 100)))
        before = storage.checkpoint_figures().completed
        ends: list[Copied | Exception] = []
        storage.copy_to(tmp_path / "copy", untold, ends.append)
        written = 0
        while not ends:
            await asyncio.gather(*(storage.write(put(f"k{n}", f"{written}{VALUE}")) for n in range(8)))
            written += 8
        completed = storage.checkpoint_figures().completed - before
        storage.close()
        return written, completed, ends[0]

    written, completed, end = asyncio.run(scenario())

    assert isinstance(end, Copied), end
    assert written > 0
    assert completed > 0, "the write-ahead log began anew during the copy"
    assert restore(end.file, tmp_path / "restored", untold).items == 2000


def test_a_batch_that_fails_meanwhile_is_not_in_the_copy(tmp_path: Path) -> None:
    faults, clock = Faults(), ManualClock()
    with faulty_disk(faults) as vfs, opened(tmp_path / "data", clock, StorageOptions(vfs=vfs)) as storage:
        orders(storage)
        filled(storage, 1500)
        ends: list[Copied | Exception] = []
        storage.copy_to(tmp_path / "copy", untold, ends.append)
        clock.advance(0.005)
        faults.fail("write", "wal", full())
        answers: list[object] = []
        storage.submit(put("k1", "not stored"), answers.append)
        faults.heal()
        clock.advance(60)

    assert isinstance(answers[0], Exception)
    assert isinstance(ends[0], Copied)
    restore(tmp_path / "copy", tmp_path / "restored", untold)
    with opened(tmp_path / "restored") as restored:
        assert stored(restored)["k1"] == VALUE


def test_a_second_copy_waits_for_its_turn_and_closing_leaves_no_half(
    storage: Storage, clock: ManualClock, tmp_path: Path
) -> None:
    orders(storage)
    filled(storage, 1500)
    ends: list[object] = []
    storage.copy_to(tmp_path / "copy", untold, ends.append)

    with pytest.raises(CannotCopy, match="under way"):
        storage.copy_to(tmp_path / "other", untold, ends.append)
    storage.close()

    assert isinstance(ends[0], CannotCopy)
    assert [file.name for file in tmp_path.iterdir()] == ["data"]


def test_a_file_that_exists_or_has_no_folder_is_refused(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")

    for file, text in ((tmp_path / "mine", "exists"), (tmp_path / "nowhere" / "copy", "cannot be written")):
        with pytest.raises(CannotCopy, match=text):
            storage.copy_to(file, untold, lambda _: None)

    assert (tmp_path / "mine").read_text() == "precious"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of a stopped folder with ten items."""
    with opened(tmp_path / "first") as storage:
        orders(storage)
        filled(storage, 10)
    return copy_stopped(tmp_path / "first", tmp_path / "copy", untold).file


def test_a_stopped_folder_is_copied_and_restored(copy: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    report = restore(copy, tmp_path / "new" / "data", lambda *numbers: told.append(numbers))

    assert (report.tables, report.items, report.records) == (1, 10, 10)
    assert told[-1] == (copy.stat().st_size,) * 2
    assert sorted(file.name for file in (tmp_path / "new" / "data").iterdir()) == ["pelton.db", "pelton.lock"]


def test_a_folder_with_data_is_not_overwritten(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotCopy, match="holds data"):
        restore(copy, tmp_path / "first", untold)

    assert check(tmp_path / "first").items == 10


@pytest.mark.parametrize(
    ("statement", "error", "text"),
    [
        (f"PRAGMA user_version = {len(MIGRATIONS) + 1}", UnknownSchema, "newer Pelton"),
        ("PRAGMA application_id = 1", UnknownSchema, "not written by Pelton"),
        ("UPDATE counters SET items = 11", CannotCopy, "is damaged: orders: holds"),
    ],
)
def test_a_file_of_a_newer_version_a_stranger_or_with_damage_is_refused(
    copy: Path, tmp_path: Path, statement: str, error: type[Exception], text: str
) -> None:
    connection = apsw.Connection(str(copy))
    connection.execute(statement)
    connection.close()

    with pytest.raises(error, match=text):
        restore(copy, tmp_path / "new", untold)

    assert [file.name for file in (tmp_path / "new").glob("*")] in ([], ["pelton.lock"])


@pytest.mark.parametrize("content", [b"", b"something else" * 1000])
def test_what_is_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)

    with pytest.raises((CannotCopy, UnknownSchema), match="not"):
        restore(tmp_path / "file", tmp_path / "new", untold)


def test_a_torn_snapshot_is_refused(copy: Path, tmp_path: Path) -> None:
    with copy.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)

    with pytest.raises(CannotCopy, match=r"damaged|could not be restored"):
        restore(copy, tmp_path / "new", untold)

    assert not (tmp_path / "new" / "pelton.db").exists()


def test_a_snapshot_of_an_older_version_is_brought_to_this_one(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "old"))
    for statement in MIGRATIONS[0]:
        connection.execute(statement)
    connection.pragma("application_id", 0x506C746E)
    connection.pragma("user_version", 1)
    connection.close()

    restore(tmp_path / "old", tmp_path / "new", untold)

    assert check(tmp_path / "new").problems == ()
