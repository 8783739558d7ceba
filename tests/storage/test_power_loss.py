"""The power goes while Pelton writes: what was acknowledged is there, the write under way whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory

import apsw
import pytest

from pelton.storage.check import check
from pelton.storage.checkpointing import CheckpointLimits
from pelton.storage.connection import Durability
from pelton.storage.engine import Storage, StorageOptions
from pelton.storage.schema import UnknownSchema
from pelton.storage.transaction import WriteTransaction
from pelton.storage.trimming import trim_step
from pelton.testing.clock import ManualClock
from tests.storage.lossy_disk import lossy_disk
from tests.storage.storing import delete, now, opened, orders, put, records, stored, table_of

State = dict[str, str]
RETENTION_MS = 10_000
#: Pages: small, so that the log is moved and begins anew every few writes.
CHECKPOINTS = CheckpointLimits(start_pages=20, hold_pages_max=10, wal_pages_max=60)
STEPS = 40
PROOF_LOSSES = 10_000
#: Chance that the power is thought to go at a given write or sync.
LOSS = 0.02


class Life:
    """One life of a data folder: writes at random, and the folders that a loss of power could leave on the way."""

    def __init__(self, folder: Path, random: Random, durability: Durability = Durability.FULL) -> None:
        self._folder = folder
        self._random = random
        self._durability = durability
        self.before: State = {}  #: as of the last acknowledged write
        self.after: State = {}  #: and as it will be with the one under way
        self.tip = 0
        self.left: list[tuple[Path, State, State, int]] = []

    def run(self) -> None:
        clock = ManualClock(1_761_000_000_000 + self._random.randrange(1_000_000) * 1000)
        with lossy_disk() as (vfs, disk):
            options = StorageOptions(vfs=vfs, checkpoints=CHECKPOINTS, durability=self._durability)
            with opened(self._folder, clock, options) as storage:
                if not storage.snapshot().all_tables():
                    orders(storage, shards=2)
                self.before = self.after = stored(storage)
                disk.look = lambda: self._maybe_lose(disk.after_power_loss)
                for _ in range(STEPS):
                    self._step(storage, clock)
                disk.look = lambda: None

    def _maybe_lose(self, leave: Callable[[Path, Random], None]) -> None:
        if self._random.random() < LOSS:
            folder = self._folder.with_name(f"{self._folder.name}-{len(self.left)}")
            leave(folder, self._random)
            self.left.append((folder, self.before, self.after, self.tip))

    def _step(self, storage: Storage, clock: ManualClock) -> None:
        clock.advance(self._random.random())
        chance = self._random.random()
        if chance < 0.1:
            now(storage, lambda transaction: trim_step(transaction, clock.now_ms(), RETENTION_MS))
        elif chance < 0.2:
            now(storage, lambda transaction: self._split(transaction, clock.now_ms()))
        else:
            self._write(storage)
        self.before = self.after
        self.tip = storage.snapshot().tip()

    def _split(self, transaction: WriteTransaction, now_ms: int) -> None:
        stream = table_of(transaction).stream
        assert stream is not None
        shard = self._random.choice([shard for shard in stream.shards if shard.ending is None])
        transaction.roll_shard(stream.id, shard.id, now_ms)

    def _write(self, storage: Storage) -> None:
        """Change several items in one transaction."""
        changes = {}
        for _ in range(self._random.randint(1, 12)):
            value = f"{self._random.getrandbits(32):08x}" * self._random.choice((1, 10, 700))
            changes[f"k{self._random.randrange(20)}"] = None if self._random.random() < 0.2 else value
        kept = {key: value for key, value in {**self.before, **changes}.items() if value is not None}
        self.after = {key: value for key, value in kept.items() if value is not None}

        def decide(transaction: WriteTransaction) -> None:
            for key, value in changes.items():
                (delete(key) if value is None else put(key, value))(transaction)

        now(storage, decide)


def problems_of(folder: Path, before: State, after: State, tip: int) -> list[str]:
    """What is wrong with a folder that the loss of power has left."""
    try:
        problems = list(check(folder).problems)
    except (UnknownSchema, apsw.CorruptError, apsw.NotADBError) as error:
        return [str(error)]
    if problems:
        return problems
    with opened(folder, options=StorageOptions(durability=Durability.NONE)) as storage:
        if stored(storage) not in (before, after):
            problems.append("the table is neither as acknowledged nor as the write under way makes it")
        stream = table_of(storage.snapshot()).stream
        assert stream is not None
        numbers = [record.sequence_number for record in records(storage, stream)]
        fresh = now(storage, put("fresh", "1"))
    if numbers != sorted(set(numbers)) or fresh is None or fresh <= max([tip, *numbers]):
        problems.append(f"numbers: {numbers[-3:]}, acknowledged {tip}, next {fresh}")
    return problems


def losses(place: Path, seed: int, *, lives: int = 3, durability: Durability = Durability.FULL) -> list[list[str]]:
    """Lives of a folder, each beginning with what was left of the one before; what is wrong, by loss of power."""
    random = Random(seed)
    place = place / str(seed)
    place.mkdir()
    found = []
    for number in range(lives):
        life = Life(place / f"life{number}", random, durability)
        life.run()
        if not life.left:
            break
        shutil.copytree(random.choice(life.left)[0], place / f"life{number + 1}")
        found += [problems_of(*left) for left in life.left]
    shutil.rmtree(place)
    return found


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in memory where there is one: the disk's own syncs are not what is tested."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="pelton-power-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.parametrize("number", range(4))
def test_a_loss_of_power_loses_no_acknowledged_write(place: Path, number: int) -> None:
    seed = SystemRandom().getrandbits(32)

    assert [problems for problems in losses(place, seed) if problems] == [], f"seed {seed}"


@pytest.mark.proof
def test_many_losses_of_power_lose_no_acknowledged_write(place: Path) -> None:
    count = 0
    for seed in range(SystemRandom().getrandbits(32) << 16, 1 << 62):
        found = losses(place, seed)
        count += len(found)
        assert [problems for problems in found if problems] == [], f"seed {seed}"
        if count >= PROOF_LOSSES:
            break


def test_without_syncs_a_loss_of_power_would_be_noticed(place: Path) -> None:
    assert any(losses(place, seed=1, lives=1, durability=Durability.NONE))
