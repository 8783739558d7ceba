"""Options of the functions room: the one home of what its executors are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionsOptions:
    """Where functions run and with what; handed down whole."""

    data_dir: Path  #: Pelton's data folder; this room writes ``functions/`` and ``workers.json`` in it
    endpoint_url: str | None = None  #: ``AWS_ENDPOINT_URL`` of the functions: the local AWS edge
    python: Path | None = None  #: interpreter; None: the project's ``.venv``, else Pelton's own
    project_root: Path | None = None  #: where ``.venv`` and ``requirements.txt`` are looked for
    inherited: Mapping[str, str] = field(default_factory=dict)  #: the parent's environment; its ``AWS_*`` are dropped
    access_key: str = "pelton"  #: given to functions; with ``--credentials`` a configured one
    secret_key: str = "pelton"
    workers_max: int = 16  #: worker processes over all functions
    waiting_max: int = 10_000  #: invocations that may wait for a worker; more are throttled
    idle_s: float = 300.0  #: an idle worker leaves after it, except a function's last one
    init_timeout_s: float = 30.0  #: importing the handler's module may take this long
