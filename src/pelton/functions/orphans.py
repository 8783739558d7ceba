"""The list of worker processes in the data folder, so that the next start can end what outlived Pelton.

``workers.json`` holds process id, start time and log stream of each. A process is only killed when it is
certainly the one that was listed: same id and start time, or, where a worker's own children are left, the
same session and the worker's log stream in their environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import sleep

_FILE = "workers.json"
#: How often, and how many times at most, a killed process is looked for before start-up goes on.
_GONE_CHECK_S = 0.01
_GONE_CHECKS = 200
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """One worker, as listed."""

    pid: int  #: also its process group and session
    started: str  #: the system's own start time of that process; text that is only compared
    log_stream: str  #: unique to the worker; in the environment of all it starts


class WorkerList:
    """The list; every change is on disk when the call returns."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / _FILE
        self._records: dict[int, WorkerRecord] = {}

    def add(self, pid: int, log_stream: str) -> None:
        """List a process that was just started."""
        self._records[pid] = WorkerRecord(pid=pid, started=start_time(pid) or "", log_stream=log_stream)
        self._store()

    def remove(self, pid: int) -> None:
        """The process has ended."""
        if self._records.pop(pid, None) is not None:
            self._store()

    def _store(self) -> None:
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps([asdict(record) for record in self._records.values()]))
        temporary.replace(self._path)


def reap_orphans(data_dir: Path) -> list[int]:
    """Kill what a Pelton that was killed has left; call it before triggers run. The ids that were killed."""
    path = data_dir / _FILE
    records = _read(path)
    killed = [pid for record in records for pid in _members(record) if _kill(pid)]
    checks_left = _GONE_CHECKS if killed else 0
    while checks_left and any(_members(record) for record in records):
        sleep(_GONE_CHECK_S)
        checks_left -= 1
    path.unlink(missing_ok=True)
    return killed


def start_time(pid: int) -> str | None:
    """When the process began, in the system's own form; None when there is no such process."""
    if sys.platform == "linux":
        stat = _stat(pid)
        return stat[19] if stat else None
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() or None


def _read(path: Path) -> list[WorkerRecord]:
    """The records; a list that cannot be read, as after a torn write, holds none."""
    try:
        return [WorkerRecord(**record) for record in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def _members(record: WorkerRecord) -> list[int]:
    """The worker, if it is still the listed process, and what is left of its session."""
    members = [record.pid] if start_time(record.pid) == record.started else []
    if sys.platform == "linux":
        members += [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit() and _is_of(entry, record)]
    return list(dict.fromkeys(members))


def _is_of(entry: Path, record: WorkerRecord) -> bool:
    stat = _stat(int(entry.name))
    if stat is None or int(stat[3]) != record.pid:
        return False
    try:
        return record.log_stream.encode() in (entry / "environ").read_bytes()
    except OSError:
        return False


def _stat(pid: int) -> list[str] | None:
    """Fields of ``/proc/pid/stat`` from the state (field 3) on; None for what is gone or only a zombie."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else fields


def _kill(pid: int) -> bool:
    """Kill the process and its group, where it leads one."""
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return True
