"""Times as people write them on the command line, and as they are told."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pelton.control.api import Refused

_AGO = re.compile(r"(\d+)([smhd])")
_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def moment_text(moment_ms: int) -> str:
    """A time for people and events: 2026-01-31T09:30:00Z."""
    return f"{datetime.fromtimestamp(moment_ms // 1000, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment_ms(text: str, option: str, now_ms: int) -> int:
    """A time, ISO 8601 (UTC unless it says), or how long ago: 90s, 15m, 2h, 1d.

    Raises:
        Refused: it is neither.
    """
    if ago := _AGO.fullmatch(text):
        return now_ms - int(ago[1]) * _UNIT_MS[ago[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{option} {text}: write it as 2026-01-31T09:30:00Z, or as how long ago: 15m") from None
    return int((moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp() * 1000)
