"""Where workers work: temporary folders, the empty AWS configuration, and the plan to launch one.

A worker's ``TMPDIR`` is a numbered folder of its function: the worker that replaces one that timed out
finds its files, as on Lambda. Everything lies in ``functions/`` of the data folder.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from random import Random

from pelton.functions.definition import Function
from pelton.functions.environment import function_environment
from pelton.functions.interpreter import interpreter, module_paths, program
from pelton.functions.launch import WORKER_SCRIPT, LaunchPlan
from pelton.functions.options import FunctionsOptions
from pelton.functions.wrapping import EXEC_WRAPPER, wrapped
from pelton.operations import JsonObject


class Workplaces:
    """Hands out temporary folders and makes launch plans."""

    def __init__(self, options: FunctionsOptions) -> None:
        self._options = options
        folder = options.data_dir.resolve() / "functions"
        self._temporary = folder / "tmp"
        self._no_config = folder / "no-aws-config"
        self._taken: dict[str, set[int]] = {}

    def open(self) -> None:
        """Make the folders, without what an earlier run left in them."""
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        self._no_config.write_bytes(b"")

    def close(self) -> None:
        """Remove the temporary folders."""
        shutil.rmtree(self._temporary, ignore_errors=True)

    def take(self, function: Function) -> int:
        """The lowest number that no worker of the function has."""
        taken = self._taken.setdefault(function.identity, set())
        number = next(number for number in range(len(taken) + 1) if number not in taken)
        taken.add(number)
        return number

    def give_back(self, function: Function, number: int) -> None:
        """The worker with that number has ended; its folder stays for the next."""
        self._taken[function.identity].discard(number)

    def plan(self, function: Function, number: int, *, now_ms: int, random: Random) -> LaunchPlan:
        """How to launch the function's worker with that number.

        Raises:
            OSError: its temporary folder cannot be made, or what runs it is not there (``ProgramMissing``).
        """
        home = function.identity.removeprefix("arn:aws:lambda:").replace(":", "-").replace("$", "")
        temporary = self._temporary / f"{home}-{number}"
        temporary.mkdir(exist_ok=True)
        log_stream = _log_stream(function, now_ms, random)
        environment = function_environment(
            function, self._options, log_stream=log_stream, temporary=temporary, no_config=self._no_config
        )
        start: JsonObject = {
            "handler": function.handler,
            "runtime": function.runtime,
            "code_root": str(function.code_root.resolve()),
            "paths": module_paths(function),
            "name": function.name,
            "version": function.version,
            "memory_mb": function.memory_mb,
            "log_group": function.log_group,
            "log_stream": log_stream,
            "log_format": "JSON" if function.logging.is_json else "Text",
            "log_level": function.logging.application_level,
            "parent_pid": 0 if EXEC_WRAPPER in function.environment else os.getpid(),
            "command": program(function, environment.get("PATH", os.defpath)),
        }
        command = [str(interpreter(self._options)), "-X", "utf8", str(WORKER_SCRIPT)]
        return LaunchPlan(
            command=wrapped(command, function) if function.is_python else command,
            environment=environment,
            start=start,
            log_stream=log_stream,
            gives_way=function.gives_way,
        )


def _log_stream(function: Function, now_ms: int, random: Random) -> str:
    day = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
    return f"{day:%Y/%m/%d}/[{function.version}]{random.getrandbits(128):032x}"
