"""SQLite's file layer with faults on demand: the disk that is full, read-only, broken, or pulled out.

A hook sees every write and sync before it happens and may raise, or end the process.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw

#: What is about to happen ("write" or "sync") to which file ("database" or "wal").
Hook = Callable[[str, str], None]

_names = itertools.count()


class FaultyFile(apsw.VFSFile):
    """A file whose writes and syncs pass the hook."""

    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int], hook: Hook, base: str = "") -> None:
        self._hook = hook
        kinds = {apsw.SQLITE_OPEN_WAL: "wal", apsw.SQLITE_OPEN_MAIN_DB: "database"}
        self._kind = next((kind for flag, kind in kinds.items() if flags[0] & flag), "other")
        super().__init__(base, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._hook("write", self._kind)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self._hook("sync", self._kind)
        super().xSync(flags)


class FaultyDisk(apsw.VFS):
    """The default file layer behind a hook."""

    def __init__(self, name: str, hook: Hook) -> None:
        self._hook = hook
        super().__init__(name, "")

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> FaultyFile:  # noqa: N802 - SQLite's name
        return FaultyFile(name, flags, self._hook)


class Faults:
    """A hook that fails operations of one kind from a given one on."""

    def __init__(self) -> None:
        self.kind: tuple[str, str] | None = None
        self.error: Exception | None = None
        self.passed = 0  #: operations of that kind to let through first
        self.seen = 0

    def __call__(self, action: str, file: str) -> None:
        if (action, file) != self.kind or self.error is None:
            return
        self.seen += 1
        if self.seen > self.passed:
            raise self.error

    def fail(self, action: str, file: str, error: Exception, passed: int = 0) -> None:
        """Fail such operations after letting ``passed`` of them through."""
        self.kind, self.error, self.passed, self.seen = (action, file), error, passed, 0

    def heal(self) -> None:
        """Let everything through again."""
        self.error = None


@contextmanager
def faulty_disk(hook: Hook) -> Iterator[str]:
    """A file layer with that hook; its name for ``StorageOptions.vfs``."""
    name = f"faulty-{next(_names)}"
    disk = FaultyDisk(name, hook)
    try:
        yield name
    finally:
        disk.unregister()


def full() -> apsw.FullError:
    """No room on the disk."""
    return apsw.FullError("database or disk is full")


def broken_sync() -> apsw.IOError:
    """The disk did not take what it had been given."""
    error = apsw.IOError("disk I/O error")
    error.extendedresult = apsw.SQLITE_IOERR_FSYNC
    return error


def read_only() -> apsw.ReadOnlyError:
    """The file system was mounted read-only."""
    return apsw.ReadOnlyError("attempt to write a readonly database")
