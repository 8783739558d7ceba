"""Settings of one run of Pelton: the one home of options, and the only place that reads the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What ``pelton up`` was told; handed down whole."""

    project: Path = Path()  #: folder of the project, or the file that describes it
    data_dir: Path = Path(".pelton")
    host: str = "127.0.0.1"
    port: int = 8000  #: AWS endpoint; 0: a free one
    http_port: int = 3000  #: gateway; 0: a free one
    companions_port: int = 8001  #: the first of four consecutive ports; 0: free ones
    mail_port: int = 1025
    stage: str | None = None
    region: str | None = None
    is_ephemeral: bool = False  #: no fsync, data removed at the end
    is_watching: bool = True  #: reload changed code and templates
    allow_unsupported: bool = False
    credentials: Path | None = None  #: file of key, secret and account; with it signatures are verified
    allow_origins: tuple[str, ...] = ()
    workers_max: int = 16  #: worker processes over all functions
    retention_ms: int = 24 * 3600 * 1000  #: how long a change stays in the log
    shards: int = 1  #: shards of a new stream
