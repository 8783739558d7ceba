"""How a function's log is written: as text or as JSON, which levels, under which group's name. Pure.

Levels belong to JSON: text is never filtered. Source: Lambda API reference, LoggingConfig; Lambda developer guide,
"Configuring JSON and plain text log formats" and "Configuring log level filtering".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: From the most to the least detailed.
APPLICATION_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
SYSTEM_LEVELS = ("DEBUG", "INFO", "WARN")
_FORMATS = ("Text", "JSON")
_MEMBERS = frozenset({"LogFormat", "ApplicationLogLevel", "SystemLogLevel", "LogGroup"})
_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")


class InvalidLogging(ValueError):
    """Settings that Lambda refuses; the text names the cause and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """A function's ``LoggingConfig``. The levels are meaningful with ``is_json`` alone."""

    is_json: bool = False
    application_level: str = "INFO"
    system_level: str = "INFO"
    group: str | None = None  #: None: ``/aws/lambda/NAME``

    def shows(self, level: str) -> bool:
        """Whether a line of the platform with that level (one of SYSTEM_LEVELS) is written."""
        return SYSTEM_LEVELS.index(level) >= SYSTEM_LEVELS.index(self.system_level)

    def shown(self, default_group: str) -> dict[str, str]:
        """The ``LoggingConfig`` of a reply."""
        group = {"LogGroup": self.group or default_group}
        if not self.is_json:
            return {"LogFormat": "Text", **group}
        levels = {"ApplicationLogLevel": self.application_level, "SystemLogLevel": self.system_level}
        return {"LogFormat": "JSON", **levels, **group}


def log_settings(config: Mapping[str, Any]) -> LogSettings:
    """The settings of a ``LoggingConfig``; an empty one is Lambda's default, text.

    Raises:
        InvalidLogging: an unknown member or value, or a level for text.
    """
    if unknown := sorted(config.keys() - _MEMBERS):
        raise InvalidLogging(f"LoggingConfig has no member {unknown[0]}: it takes {', '.join(sorted(_MEMBERS))}")
    log_format = _one_of(config, "LogFormat", _FORMATS, "Text")
    levels = [name for name in ("ApplicationLogLevel", "SystemLogLevel") if config.get(name)]
    if log_format == "Text" and levels:
        raise InvalidLogging(f"{levels[0]} needs LogFormat JSON: set LogFormat to JSON, or leave the level out")
    group = config.get("LogGroup") or None
    if group is not None and (not isinstance(group, str) or not _GROUP.fullmatch(group)):
        raise InvalidLogging(f"LogGroup {group!r} is no name of a log group: use 1 to 512 of A-Z a-z 0-9 . - _ / #")
    return LogSettings(
        is_json=log_format == "JSON",
        application_level=_one_of(config, "ApplicationLogLevel", APPLICATION_LEVELS, "INFO"),
        system_level=_one_of(config, "SystemLogLevel", SYSTEM_LEVELS, "INFO"),
        group=group,
    )


def _one_of(config: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = config.get(name) or default
    if value not in allowed:
        raise InvalidLogging(f"{name} {value!r} is not served: it is one of {', '.join(allowed)}")
    return str(value)
