"""For people's tests: a whole Pelton in the test's own thread, its clock, and ``settle()``."""

from pelton.stack.settling import NotSettled
from pelton.testing.clock import ManualClock
from pelton.testing.local import LocalPelton

__all__ = ["LocalPelton", "ManualClock", "NotSettled"]
