"""A consistent copy of the data file, of a running storage or a stopped one, and back.

The writer's own connection copies, a few pages at a time between two batches: what it changes meanwhile SQLite writes
into the copy too, so the copy is the state of the moment in which it is whole, no read transaction lasts longer than a
step, the write-ahead log starts anew as ever, and a batch waits for one step at most.
Rejected: a read transaction for the whole copy, while which the log could only grow. Source: sqlite.org/backup.html.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import apsw

from pelton.clock import Clock, Timer
from pelton.storage.connection import open_reader
from pelton.storage.drivers import Driver, Outcome
from pelton.storage.folder import DATABASE, open_folder

#: Pages of one step (512 KiB): the stall's bound.
_STEP_PAGES = 128
#: Between two steps, so that batches go between them.
_PAUSE_S = 0.002
#: Times that a copy may begin again because a batch failed meanwhile: SQLite then starts it over.
_RESTARTS_MAX = 10

#: Pages copied, and pages in all.
Progress = Callable[[int, int], None]


class CannotCopy(Exception):
    """A copy cannot be made: one line with the cause and the cure."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that is whole and on disk."""

    file: Path
    size: int  #: bytes


class Held(Protocol):
    """What copying asks of the engine."""

    def hold(self, holder: Callable[[], None]) -> None:
        """Call ``holder`` between two batches."""

    def release(self) -> None:
        """Go on."""


class _Target:
    """The copy being made, beside its place until it is whole."""

    def __init__(self, file: Path, source: apsw.Connection) -> None:
        """Raises CannotCopy: the place is taken, or cannot be written."""
        self._file = file
        self._source = source
        self._backup: apsw.Backup | None = None
        self._partial = file.with_name(file.name + ".partial")
        if file.exists():
            raise CannotCopy(f"{file} exists (name a new file)")
        try:
            self._partial.unlink(missing_ok=True)
            os.close(os.open(self._partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))  # Nobody else's to read.
            self._connection = apsw.Connection(str(self._partial))
        except (OSError, apsw.Error) as error:
            raise CannotCopy(f"{file} cannot be written: {error} (name another file)") from None
        self._connection.pragma("journal_mode", "off")
        self._connection.pragma("synchronous", "off")  # It is synced once, at the end.

    def step(self, pages: int) -> bool:
        """Copy so many pages; whether it is whole now. No batch is under way."""
        if self._backup is None:
            self._backup = self._connection.backup("main", self._source, "main")
        is_whole = bool(self._backup.step(pages))
        if is_whole:
            self._backup.close()  # It uses the source's connection, so here and not in ``finish``.
        return is_whole

    def progress(self) -> tuple[int, int]:
        """Pages copied, and pages in all, after a step."""
        assert self._backup is not None, "no step yet"
        return self._backup.page_count - self._backup.remaining, self._backup.page_count

    def finish(self) -> Copied:
        """Sync the whole copy and put it in its place."""
        self._connection.close()
        sync_into_place(self._partial, self._file)
        return Copied(self._file, self._file.stat().st_size)

    def give_up(self) -> None:
        """Leave nothing behind."""
        if self._backup is not None:
            self._backup.close(True)
        with suppress(apsw.Error):
            self._connection.close(True)
        self._partial.unlink(missing_ok=True)


class Copying:
    """A copy of a running storage under way."""

    def __init__(
        self,
        file: Path,
        source: apsw.Connection,
        *,
        driver: Driver,
        clock: Clock,
        writer: Held,
        told: Progress,
    ) -> None:
        """Raises CannotCopy: the place is taken, or cannot be written."""
        self._target = _Target(file, source)
        self._driver = driver
        self._clock = clock
        self._writer = writer
        self._told = told
        self._done: Callable[[Copied | Exception], None] = lambda _: None
        self._timer: Timer | None = None
        self._is_over = False
        self._is_whole = False
        self._copied = 0
        self._restarts = 0

    def start(self, done: Callable[[Copied | Exception], None]) -> None:
        """Begin; ``done`` hears how it ended."""
        self._done = done
        self._go_on()

    def cancel(self) -> None:
        """Give up; no batch is under way."""
        if self._timer is not None:
            self._timer.cancel()
        self._end(CannotCopy("Pelton is shutting down (take the snapshot again)"))

    def _go_on(self) -> None:
        self._timer = None
        self._writer.hold(self._held)

    def _held(self) -> None:
        if self._is_over:
            self._writer.release()
        else:
            # In the commits' lane, which is idle now: the checkpoints' one may have a long pass before it.
            self._driver.commit(self._step, self._stepped)

    def _step(self) -> None:
        self._is_whole = self._target.step(_STEP_PAGES)

    def _stepped(self, outcome: Outcome) -> None:
        if not self._is_over:
            self._judge(outcome)
        self._writer.release()

    def _judge(self, outcome: Outcome) -> None:
        """What follows a step, while the writer is held yet."""
        if outcome is not None:
            self._end(_as_refusal(outcome))
        elif self._is_whole:
            self._driver.checkpoint(self._finish, self._finished)  # The long sync, beside batches.
        else:
            self._note()

    def _note(self) -> None:
        copied, total = self._target.progress()
        self._restarts += copied < self._copied
        self._copied = copied
        if self._restarts > _RESTARTS_MAX:
            self._end(CannotCopy("writes keep failing, and each time the copy begins anew (see the log)"))
            return
        self._told(copied, total)
        self._timer = self._clock.call_later(_PAUSE_S, self._go_on)

    def _finish(self) -> None:
        self._result = self._target.finish()

    def _finished(self, outcome: Outcome) -> None:
        if outcome is not None:
            self._end(_as_refusal(outcome))
        elif not self._is_over:
            self._is_over = True
            self._done(self._result)

    def _end(self, error: Exception) -> None:
        if not self._is_over:
            self._is_over = True
            self._target.give_up()
            self._done(error)


def copy_stopped(folder: Path, file: Path, told: Progress) -> Copied:
    """A copy of the data file of a stopped Pelton.

    Raises:
        DataFolderInUse: it is not stopped.
        FileNotFoundError: the folder holds no data.
        CannotCopy: the copy cannot be written.
    """
    if not (folder / DATABASE).exists():
        raise FileNotFoundError(f"{folder} is not a data folder of Pelton")
    lock = open_folder(folder)
    try:
        source = open_reader(folder / DATABASE, 1 << 20)
        target = _Target(file, source)
        try:
            while not target.step(_STEP_PAGES):
                told(*target.progress())
            return target.finish()
        except (OSError, apsw.Error) as error:
            target.give_up()
            raise _as_refusal(error) from None
        finally:
            source.close(True)
    finally:
        lock.release()


def sync_into_place(partial: Path, file: Path) -> None:
    """Sync a file, rename it and sync the folder: it is there whole, or not at all."""
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def room_for(file: Path, place: Path) -> bool:
    """Whether the disk of ``place`` has room for a copy of ``file``."""
    return shutil.disk_usage(place).free > file.stat().st_size


def _as_refusal(error: BaseException) -> Exception:
    return CannotCopy(f"the copy could not be written: {error} (make room, or name another file)")
