"""Schedules for the operator: what there is, and running one now."""

from __future__ import annotations

from pelton.control.api import Refused
from pelton.operations import JsonObject
from pelton.stack.core import Core
from pelton.stack.moments import moment_ms, moment_text
from pelton.triggers.schedules import Schedule


def rows(core: Core) -> list[JsonObject]:
    """The schedules, and when each is due next."""
    return [
        {
            "name": schedule.name,
            "function": schedule.function_key,
            "expression": schedule.expression,
            "enabled": schedule.is_enabled,
            "due": None if due_ms is None else moment_text(due_ms),
        }
        for schedule, due_ms in core.schedules.all()
    ]


async def fire(core: Core, name: str, at: str | None) -> JsonObject:
    """Run a schedule as if it were that time (ISO 8601; None: now), enabled or not.

    Raises:
        Refused: there is no such schedule, or several, or ``at`` is no time.
    """
    at_ms = core.ground.clock.now_ms() if at is None else moment_ms(at, "--at", core.ground.clock.now_ms())
    schedule = _chosen(core, name)
    request_id = await core.schedules.fire(schedule, at_ms)
    return {
        "schedule": schedule.name,
        "function": schedule.function_key,
        "time": moment_text(at_ms),
        "requestId": request_id,
    }


def _chosen(core: Core, name: str) -> Schedule:
    schedules = [schedule for schedule, _ in core.schedules.all()]
    function = core.functions.get(name)
    key = None if function is None else function.key
    found = [each for each in schedules if name == each.name] or [
        each for each in schedules if key == each.function_key
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"{name} has several schedules: name one of {', '.join(each.name for each in found)}")
    known = ", ".join(f"{each.name} ({each.function_key})" for each in schedules) or "none"
    raise Refused(f"no schedule {name} (there are: {known})")
