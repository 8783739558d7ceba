"""The run file: how every command finds the Pelton that runs on a data folder.

``run.json`` in the data folder names the control API's address and token and the process. It is
readable by its owner only, written whole (rename) when the ports are open and removed at the end.
One that outlived its process (kill -9) is recognised by the lock that the process held on it.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

RUN_FILE = "run.json"


class NotRunning(Exception):
    """No Pelton runs on that data folder."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"no Pelton runs on {data_dir} (start one with `pelton up`, or name its folder with --data-dir)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """What a command needs to speak to a running Pelton."""

    host: str
    port: int  #: of the control API
    token: str  #: bearer token of every control call
    pid: int
    aws_url: str
    gateway_url: str
    project: str  #: folder of the project
    version: str


def write_run_file(data_dir: Path, run: RunFile) -> int:
    """Write the run file and lock it; returns the descriptor that holds the lock while it is open."""
    path = data_dir / RUN_FILE
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.write(descriptor, json.dumps(asdict(run), indent=2).encode() + b"\n")
    fresh.replace(path)
    return descriptor


def read_run_file(data_dir: Path) -> RunFile:
    """The run file of the Pelton that runs on ``data_dir``.

    Raises:
        NotRunning: there is none, or the one there was left behind by a process that is gone.
    """
    path = data_dir / RUN_FILE
    try:
        with path.open("r+", encoding="utf-8") as file:
            if _is_free(file.fileno()):
                raise NotRunning(data_dir)
            return RunFile(**json.load(file))
    except (OSError, ValueError, TypeError):
        raise NotRunning(data_dir) from None


def remove_run_file(data_dir: Path, descriptor: int) -> None:
    """Remove the run file and let its lock go."""
    with suppress(FileNotFoundError):
        (data_dir / RUN_FILE).unlink()
    os.close(descriptor)


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True
