"""What processes cost, read from /proc: memory, and CPU time of a process and all that it started (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """CPU time so far, from ``/proc/PID/stat``."""

    parent: int
    own_s: float
    reaped_s: float  #: of children that have ended and were waited for


def resident_mb(pid: int) -> float:
    """What a process has in memory now (MB of 10^6 bytes)."""
    return memory_mb(_status(pid), "VmRSS")


def peak_resident_mb(pid: int) -> float:
    """The most a process had in memory so far (MB)."""
    return memory_mb(_status(pid), "VmHWM")


def cpu_s(pid: int) -> float:
    """CPU seconds of one process, all its threads."""
    return _usage(pid).own_s


def tree_cpu_s(pid: int) -> float:
    """CPU seconds of a process and everything under it, ended children included."""
    usages = _usages()
    return sum(usages[each].own_s + usages[each].reaped_s for each in descendants(pid, _parents(usages)))


def tree_resident_mb(pid: int) -> float:
    """Memory of a process and everything under it (MB); pages they share are counted for each."""
    return sum(resident_mb(each) for each in descendants(pid, _parents(_usages())))


def parse_stat(text: str, ticks_per_s: int) -> Usage:
    """A line of ``/proc/PID/stat``. Source: proc(5); the name in parentheses may hold anything."""
    fields = text.rpartition(")")[2].split()
    ticks = [int(field) for field in fields[11:15]]
    return Usage(
        parent=int(fields[1]), own_s=(ticks[0] + ticks[1]) / ticks_per_s, reaped_s=(ticks[2] + ticks[3]) / ticks_per_s
    )


def memory_mb(status: str, field: str) -> float:
    """A size from ``/proc/PID/status``, which counts in kB of 1024 bytes."""
    line = next(line for line in status.splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024 / 1e6


def descendants(root: int, parents: Mapping[int, int]) -> set[int]:
    """A process and all under it, from each process's parent."""
    found = {root} & parents.keys()
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _status(pid: int) -> str:
    return (_PROC / str(pid) / "status").read_text(encoding="utf-8")


def _usage(pid: int) -> Usage:
    return parse_stat((_PROC / str(pid) / "stat").read_text(encoding="utf-8"), os.sysconf("SC_CLK_TCK"))


def _usages() -> dict[int, Usage]:
    usages = {}
    for pid in _pids():
        with suppress(OSError):  # It may end while we look.
            usages[pid] = _usage(pid)
    return usages


def _pids() -> Iterable[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _parents(usages: Mapping[int, Usage]) -> dict[int, int]:
    return {pid: usage.parent for pid, usage in usages.items()}
