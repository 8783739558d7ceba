"""``Storage``: one data folder, open. What the rooms above hold, and the wiring of everything below.

All methods are called on one thread, the loop's. ``submit`` is the write path, ``snapshot`` the read path.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import apsw

from pelton.clock import Clock, Timer
from pelton.storage.catalog import SequenceNumber
from pelton.storage.checkpointing import CheckpointFigures, Checkpointing, CheckpointLimits
from pelton.storage.commit import Entry, GroupCommit
from pelton.storage.connection import Durability, cap, open_checkpointer, open_reader, open_writer
from pelton.storage.contents import Committed, load
from pelton.storage.copying import CannotCopy, Copied, Copying, Progress
from pelton.storage.drivers import Driver
from pelton.storage.faults import Fault, FolderUnusable, classify
from pelton.storage.folder import DATABASE, FolderLock, has_room, open_folder
from pelton.storage.reading import Reader
from pelton.storage.schema import migrate
from pelton.storage.trimming import trim_step
from pelton.storage.writing import Writing

T = TypeVar("T")

_RIDE_S = 0.1  #: what rides waits no longer than this for a batch to join
_TRIM_PAUSE_S = 0.02  #: between two trimming steps, so that writes go between them

_log = logging.getLogger("pelton.storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageOptions:
    """How a data folder is kept."""

    durability: Durability = Durability.FULL
    keeps_old_images: bool = False  #: old images in the log whatever the stream's view type
    batch_bytes_max: int = 8 << 20
    batch_s_max: float = 0.005  #: seconds of decisions in one batch: the loop is blocked as long
    data_bytes_max: int | None = None  #: cap on the data file; the log beside it has its own
    vfs: str | None = None  #: SQLite's file layer, by name: tests put faults into it
    writer_cache_bytes: int = 64 << 20
    reader_cache_bytes: int = 16 << 20
    checkpoints: CheckpointLimits = field(default_factory=CheckpointLimits)


class Storage:
    """One data folder: catalog, items, change log, and the durable state of the rooms above."""

    def __init__(self, path: Path, lock: FolderLock, *, clock: Clock, options: StorageOptions, driver: Driver) -> None:
        """Use ``Storage.open``."""
        self._path = path
        self._lock = lock
        self._clock = clock
        self._driver = driver
        self._listeners: list[Callable[[SequenceNumber], None]] = []
        self._on_fatal: Callable[[str], None] = _log.critical
        self._riders: list[Entry] = []
        self._ride_timer: Timer | None = None
        self._trim_timer: Timer | None = None
        self._is_closed = False
        self._is_held = False
        self._holders: list[Callable[[], None]] = []
        self._copying: Copying | None = None
        file = path / DATABASE
        self._connection = open_writer(file, options.durability, options.writer_cache_bytes, options.vfs)
        migrate(self._connection)
        cap(self._connection, options.data_bytes_max)
        self._committed = load(self._connection)
        writing = Writing(self._connection, self._committed, clock.now_ms, options.keeps_old_images)
        reads = open_reader(file, options.reader_cache_bytes, options.vfs)
        self._reader = Reader(reads, self._committed, self._read_failed)
        self._reader.renew(self._committed)
        self._commits = GroupCommit(
            self._connection, writing, clock=clock, driver=driver, caps=options, observer=_Wiring(self)
        )
        self.waiting = self._commits.waiting  #: how many decisions wait for a batch
        self._checkpointing = Checkpointing(
            open_checkpointer(file, options.durability, options.vfs),
            file,
            driver=driver,
            clock=clock,
            limits=options.checkpoints,
            writer=self,
        )

    @classmethod
    def open(cls, path: Path, *, clock: Clock, driver: Driver, options: StorageOptions | None = None) -> Storage:
        """Open the data folder ``path``, making it when it is not there.

        Raises:
            DataFolderInUse: another process has it open.
            NetworkFileSystem: it lies where it cannot be kept safe.
            UnknownSchema: a newer Pelton, or another program, wrote it.
            FolderUnusable: it cannot be read or written.
        """
        lock = open_folder(path)
        try:
            return cls(path, lock, clock=clock, options=options or StorageOptions(), driver=driver)
        except apsw.Error as error:
            lock.release()
            raise FolderUnusable(path, error, 0 if has_room(path) else errno.ENOSPC) from error
        except BaseException:
            lock.release()
            raise

    @property
    def path(self) -> Path:
        """The data folder."""
        return self._path

    def submit(self, decide: Callable[[Writing], T], done: Callable[[T | BaseException], None]) -> None:
        """Run ``decide`` in the current or next group commit; ``done`` hears its answer after the commit.

        ``done`` gets what ``decide`` returned or raised, or ``InternalServerError`` when the batch failed.
        """
        if self._riders:
            self._embark()
        self._commits.submit((decide, done))

    def ride(self, decide: Callable[[Writing], T], done: Callable[[T | BaseException], None] | None = None) -> None:
        """As ``submit``, without hurry: joins the next batch, or one of its own within 100 ms."""
        self._riders.append((decide, done or _report))
        if self._driver.is_inline():
            self._embark()
        elif self._ride_timer is None:
            self._ride_timer = self._clock.call_later(_RIDE_S, self._embark)

    async def write(self, decide: Callable[[Writing], T]) -> T:
        """Run ``decide`` in a group commit; its answer, or what it raised, after the commit."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.submit(decide, lambda answer: _settle(future, answer))
        return await future

    def snapshot(self) -> Reader:
        """The last commit, as a context manager; use it before returning to the loop."""
        return self._reader

    def on_commit(self, callback: Callable[[SequenceNumber], None]) -> None:
        """Call back with the newest number after each commit that has given one, after its answers."""
        self._listeners.append(callback)

    def on_fatal(self, callback: Callable[[str], None]) -> None:
        """Call back with one clear line when the disk cannot be trusted any more: the process must end."""
        self._on_fatal = callback

    def start_trimming(self, retention_ms: int, interval_s: float = 60.0) -> None:
        """Trim what is older than that, now and at each interval, in small steps."""
        self._trim_timer = None
        if self._is_closed:
            return

        def stepped(more: bool | BaseException) -> None:
            if isinstance(more, BaseException):
                _log.warning("trimming was put off: %s", more)
            pause_s = _TRIM_PAUSE_S if more is True else interval_s
            if not self._is_closed:
                self._trim_timer = self._clock.call_later(
                    pause_s, lambda: self.start_trimming(retention_ms, interval_s)
                )

        self.submit(lambda transaction: trim_step(transaction, self._clock.now_ms(), retention_ms), stepped)

    def checkpoint_figures(self) -> CheckpointFigures:
        """What checkpoints have cost so far: for metrics and measurements."""
        return self._checkpointing.figures

    def copy_to(self, file: Path, told: Progress, done: Callable[[Copied | Exception], None]) -> None:
        """Write a consistent copy of the data file beside all work; ``done`` hears how it ended.

        Raises:
            CannotCopy: another one is under way, or the file is there or cannot be written.
        """
        if self._copying is not None:
            raise CannotCopy("a copy is under way already (wait for it)")

        def ended(result: Copied | Exception) -> None:
            self._copying = None
            done(result)

        self._copying = Copying(file, self._connection, driver=self._driver, clock=self._clock, writer=self, told=told)
        self._copying.start(ended)

    def close(self) -> None:
        """Finish what waits, checkpoint, and give the folder back. Further use is an error."""
        if self._is_closed:
            return
        self._is_closed = True
        for timer in (self._ride_timer, self._trim_timer):
            if timer is not None:
                timer.cancel()
        self._embark()
        self._driver.close()
        self._commits.finish()
        self._commits.stop("Pelton is shutting down")
        if self._copying is not None:
            self._copying.cancel()
        self._reader.close()
        self._checkpointing.close()
        self._connection.close(True)
        self._checkpointing.let_go()
        self._lock.release()

    def hold(self, holder: Callable[[], None]) -> None:
        """For checkpointing and copying: call ``holder`` between two batches, with no read transaction open."""

        def held() -> None:
            self._reader.release()
            holder()

        if self._is_held:
            self._holders.append(holder)
            return
        self._is_held = True
        self._commits.hold(held)

    def release(self) -> None:
        """For checkpointing and copying: go on after ``hold``."""
        try:
            self._reader.renew(self._committed)
        except apsw.Error as error:
            self.failed(f"{Fault.FATAL.value} ({type(error).__name__}: {error})")
        self._is_held = False
        self._commits.release()
        if self._holders and not self._is_held:
            self.hold(self._holders.pop(0))

    def failed(self, message: str) -> None:
        """For checkpointing: the disk cannot be trusted any more."""
        self._on_fatal(message)
        self._commits.stop(message)

    def _read_failed(self, error: apsw.Error) -> None:
        if classify(error) is Fault.FATAL:
            self.failed(f"{Fault.FATAL.value} ({type(error).__name__} in a read: {error})")

    def _embark(self) -> None:
        if self._ride_timer is not None:
            self._ride_timer.cancel()  # Left running, it would hurry those that begin to wait later.
            self._ride_timer = None
        riders, self._riders = self._riders, []
        for rider in riders:
            self._commits.submit(rider)


class _Wiring:
    """What a commit means to the rest of the engine."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def committed(self, committed: Committed, wal_pages: int) -> bool:
        storage = self._storage
        has_records = committed.tip != storage._committed.tip
        storage._committed = committed
        storage._reader.renew(committed)
        storage._checkpointing.grown(wal_pages)
        return has_records

    def announce(self) -> None:
        for listener in self._storage._listeners:
            listener(self._storage._committed.tip)

    def rolled_back(self, committed: Committed) -> None:
        self._storage._committed = committed
        self._storage._reader.renew(committed)

    def fatal(self, message: str) -> None:
        self._storage._on_fatal(message)


def _settle(future: asyncio.Future[T], answer: T | BaseException) -> None:
    if future.done():
        return
    if isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _report(answer: object) -> None:
    if isinstance(answer, BaseException):
        _log.error("a write that nobody waits for failed: %s", answer)
