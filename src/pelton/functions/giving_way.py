"""Processes that give way: on a busy machine, who waits for an answer goes before what merely reacts.

A reaction that takes the processor from the function that answers a request slows the write down, and the write
is what must stay fast. Source: sched(7): the nice value weighs processes within a session, and the autogroup's
weighs sessions against each other; a worker is a session of its own, so both are set.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

#: A third of a plain process's share where both want the processor; all of it where none does.
_NICE = 5


def give_way(pid: int) -> None:
    """Let the process and its session give way to others; harmless where it has ended or systems know no sessions."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICE)
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICE), encoding="ascii")
