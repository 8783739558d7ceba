"""Work on many items in small steps, each in a group commit of its own, with pauses for the writer's other work.

How far it has come is stored by the steps themselves, in the transaction of what they did: after a crash the work
goes on from there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from pelton.clock import Clock, Timer
from pelton.storage.engine import Storage
from pelton.storage.transaction import WriteTransaction

#: Pause between two steps: the writer has other work.
_PAUSE_S = 0.005
#: Pause before a step that failed is tried again.
_RETRY_S = 1.0

_log = logging.getLogger(__name__)

#: A bounded part of what is to be done; whether there was any.
Step = Callable[[WriteTransaction], bool]


class Stepping:
    """Steps for as long as there is something to do: from ``start``, and from each ``wake``."""

    def __init__(self, storage: Storage, clock: Clock, step: Step, *, what: str) -> None:
        """``what``: names the work where a step fails."""
        self._storage = storage
        self._clock = clock
        self._do = step
        self._what = what
        self._timer: Timer | None = None
        self._is_stepping = False
        self._is_woken = False  #: while a step was under way, which may not have seen why
        self._is_closed = False

    def start(self) -> None:
        """Go on with what a former process left undone."""
        self.wake()

    def wake(self) -> None:
        """There may be something to do: look soon. Called on the loop's thread, within a decision too."""
        self._is_woken = self._is_stepping
        if self._timer is None and not self._is_stepping:
            self._step_after(_PAUSE_S)

    def close(self) -> None:
        """Begin no further step."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _step(self) -> None:
        self._timer = None
        self._is_stepping = True
        self._storage.submit(self._do, self._done)

    def _done(self, stepped: bool | BaseException) -> None:
        is_woken, self._is_woken, self._is_stepping = self._is_woken, False, False
        if isinstance(stepped, BaseException):
            _log.warning("%s was put off: %s", self._what, stepped)
            self._step_after(_RETRY_S)
        elif stepped or is_woken:
            self._step_after(_PAUSE_S)

    def _step_after(self, pause_s: float) -> None:
        if not self._is_closed:
            self._timer = self._clock.call_later(pause_s, self._step)
