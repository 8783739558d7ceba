"""Keeping the write-ahead log short without making writers wait.

A background pass (PASSIVE) moves most pages while writes go on, but it can never let the log start
anew: the writer has appended meanwhile. So, when little is left, a last pass runs while the writer is held
between two batches; the next batch then writes at the log's beginning. Each background pass also syncs the
database file itself, or the last one would have to sync all of it while everybody waits.
Rejected by measurement: checkpoints in line (every commit may pay), TRUNCATE from a thread (locks the writer out).
Source: sqlite.org/wal.html; sqlite.org/c3ref/wal_checkpoint_v2.html.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import apsw

from pelton.clock import Clock
from pelton.storage.drivers import Driver, Outcome
from pelton.storage.faults import Fault, classify

_log = logging.getLogger("pelton.storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointLimits:
    """Bounds in pages of 4 KiB."""

    start_pages: int = 4096  #: a log this long is moved
    hold_pages_max: int = 400  #: the stall's bound: the last pass begins when no more than this is left
    wal_pages_max: int = 65536  #: the log's bound: one this long is finished with the writer held, whatever is left


@dataclass(slots=True)
class CheckpointFigures:
    """What checkpoints have cost so far, for metrics and measurements."""

    passes: int = 0
    completed: int = 0  #: times the log could start anew
    stall_s_max: float = 0.0
    wal_pages_max: int = 0


class Writer(Protocol):
    """What checkpointing asks of the engine."""

    def hold(self, holder: Callable[[], None]) -> None:
        """Call ``holder`` between two batches, with no read transaction open."""

    def release(self) -> None:
        """Go on."""

    def failed(self, message: str) -> None:
        """The disk cannot be trusted any more."""


class Checkpointing:
    """Watches the log's length after each commit and moves it into the database file."""

    def __init__(
        self,
        connection: apsw.Connection,
        file: Path,
        *,
        driver: Driver,
        clock: Clock,
        limits: CheckpointLimits,
        writer: Writer,
    ) -> None:
        self._connection = connection
        # Closing any descriptor of the file drops SQLite's POSIX locks: this one stays open to the end.
        self._descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
        self._is_synced = connection.pragma("synchronous") != 0
        self._driver = driver
        self._clock = clock
        self._limits = limits
        self._writer = writer
        self._is_under_way = False
        self._pages = 0  #: length of the log after the last commit
        self._moved = 0  #: pages of it that the last pass found or made moved
        self._next_start = limits.start_pages
        self._held_since = 0.0
        self.figures = CheckpointFigures()

    def grown(self, pages: int) -> None:
        """The log has this many pages now."""
        if pages < self._pages:
            self._next_start = self._limits.start_pages
        self._pages = pages
        self.figures.wal_pages_max = max(self.figures.wal_pages_max, pages)
        if pages >= self._next_start and not self._is_under_way:
            self._is_under_way = True
            self._driver.checkpoint(self._pass, self._passed)

    def close(self) -> None:
        """Empty the log and let go of the file; the other connections are idle."""
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as error:
            _log.warning("the write-ahead log stays as it is, the next start reads it: %s", error)
        self._connection.close(True)

    def let_go(self) -> None:
        """Close the descriptor, after every connection."""
        os.close(self._descriptor)

    def _pass(self) -> None:
        """In the checkpoint's lane: move what can be moved."""
        self.figures.passes += 1
        _, self._moved = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        if self._is_synced:
            os.fsync(self._descriptor)

    def _passed(self, outcome: Outcome) -> None:
        if outcome is not None:
            self._put_off(outcome)
        elif self._pages - self._moved <= self._limits.hold_pages_max or self._pages >= self._limits.wal_pages_max:
            self._writer.hold(self._held)
        else:
            self._driver.checkpoint(self._pass, self._passed)

    def _held(self) -> None:
        self._held_since = self._clock.monotonic()
        self._driver.checkpoint(self._last_pass, self._finished)

    def _last_pass(self) -> None:
        _, self._moved = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _finished(self, outcome: Outcome) -> None:
        self.figures.stall_s_max = max(self.figures.stall_s_max, self._clock.monotonic() - self._held_since)
        if outcome is not None:
            self._put_off(outcome)
        else:
            self._is_under_way = False
            is_whole = self._moved >= self._pages
            self.figures.completed += is_whole
            self._next_start = self._limits.start_pages + (0 if is_whole else self._pages)
            self._pages = 0 if is_whole else self._pages
        self._writer.release()

    def _put_off(self, error: BaseException) -> None:
        """A pass failed: the log keeps everything; try again when it has grown as much once more."""
        self._is_under_way = False
        self._next_start = self._pages + self._limits.start_pages
        if classify(error, self._connection.system_errno) is Fault.FATAL:
            self._writer.failed(f"{Fault.FATAL.value} ({type(error).__name__} in a checkpoint: {error})")
        else:
            _log.warning("a checkpoint was put off: %s", error)
