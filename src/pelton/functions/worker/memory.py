"""Resident size of this process. ``ru_maxrss`` would not do: on Linux it starts with the parent's size."""

from __future__ import annotations

import os
import resource
import sys


class ResidentSize:
    """The largest size seen; on Linux at the moments asked, elsewhere since the start."""

    def __init__(self) -> None:
        self._largest = 0
        self._statm = os.open("/proc/self/statm", os.O_RDONLY) if sys.platform == "linux" else -1

    def largest_mb(self) -> int:
        """Whole megabytes (MiB)."""
        self._largest = max(self._largest, self._bytes())
        return self._largest >> 20

    def _bytes(self) -> int:
        if self._statm < 0:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            return int(os.pread(self._statm, 128, 0).split()[1]) * resource.getpagesize()
        except OSError:  # A handler closed descriptors that are not its own.
            return 0
