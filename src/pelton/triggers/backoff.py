"""How long a failed batch waits: one second, doubling to one minute, with jitter.

The service's own numbers are not documented; one recording shows 8 invocations within about a minute.
"""

from __future__ import annotations

from random import Random

FIRST_DELAY_MS = 1000
DELAY_MAX_MS = 60_000


def retry_delay_ms(failures: int, random: Random) -> int:
    """Milliseconds to wait after the ``failures``-th failure in a row (>= 1): 80 to 100 % of the doubled delay."""
    delay = min(FIRST_DELAY_MS << min(failures - 1, 16), DELAY_MAX_MS)
    return round(delay * random.uniform(0.8, 1.0))
