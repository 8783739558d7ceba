"""The data folder: its files, its lock, and the file systems it must not lie on.

The lock is the kernel's (``flock``): it goes with the process that holds it, however that ends.
SQLite's write-ahead log needs memory shared between processes, which network file systems do not
give. Source: sqlite.org/wal.html, "All processes using a database must be on the same host computer".
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

DATABASE = "pelton.db"
_LOCK = "pelton.lock"
_ROOM_BYTES = 1 << 20

#: File system types whose locks or shared memory cannot be trusted. ``9p`` is a Windows drive under WSL.
_NETWORK = frozenset(
    """nfs nfs4 cifs smb3 smbfs ncpfs afs afpfs webdav 9p ceph lustre gpfs beegfs glusterfs
    fuse.sshfs fuse.glusterfs fuse.s3fs fuse.rclone fuse.davfs fuse.ceph""".split()  # noqa: SIM905 - reads better
)


class DataFolderInUse(Exception):
    """Another Pelton has the data folder open."""

    def __init__(self, folder: Path, pid: str) -> None:
        by = f" by process {pid}" if pid else ""
        super().__init__(f"the data folder {folder} is in use{by}: stop that Pelton or choose another --data-dir")


class NetworkFileSystem(Exception):
    """The data folder lies where SQLite cannot keep it safe."""

    def __init__(self, folder: Path, kind: str) -> None:
        super().__init__(
            f"the data folder {folder} lies on a network file system ({kind}), which cannot keep it safe: "
            "choose a --data-dir on a local disk"
        )


class FolderLock:
    """Holds the data folder for this process, from construction to ``release``."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._file, 20).decode("ascii", "replace").strip()
            os.close(self._file)
            raise DataFolderInUse(folder, pid) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Give the folder back."""
        os.close(self._file)


def open_folder(folder: Path) -> FolderLock:
    """Make the folder if needed and hold it.

    Raises:
        DataFolderInUse: another process holds it.
        NetworkFileSystem: it lies on one.
        OSError: it cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (kind := file_system(folder, _mounts())) in _NETWORK:
        raise NetworkFileSystem(folder, kind)
    return FolderLock(folder)


def has_room(folder: Path) -> bool:
    """Whether its disk has room for the little that opening needs: SQLite tells its lack as any I/O error."""
    return shutil.disk_usage(folder).free >= _ROOM_BYTES


def file_system(folder: Path, mounts: Iterable[tuple[str, str]]) -> str:
    """Type of the file system that holds ``folder``, given mount points and types; empty when unknown."""
    path = folder.resolve()
    holding = [(point, kind) for point, kind in mounts if path.is_relative_to(point)]
    return max(holding, key=lambda mount: len(mount[0]), default=("", ""))[1]


def linux_mounts(text: str) -> list[tuple[str, str]]:
    """Mount points and types from ``/proc/self/mounts``. Source: fstab(5): octal escapes in names."""
    fields = [line.split(" ") for line in text.splitlines()]
    return [(part[1].encode().decode("unicode_escape"), part[2]) for part in fields if len(part) > 2]


def macos_mounts(text: str) -> list[tuple[str, str]]:
    """Mount points and types from ``mount``: lines like ``//host/x on /Volumes/x (smbfs, nodev)``."""
    mounts = []
    for line in text.splitlines():
        where, _, options = line.rpartition(" (")
        mounts.append((where.partition(" on ")[2], options.split(",")[0].rstrip(")")))
    return [(point, kind) for point, kind in mounts if point]


def _mounts() -> list[tuple[str, str]]:
    if sys.platform == "darwin":
        return macos_mounts(subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=True).stdout)
    return linux_mounts(Path("/proc/self/mounts").read_text("utf-8"))
