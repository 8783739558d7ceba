"""What an SQLite error means for the process: try again, no room, or stop.

Nothing in memory can be trusted after a failed fsync (the kernel may have dropped the dirty pages and
will report the next one as success), so storage stops there instead of guessing.
Source: sqlite.org/rescode.html; "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
"""

from __future__ import annotations

import errno
from enum import Enum
from pathlib import Path

import apsw

_SYNCS = frozenset({apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC})


class Fault(Enum):
    """The class of a failed batch; its value is what the client reads."""

    RETRY = "The request could not be stored. Try again."
    DISK_FULL = "The disk of the data folder is full: writes are refused until there is room."
    DATA_FULL = (
        "The data has reached its cap (--data-max): writes are refused until records are trimmed, tables are deleted "
        "or the cap is raised."
    )
    READ_ONLY = "The data folder is read-only: writes are refused until it can be written again."
    FATAL = "The data folder failed: Pelton stops."


#: What an I/O error means beside the system's own number. A file system that the kernel has made read-only (EROFS,
#: as ext4 does after an error of its own) refuses a write before anything of it is stored.
_IO_FAULTS = {errno.ENOSPC: Fault.DISK_FULL, errno.EDQUOT: Fault.DISK_FULL, errno.EROFS: Fault.READ_ONLY}


class FolderUnusable(Exception):
    """The data folder cannot be opened: one line with the cause and the cure."""

    def __init__(self, folder: Path, error: Exception, system_errno: int = 0) -> None:
        cure = _CURES[classify(error, system_errno)]
        super().__init__(f"the data folder {folder} cannot be used: {error} ({cure})")


_CURES = {
    Fault.RETRY: "try again",
    Fault.DISK_FULL: "make room on its disk",
    Fault.DATA_FULL: "raise --data-max",
    Fault.READ_ONLY: "let this user write there, or choose another --data-dir",
    Fault.FATAL: "`pelton check` says what is damaged; `pelton restore` brings a snapshot back",
}


def classify(error: BaseException, system_errno: int = 0) -> Fault:
    """What an error of the writer or of a checkpoint means.

    Args:
        error: what was raised; errors that are not SQLite's mean that the batch alone has failed.
        system_errno: the operating system's number beside it, 0 when unknown.
    """
    extended = int(getattr(error, "extendedresult", 0) or 0)
    if isinstance(error, apsw.FullError):
        return Fault.DISK_FULL
    if isinstance(error, apsw.IOError):
        return _IO_FAULTS.get(system_errno, Fault.FATAL) if extended not in _SYNCS else Fault.FATAL
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError):
        return Fault.READ_ONLY
    if isinstance(error, apsw.CorruptError | apsw.NotADBError | apsw.CantOpenError | OSError):
        return Fault.FATAL
    return Fault.RETRY
