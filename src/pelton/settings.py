"""Settings of one run of Pelton: the one home of options, and the only place that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS


class SettingsRefused(Exception):
    """A setting cannot be used: one line that names it, the cause and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What ``pelton up`` was told; handed down whole."""

    project: Path = Path()  #: folder of the project, or the file that describes it
    data_dir: Path = Path(".pelton")
    host: str = "127.0.0.1"  #: of the AWS endpoint and the application
    allows_anyone: bool = False  #: other machines may come without credentials
    tls_cert: Path | None = None  #: PEM; with it both speak TLS only
    tls_key: Path | None = None
    port: int = 8000  #: AWS endpoint; 0: a free one
    http_port: int = 3000  #: gateway; 0: a free one
    companions_port: int = 8001  #: the first of four consecutive ports; 0: free ones
    mail_port: int = 1025  #: 0: a free one
    stage: str | None = None
    region: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)  #: ``${param:}`` and the parameters of a template
    is_ephemeral: bool = False  #: no fsync; the data is removed at the end
    is_watching: bool = True  #: reload changed code and templates
    allow_unsupported: bool = False
    credentials: str | None = None  #: JSON text of the accepted keys; with it signatures are verified
    allow_origins: tuple[str, ...] = ()  #: web origins that may call the AWS endpoint
    allow_hosts: tuple[str, ...] = ()  #: further Host names this machine is reached by
    workers_max: int = 16  #: worker processes over all functions
    retention_ms: int = DAY_MS  #: how long a change stays in the log
    data_bytes_max: int | None = None  #: cap on the data file; None: the disk's own
    log_file: Path | None = None  #: events go there too
    shards: int = 1  #: shards of a new stream
    shard_age_max_ms: int | None = 4 * HOUR_MS  #: then an open shard rolls over; None: never by itself
    environment: Mapping[str, str] = field(default_factory=dict)  #: the process's own, read once


def process_environment() -> dict[str, str]:
    """The environment Pelton was started with."""
    return dict(os.environ)


_UNITS = {"KB": 1000, "MB": 1000**2, "GB": 1000**3, "TB": 1000**4}


def bytes_of(option: str, text: str) -> int:
    """A size such as ``500MB`` or ``1.5TB``.

    Raises:
        SettingsRefused: it is none, or below 1 MB.
    """
    number, unit = text.strip()[:-2], text.strip()[-2:].upper()
    try:
        size = int(float(number) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        size = 0
    if size < _UNITS["MB"]:
        raise SettingsRefused(f"{option} {text}: not a size of 1 MB or more (give one such as 500MB or 20GB)")
    return size


def parameters(written: Iterable[str]) -> dict[str, str]:
    """Parameters by name, of texts such as ``Mode=safe``.

    Raises:
        SettingsRefused: a text is no pair.
    """
    found = {}
    for text in written:
        name, is_pair, value = text.partition("=")
        if not name or not is_pair:
            raise SettingsRefused(f"--param {text}: it is no pair (write Name=value)")
        found[name] = value
    return found


def credentials_text(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """The JSON text of the accepted keys; None when none are configured.

    ``--credentials FILE`` comes first, then ``PELTON_CREDENTIALS``, which holds the JSON itself or names a file.
    Ambient ``AWS_*`` variables are never read.

    Raises:
        SettingsRefused: the file cannot be read.
    """
    named = environment.get("PELTON_CREDENTIALS", "")
    if file is None and not named:
        return None
    if file is None and named.lstrip().startswith("["):
        return named
    path = file or Path(named)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"credentials file {path}: {error} (name a readable file)") from None
