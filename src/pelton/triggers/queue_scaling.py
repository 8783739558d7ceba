"""How many batches of a queue are handled at a time: more while there is a backlog, fewer after failures. Pure.

It begins with five, as the service does; each success with more waiting adds one, a failure or a refusal halves, and
an idle queue begins anew. Source: Lambda guide, "Configuring scaling behavior for SQS event source mappings".
"""

from __future__ import annotations

START = 5


class Scaling:
    """The limit for one mapping."""

    def __init__(self, concurrency_max: int) -> None:
        self._max = concurrency_max
        self.limit = min(START, concurrency_max)  #: batches at a time, 1 or more

    def change(self, concurrency_max: int) -> None:
        """Another ceiling holds from now on."""
        self._max = concurrency_max
        self.limit = min(self.limit, concurrency_max)

    def succeeded(self, *, has_backlog: bool) -> None:
        """A batch is done; ``has_backlog``: all places were taken and more is waiting."""
        if has_backlog:
            self.limit = min(self.limit + 1, self._max)

    def failed(self) -> None:
        """The function failed, or there was no room for it."""
        self.limit = max(self.limit // 2, 1)

    def rest(self) -> None:
        """Nothing is left to do."""
        self.limit = min(START, self._max)
