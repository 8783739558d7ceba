"""What a trigger did, counted: the service's own event counts, and how many records a second it gets done.

Counts begin anew with each start. Source: Lambda guide, "Event source mapping metrics" (EventCount).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(slots=True)
class EventCounts:
    """Records of one mapping since the start; the names are the service's without their ``EventCount``."""

    polled: int = 0  #: read from the stream
    filtered_out: int = 0  #: that no filter let through
    invoked: int = 0  #: handed to the function, again with each attempt
    failed_invoke: int = 0  #: of those, by invocations that failed
    dropped: int = 0  #: given up: too old, retries used up, or skipped
    on_failure_destination_delivered: int = 0  #: of those, told to the mapping's destination


class Rate:
    """Records a second, over the last ten seconds."""

    SECONDS = 10

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int]] = deque()

    def add(self, count: int, now_s: float) -> None:
        """So many more are done."""
        second = int(now_s)
        if self._counts and self._counts[-1][0] == second:
            count += self._counts.pop()[1]
        self._counts.append((second, count))
        self._forget(second)

    def per_s(self, now_s: float) -> float:
        """The mean over the last ten seconds."""
        self._forget(int(now_s))
        return sum(count for _, count in self._counts) / self.SECONDS

    def _forget(self, second: int) -> None:
        while self._counts and self._counts[0][0] <= second - self.SECONDS:
            self._counts.popleft()
