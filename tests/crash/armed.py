"""``pelton up`` that kills itself at a named point of the commit path.

    python -m tests.crash.armed PROJECT DATA_DIR POINT COUNT VERIFIED_MS

POINT names an operation of SQLite's file layer: ``write-wal``, ``sync-wal`` (before it), ``synced-wal`` (after it, and
before anybody hears of it), ``write-database``, ``sync-database``; the process kills itself at the COUNT-th one after
the file ``armed`` has appeared in the data folder; ``none`` leaves the end to others. What was written before
VERIFIED_MS may be trimmed. All else is ``pelton up``.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import apsw

from pelton.cli.up import run_settings
from pelton.settings import Settings, process_environment
from tests.storage.faulty_disk import FaultyFile

ARMED = "armed"
POINTS = ("write-wal", "sync-wal", "synced-wal", "write-database", "sync-database")


class _Since(int):
    """A retention that reaches back to a fixed moment, however long the machine takes: now minus it is that moment."""

    def __rsub__(self, _now_ms: int) -> int:
        return int(self)


class _Trigger:
    """Counts operations of one kind and pulls at the right one."""

    def __init__(self, point: str, count: int, armed: Path) -> None:
        self._point = point
        self._left = count
        self._armed = armed

    def __call__(self, action: str, file: str) -> None:
        if f"{action}-{file}" == self._point and self._armed.exists():
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class _ArmedFile(FaultyFile):
    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._hook("synced", self._kind)


class _ArmedDisk(apsw.VFS):
    """The default file layer of this process, behind the trigger."""

    def __init__(self, trigger: _Trigger) -> None:
        self._trigger = trigger
        self._base = apsw.vfs_names()[0]
        super().__init__("armed", self._base, makedefault=True)

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> _ArmedFile:  # noqa: N802 - SQLite's name
        return _ArmedFile(name, flags, self._trigger, self._base)


def main(project: str, data_dir: str, point: str, count: str, verified_ms: str) -> int:
    disk = _ArmedDisk(_Trigger(point, int(count), Path(data_dir) / ARMED))  # Kept: it is the file layer while it lives.
    settings = Settings(
        project=Path(project),
        data_dir=Path(data_dir),
        port=0,
        http_port=0,
        companions_port=0,
        mail_port=0,
        is_watching=False,
        retention_ms=_Since(verified_ms),
        environment=process_environment(),
    )
    code = run_settings(settings, has_named_data_dir=True, as_json=True)
    disk.unregister()
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
