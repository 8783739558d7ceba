"""Starting a worker: a child with a socket pair for frames, a pipe for output and a session of its own.

``Popen`` without a ``preexec_fn`` uses vfork: the loop is held for about a millisecond, whatever the size
of the parent.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pelton.functions.worker
from pelton.functions.giving_way import give_way
from pelton.operations import JsonObject

#: The variable that tells the child its descriptor: a wrapper may put arguments of its own before the script.
DESCRIPTOR = "_PELTON_WORKER_FD"
#: The script the child runs; it lies beside the worker package's other modules.
WORKER_SCRIPT = Path(pelton.functions.worker.__file__).with_name("main.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPlan:
    """All that differs between two workers."""

    command: Sequence[str]  #: of the worker
    environment: Mapping[str, str]
    start: JsonObject  #: the ``start`` frame's header; see ``worker/frames.py``
    log_stream: str
    gives_way: bool


class Child:
    """A started process, our end of its socket pair (non-blocking), and the pipe of its output (likewise)."""

    def __init__(self, plan: LaunchPlan) -> None:
        """Start the process.

        Raises:
            OSError: the interpreter cannot be started.
        """
        self.connection, theirs = socket.socketpair()
        self.output, output_end = os.pipe()
        try:
            self._process = subprocess.Popen(  # The project's interpreter, our own script.
                plan.command,
                env={**plan.environment, DESCRIPTOR: str(theirs.fileno())},
                stdin=subprocess.DEVNULL,
                stdout=output_end,
                stderr=output_end,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError:
            self.connection.close()
            os.close(self.output)
            raise
        finally:
            theirs.close()
            os.close(output_end)
        if plan.gives_way:
            give_way(self.pid)
        self.connection.setblocking(False)
        os.set_blocking(self.output, False)

    @property
    def pid(self) -> int:
        """Process id, and id of its group and session."""
        return self._process.pid

    def status(self) -> int | None:
        """Exit status, negative for a signal, as ``Popen.poll``; None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """Kill the process and all it started; harmless when it has ended."""
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
