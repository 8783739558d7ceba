"""A worker must not outlive Pelton: a handler that goes on alone could write older values over newer ones.

Two ways, each enough in most cases: a thread that waits for the other end of the socket pair to close,
and on Linux the parent-death signal. Either kills the whole process group, what a handler started
included. A worker in C code that never gives the interpreter back is left to Pelton's next start.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from types import FrameType

_PR_SET_PDEATHSIG = 1


def hold_on_to(fd: int, parent_pid: int) -> None:
    """Die when the process ``parent_pid``, which has the other end of ``fd``, is gone; call it once, early.

    0: a wrapper's shell may stand between the two; the descriptor alone must tell.
    """
    threading.Thread(target=_wait_for_hang_up, args=(fd,), name="pelton-lifeline", daemon=True).start()
    if sys.platform == "linux":
        signal.signal(signal.SIGTERM, _on_parent_death)
        _request_death_signal()
    if parent_pid and os.getppid() != parent_pid:
        kill_group()


def kill_group() -> None:
    """Kill this process and all it started that stayed in its group."""
    with contextlib.suppress(OSError):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _wait_for_hang_up(fd: int) -> None:
    poll = select.poll()
    poll.register(fd, 0)  # A hang-up is always reported; data are the main thread's.
    while not any(events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in poll.poll()):
        pass
    kill_group()


def _on_parent_death(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  # The signature of signal handlers.
    kill_group()


def _request_death_signal() -> None:
    """Ask the kernel; without ctypes the thread alone must do."""
    try:
        import ctypes  # Optional: some interpreters are built without it.
    except ImportError:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
