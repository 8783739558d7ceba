"""For people's tests: a whole Pelton in the test's own thread, its clock, ``settle()`` and faults on a seed.

Names are imported when they are first used: pytest loads this package in every run (``pelton.testing.plugin``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pelton.stack.settling import NotSettled
    from pelton.testing.clock import ManualClock
    from pelton.testing.faults import Faults
    from pelton.testing.local import LocalPelton

__all__ = ["Faults", "LocalPelton", "ManualClock", "NotSettled"]

_HOMES = {
    "Faults": "pelton.testing.faults",
    "LocalPelton": "pelton.testing.local",
    "ManualClock": "pelton.testing.clock",
    "NotSettled": "pelton.stack.settling",
}


def __getattr__(name: str) -> Any:
    """The name, from the module that has it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
