"""``settle()``: wait until every reaction to what is written now is done, and every reaction to those.

It covers the positions at the call, and the changes whose cause descends from them, to a bounded
depth: functions that feed each other for ever are named, not waited for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pelton.stack.core import Core

#: Rounds of reactions to reactions before it is called a cycle.
DEPTH_MAX = 50


class NotSettled(Exception):
    """Time is up, or reactions never end; ``outstanding`` says what is not done."""

    def __init__(self, reason: str, outstanding: list[str]) -> None:
        super().__init__(f"{reason}: {'; '.join(outstanding)}")
        self.outstanding = outstanding


async def settle(core: Core, pause: Callable[[], Awaitable[bool]]) -> None:
    """Wait until nothing is outstanding.

    Args:
        core: whose triggers to wait for.
        pause: waits a little, or moves virtual time to the next timer; False when its patience is at an end.

    Raises:
        NotSettled: patience ended, or each round of reactions wrote something that caused another.
    """
    covered = core.tip()
    for _ in range(DEPTH_MAX):
        while outstanding := core.outstanding(covered):
            if not await pause():
                raise NotSettled("not settled", outstanding)
        tip = core.tip()
        if tip == covered:
            return
        covered = tip
    functions = sorted({line.split(":", 1)[0] for line in core.outstanding(core.tip())})
    raise NotSettled(f"still not settled after {DEPTH_MAX} rounds of reactions to reactions", functions or ["a cycle"])
