"""``pelton up`` on a disk that fails on demand: ``python -m tests.end_to_end.faulty_up PROJECT DATA_DIR FAULT_FILE``.

While FAULT_FILE exists it says which operation of SQLite's file layer fails, and how: ``sync wal fsync``,
``write wal io``, ``read database io``, ``write wal read-only``, ``write wal full``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import apsw

from pelton.cli.up import run_settings
from pelton.settings import Settings, process_environment
from tests.storage.faulty_disk import FaultyFile, broken_sync, full, read_only

ERRORS = {
    "fsync": broken_sync,
    "full": full,
    "read-only": read_only,
    "io": lambda: apsw.IOError("disk I/O error"),
}


class _FailingFile(FaultyFile):
    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's name
        self._hook("read", self._kind)
        return super().xRead(amount, offset)


class _FailingDisk(apsw.VFS):
    """The default file layer of this process, with the fault that the file names."""

    def __init__(self, fault: Path) -> None:
        self._fault = fault
        self._base = apsw.vfs_names()[0]
        super().__init__("failing", self._base, makedefault=True)

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> _FailingFile:  # noqa: N802 - SQLite's
        return _FailingFile(name, flags, self._fail, self._base)

    def _fail(self, action: str, file: str) -> None:
        if self._fault.exists():
            operation, _, error = self._fault.read_text().rpartition(" ")
            if operation == f"{action} {file}":
                raise ERRORS[error]()


def main(project: str, data_dir: str, fault: str) -> int:
    disk = _FailingDisk(Path(fault))
    settings = Settings(
        project=Path(project),
        data_dir=Path(data_dir),
        port=0,
        http_port=0,
        companions_port=0,
        mail_port=0,
        is_watching=False,
        environment=process_environment(),
    )
    code = run_settings(settings, has_named_data_dir=True, as_json=True)
    disk.unregister()
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
