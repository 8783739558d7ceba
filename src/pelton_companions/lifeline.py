"""A companion never outlives the Pelton that started it, not even one that was killed.

On Linux the kernel sends the parent-death signal; everywhere the end of standard input says that
the parent is gone. Both are wanted: the signal is missed when the parent died before it was set.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

#: Linux ``prctl`` option: the signal this process gets when its parent dies.
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """From now on this process ends at once when its parent does; standard input must be its pipe."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_exit_at_end_of_input, name="lifeline", daemon=True).start()


def _exit_at_end_of_input() -> None:
    while os.read(0, 4096):
        pass
    # Nothing to tidy: every store commits before it answers.
    os._exit(0)
