"""The write-ahead log stays bounded, and nothing is lost when a checkpoint cannot be made."""

import asyncio
from pathlib import Path

from pelton.clock import SystemClock
from pelton.storage.check import check
from pelton.storage.checkpointing import CheckpointLimits
from pelton.storage.drivers import ThreadDriver
from pelton.storage.engine import Storage, StorageOptions
from tests.storage.faulty_disk import Faults, broken_sync, faulty_disk, full
from tests.storage.storing import make_orders, now, opened, orders, put, stored

SMALL = CheckpointLimits(start_pages=50, hold_pages_max=25, wal_pages_max=400)


def test_the_log_starts_anew_again_and_again(tmp_path: Path) -> None:
    with opened(tmp_path, options=StorageOptions(checkpoints=SMALL)) as storage:
        orders(storage)
        for number in range(200):
            now(storage, put(f"k{number}", "x" * 2000))
        figures = storage.checkpoint_figures()

    assert figures.completed > 5
    assert figures.wal_pages_max < 100


def test_the_log_stays_bounded_under_concurrent_writers(tmp_path: Path) -> None:
    async def writer(storage: Storage, name: str) -> None:
        for number in range(60):
            await storage.write(put(f"{name}-{number}", "x" * 2000))
            storage.snapshot().tip()

    async def scenario() -> tuple[int, int]:
        options = StorageOptions(checkpoints=SMALL)
        storage = Storage.open(tmp_path, clock=SystemClock(), driver=ThreadDriver(), options=options)
        await storage.write(make_orders)
        await asyncio.gather(*[writer(storage, f"w{index}") for index in range(16)])
        figures = storage.checkpoint_figures()
        count = len(stored(storage))
        storage.close()
        return figures.completed, count

    completed, count = asyncio.run(scenario())

    assert completed >= 1
    assert count == 960
    assert check(tmp_path).problems == ()


def test_a_checkpoint_without_room_is_put_off_and_nothing_is_lost(tmp_path: Path) -> None:
    faults = Faults()
    with faulty_disk(faults) as vfs, opened(tmp_path, options=StorageOptions(vfs=vfs, checkpoints=SMALL)) as storage:
        orders(storage)
        faults.fail("write", "database", full())
        for number in range(60):
            now(storage, put(f"k{number}", "x" * 2000))
        faults.heal()
        count = len(stored(storage))

    assert count == 60
    assert faults.seen > 0
    assert check(tmp_path).problems == ()


def test_a_failed_sync_in_a_checkpoint_stops_everything(tmp_path: Path) -> None:
    faults = Faults()
    lines: list[str] = []
    with faulty_disk(faults) as vfs, opened(tmp_path, options=StorageOptions(vfs=vfs, checkpoints=SMALL)) as storage:
        storage.on_fatal(lines.append)
        orders(storage)
        faults.fail("sync", "database", broken_sync())
        answers: list[object] = []
        for number in range(60):
            storage.submit(put(f"k{number}", "x" * 2000), answers.append)
        faults.heal()

    assert len(lines) == 1
    assert isinstance(answers[-1], Exception)


def test_closing_empties_the_log(tmp_path: Path) -> None:
    with opened(tmp_path) as storage:
        orders(storage)
        now(storage, put("a", "1"))

    assert sorted(file.name for file in tmp_path.iterdir()) == ["pelton.db", "pelton.lock"]
