"""Faults on demand: a companion that fails, hangs or breaks off, until it is healed.

``fail`` answers with the given status in the vendor's own error shape, ``hang`` answers when it is
healed, ``refuse`` breaks the connection off, ``ok`` heals. ``count`` limits a fault to the next
requests; ``delay_ms`` slows every answer, also of ``ok``. Health, state and control are not touched.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pelton_companions.messages import BadBody, JsonObject


class FaultMode(Enum):
    """What happens to a request."""

    OK = "ok"
    FAIL = "fail"
    HANG = "hang"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One setting of the switch; ``count`` None means until it is changed."""

    mode: FaultMode = FaultMode.OK
    status: int | None = None
    count: int | None = None
    delay_ms: int = 0

    @staticmethod
    def parse(value: JsonObject) -> Fault:
        """The fault a control call asks for.

        Raises:
            BadBody: an unknown member or mode, or a number out of its range.
        """
        if unknown := value.keys() - {"mode", "status", "count", "delay_ms"}:
            raise BadBody(f"unknown member {min(unknown)!r}: a fault has mode, status, count and delay_ms")
        try:
            mode = FaultMode(value.get("mode", "ok"))
        except ValueError as error:
            raise BadBody(f"mode must be one of {', '.join(mode.value for mode in FaultMode)}") from error
        return Fault(
            mode=mode,
            status=_whole(value, "status", 400, 599),
            count=_whole(value, "count", 1, 1_000_000),
            delay_ms=_whole(value, "delay_ms", 0, 600_000) or 0,
        )


class Faults:
    """The switch of one companion; changed by control calls, asked before every request."""

    def __init__(self) -> None:
        self._fault = Fault()
        self._left: int | None = None
        self._changed = asyncio.Event()

    def set(self, fault: Fault) -> None:
        """Replace the fault; requests that hang look again."""
        self._fault = fault
        self._left = fault.count
        self._changed.set()
        self._changed = asyncio.Event()

    async def before_request(self) -> Fault:
        """The fault this request meets, after its delay; it never is ``HANG``: that is waited for here."""
        fault = self._take()
        if fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / 1000)
        while fault.mode is FaultMode.HANG:
            await self._changed.wait()
            fault = self._take()
        return fault

    def state(self) -> JsonObject:
        """The switch as the state call shows it."""
        shown: dict[str, Any] = {"mode": self._fault.mode.value, "delay_ms": self._fault.delay_ms}
        if self._fault.status is not None:
            shown["status"] = self._fault.status
        if self._left is not None:
            shown["left"] = self._left
        return shown

    def _take(self) -> Fault:
        fault = self._fault
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self._fault, self._left = Fault(), None
        return fault


def _whole(value: JsonObject, name: str, low: int, high: int) -> int | None:
    number = value.get(name)
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
        raise BadBody(f"{name} must be a whole number from {low} to {high}")
    return number
