"""How large a worker is, seen from outside. Only Linux says; elsewhere 0."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def resident_bytes(pid: int, *, is_bridge: bool) -> int:
    """Resident size of a worker, or of the program that a bridging worker has started."""
    if not is_bridge:
        return _resident(pid)
    try:
        children = (_PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
    except OSError:
        return 0
    return sum(_resident(int(child)) for child in children)


def _resident(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError):
        return 0
