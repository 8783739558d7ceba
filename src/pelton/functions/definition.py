"""A function: its handler, code folder, environment and limits, whoever declared it.

A ``Function`` that exists is valid. Source: Lambda API reference, FunctionConfiguration; the
limits are those of "Lambda quotas".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pelton.arns import DEFAULT_ACCOUNT, DEFAULT_REGION, function_arn
from pelton.functions.log_settings import LogSettings

#: The version every function has: its newest code and configuration.
LATEST = "$LATEST"
TIMEOUT_S_MAX = 900
MEMORY_MB_MIN = 128
MEMORY_MB_MAX = 10240

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OTHER_RUNTIME = re.compile(r"nodejs\d+\.x|provided(\.al2|\.al2023)?")
_PYTHON_RUNTIME = re.compile(r"python3\.(\d+)")


class InvalidFunction(ValueError):
    """A definition that cannot run; the text names the function, the cause and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What runs when the function is invoked.

    Raises:
        InvalidFunction: a bad name, a limit out of range, or a runtime that is not served.
    """

    name: str  #: 1 to 64 letters, digits, hyphens, underscores
    handler: str  #: ``module.function``; slashes in the module are folders
    code_root: Path  #: working directory and first entry of ``sys.path``
    runtime: str = "python3.11"
    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION
    environment: Mapping[str, str] = field(default_factory=dict)  #: as declared
    timeout_s: float = 3.0  #: > 0, up to 900
    memory_mb: int = 128  #: 128 to 10240; resident size of a worker
    description: str = ""
    layers: tuple[Path, ...] = ()  #: folders, as they would appear under ``/opt``
    version: str = LATEST
    dead_letter: str | None = None  #: ARN of the queue that gets events of asynchronous invocations that fail
    logging: LogSettings = field(default_factory=LogSettings)
    gives_way: bool = False  #: nobody waits for its answers: on a busy machine others go first
    key: str = ""  #: the project's own key (``index_users``), or the name when empty

    def __post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", self.name)
        if not _NAME.fullmatch(self.name):
            raise InvalidFunction(f"function {self.name!r}: a name is 1 to 64 of A-Z a-z 0-9 - _: rename it")
        if not 0 < self.timeout_s <= TIMEOUT_S_MAX:
            raise InvalidFunction(f"function {self.key}: timeout {self.timeout_s:g} s is not in 1 to {TIMEOUT_S_MAX}")
        if not MEMORY_MB_MIN <= self.memory_mb <= MEMORY_MB_MAX:
            raise InvalidFunction(
                f"function {self.key}: memory {self.memory_mb} MB is not in {MEMORY_MB_MIN} to {MEMORY_MB_MAX}"
            )
        if not _OTHER_RUNTIME.fullmatch(self.runtime):
            python_minor(self.runtime, self.key)

    @property
    def arn(self) -> str:
        """The unqualified ARN."""
        return function_arn(self.region, self.account, self.name)

    @property
    def is_python(self) -> bool:
        """Whether its handler is Python; else its program speaks the Runtime API."""
        return not _OTHER_RUNTIME.fullmatch(self.runtime)

    @property
    def identity(self) -> str:
        """The ARN with the version: what workers are kept apart by."""
        return f"{self.arn}:{self.version}"

    @property
    def log_group(self) -> str:
        """Name of its log group."""
        return self.logging.group or f"/aws/lambda/{self.name}"


def python_minor(runtime: str, function_key: str) -> int:
    """The N of ``python3.N``.

    Raises:
        InvalidFunction: another runtime.
    """
    match = _PYTHON_RUNTIME.fullmatch(runtime)
    if match is None:
        raise InvalidFunction(
            f"function {function_key}: runtime {runtime!r} is not served here, only python3.N, nodejsN.x and provided "
            "are: set the runtime to python3.11 or later, or take the function out of this project"
        )
    return int(match[1])
