"""What an SQLite error means for the process: try again, no room, or stop.

Nothing in memory can be trusted after a failed fsync (the kernel may have dropped the dirty pages and
will report the next one as success), so storage stops there instead of guessing.
Source: sqlite.org/rescode.html; "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
"""

from __future__ import annotations

import errno
from enum import Enum

import apsw

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_SYNCS = frozenset({apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC})


class Fault(Enum):
    """The class of a failed batch; its value is what the client reads."""

    RETRY = "The request could not be stored. Try again."
    DISK_FULL = "The disk of the data folder is full: writes are refused until there is room."
    READ_ONLY = "The data folder is read-only: writes are refused until it can be written again."
    FATAL = "The data folder failed: Pelton stops."


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
        is_full = system_errno in _NO_ROOM and extended not in _SYNCS
        return Fault.DISK_FULL if is_full else Fault.FATAL
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError):
        return Fault.READ_ONLY
    if isinstance(error, apsw.CorruptError | apsw.NotADBError | apsw.CantOpenError | OSError):
        return Fault.FATAL
    return Fault.RETRY
