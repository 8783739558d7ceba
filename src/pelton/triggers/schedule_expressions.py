"""When a schedule is due: ``rate(…)``, ``cron(…)`` and ``at(…)``. Pure; times are milliseconds since the epoch.

Source: EventBridge user guide, "Schedule patterns"; EventBridge Scheduler user guide, "Schedule types".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pelton.triggers.cron import Cron, InvalidSchedule, parse_cron

#: From a time and the time at which the schedule began to the next time it is due, later than the first; None: never.
Next = Callable[[int, int], int | None]

_FORM = re.compile(r"(rate|cron|at)\((.*)\)")
_RATE = re.compile(r"(\d+) (minute|hour|day)(s?)")
_UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


def parse_schedule(expression: str, timezone: str = "UTC") -> Next:
    """What says when the schedule is due.

    Args:
        expression: ``rate(5 minutes)``, ``cron(0 12 * * ? *)`` or ``at(2026-01-01T00:00:00)``.
        timezone: in which cron and at are read.

    Raises:
        InvalidSchedule: no such expression or time zone.
    """
    match = _FORM.fullmatch(expression.strip())
    if match is None:
        raise InvalidSchedule(f"{expression!r} is neither rate(…) nor cron(…) nor at(…)")
    kind, text = match[1], match[2].strip()
    if kind == "rate":
        return _rate(text)
    zone = _zone(timezone)
    return _cron(parse_cron(text), zone) if kind == "cron" else _at(text, zone)


def _rate(text: str) -> Next:
    match = _RATE.fullmatch(text)
    if match is None or int(match[1]) < 1 or (int(match[1]) == 1) is bool(match[3]):
        raise InvalidSchedule(f"rate({text}): write 1 minute, 5 minutes, 1 hour, 2 hours, 1 day, 7 days")
    interval = int(match[1]) * _UNITS_MS[match[2]]
    return lambda now_ms, began_ms: began_ms + ((max(now_ms, began_ms) - began_ms) // interval + 1) * interval


def _cron(cron: Cron, zone: ZoneInfo) -> Next:
    def next_ms(now_ms: int, _began_ms: int) -> int | None:
        local = datetime.fromtimestamp(now_ms / 1000, tz=zone).replace(tzinfo=None)
        for moment in cron.moments(local):
            due_ms = _instant(moment, zone)
            if due_ms is not None and due_ms > now_ms:
                return due_ms
        return None

    return next_ms


def _at(text: str, zone: ZoneInfo) -> Next:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        raise InvalidSchedule(f"at({text}): write it as 2026-01-31T09:30:00") from None
    due_ms = _instant(moment, zone)
    return lambda now_ms, _began_ms: due_ms if due_ms is not None and due_ms > now_ms else None


def _instant(moment: datetime, zone: ZoneInfo) -> int | None:
    """When a wall clock there shows that time; None where it never does (clocks go forward). Twice: the first time."""
    instant = moment.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != moment:
        return None
    return int(instant.timestamp() * 1000)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidSchedule(f"there is no time zone {name!r}: write it as Europe/Berlin") from None
