"""How Lambda words the end of a sandbox: a timeout, an exit, a signal. Pure.

Source: streams and triggers reference, 6.5.
"""

from __future__ import annotations

import signal
from enum import Enum

import orjson

from pelton.functions.definition import Function
from pelton.functions.executor import Run, Task

#: Lambda's words for signals where they differ from the system's.
_SIGNALS = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault", signal.SIGABRT: "aborted"}


class Ending(Enum):
    """Why a worker ended."""

    EXIT = "exit"  #: by itself, or killed from outside
    TIMEOUT = "timeout"  #: the handler ran too long
    INIT_TIMEOUT = "init timeout"  #: importing the handler took too long
    MEMORY = "memory"  #: it used more than its function may
    RETIRED = "retired"  #: not needed any more: idle, replaced, or Pelton stops


def ended_run(task: Task | None, function: Function, ending: Ending, status: int) -> Run:
    """What a run comes to whose worker ended under it.

    Args:
        task: None: it ended before it had one, while starting.
        status: exit status, negative for a signal.
    """
    prefix = f"RequestId: {task.request_id} Error: " if task is not None else "Error: "
    if ending is Ending.TIMEOUT:
        text = f"{prefix}Task timed out after {function.timeout_s:.2f} seconds"
        return sandbox_run("Sandbox.Timedout", text)
    if ending is Ending.INIT_TIMEOUT:
        return sandbox_run("Sandbox.Timedout", f"{prefix}the import of handler {function.handler!r} timed out")
    if ending in (Ending.MEMORY, Ending.RETIRED):
        status = -signal.SIGKILL
    return sandbox_run("Runtime.ExitError", f"{prefix}{exit_text(status)}")


def exit_text(status: int) -> str:
    """Lambda's words for an exit status, negative for a signal."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    return f"Runtime exited with error: signal: {_signal_name(-status)}"


def sandbox_run(error_type: str, message: str) -> Run:
    """A run that ended with a fault of the sandbox: an error object without stack trace."""
    payload = orjson.dumps({"errorType": error_type, "errorMessage": message})
    return Run(payload=payload, error_type=error_type, error_message=message)


def _signal_name(number: int) -> str:
    known = _SIGNALS.get(signal.Signals(number)) if number in set(signal.Signals) else None
    return known or (signal.strsignal(number) or f"signal {number}").lower()
